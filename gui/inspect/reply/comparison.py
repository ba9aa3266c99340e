"""What two replies have apart, in the words of the table and as lines to read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from backend.core.predictions import Predictions
from backend.inspector.calls import Exchange
from backend.inspector.views import (
    OutputDiff,
    ReplyKind,
    RowDifference,
    TensorDiff,
    TextDiff,
    prediction_lines,
    reply_of,
    summarise,
    tensor_diff,
    text_diff,
)
from backend.profiles.model_profile import ModelProfile
from gui.widgets.language import count, grouped, significant, tr


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two exchanges' last replies have apart.

    `tensors` is None unless both are inferences, `predictions` unless both say what was found;
    `text` compares the messages as they came.
    """

    left: Exchange
    right: Exchange
    tensors: TensorDiff | None
    text: TextDiff
    predictions: TextDiff | None = None

    @property
    def same(self) -> bool:
        """Whether they say the same, within the tolerance."""
        return not self.text.lines if self.tensors is None else self.tensors.same

    @property
    def decoded(self) -> bool:
        """Whether there is more to show than the messages."""
        return self.tensors is not None or self.predictions is not None


def compare(
    left: Exchange,
    right: Exchange,
    tolerance: float,
    texts: tuple[str, str],
    profile_of: Callable[[str], ModelProfile | None],
) -> Comparison:
    """Compare two exchanges; `texts` are their last replies as text.

    `profile_of` gives what decodes the predictions of a model.
    """
    tensors = predictions = None
    if left.replies and right.replies:
        replies = [reply_of(exchange) for exchange in (left, right)]
        responses = [reply.response for reply in replies]
        if responses[0] is not None and responses[1] is not None:
            tensors = tensor_diff(responses[0], responses[1], tolerance)
        found = []
        for reply in replies:
            if reply.response is not None:
                profile = profile_of(reply.response.model)
                found.append(summarise(reply.response, profile).predictions)
            elif reply.kind is ReplyKind.PREDICTIONS:
                found.append(reply.predictions)
        predictions = _predicted(found)
    return Comparison(left, right, tensors, text_diff(*texts), predictions)


def _predicted(found: list[Predictions]) -> TextDiff | None:
    lines = ["\n".join(prediction_lines(one)) for one in found]
    return text_diff(lines[0], lines[1]) if len(lines) == 2 and any(lines) else None


def decoded_lines(comparison: Comparison) -> list[str]:
    """Predictions and elements that differ: '-' before those of A, '+' before those of B."""
    lines: list[str] = []
    predicted = comparison.predictions
    if predicted is not None:
        lines.append(tr("Predictions"))
        changed = [f"{one[0]} {one[1:]}" for one in predicted.lines if not one.startswith("@@")]
        lines += changed or [f"  {tr('The same')}"]
    for output in comparison.tensors.outputs if comparison.tensors is not None else ():
        lines.append(f"{output.name}   {_about(output)}")
        lines += _rows(output)
    return lines


def _about(output: OutputDiff) -> str:
    if output.missing:
        return tr("only in B") if output.missing == "left" else tr("only in A")
    if output.shapes[0] != output.shapes[1]:
        return f"{list(output.shapes[0])} → {list(output.shapes[1])}"
    if output.same:
        return tr("The same")
    words = [
        tr(
            "{differing} of {all} elements differ",
            differing=grouped(output.differing),
            all=grouped(output.elements),
        )
    ]
    if output.numbers is not None and output.numbers.largest is not None:
        words.append(tr("by {largest} at most", largest=significant(output.numbers.largest, 4)))
    return ", ".join(words)


def _rows(output: OutputDiff) -> Iterator[str]:
    """The elements below each other, each row's of A above those of B."""
    widths = _widths(output.rows)
    places = [str(list(row.index)) for row in output.rows]
    longest = max(map(len, places), default=0)
    for place, row in zip(places, output.rows, strict=True):
        for sign, texts in (("-", row.left), ("+", row.right)):
            if texts:
                cells = "  ".join(t.rjust(w) for t, w in zip(texts, widths, strict=False))
                yield f"{sign} {place.ljust(longest)}  {cells}"
    if output.more_rows:
        yield f"  {count(output.more_rows, '{n} more row', '{n} more rows')}"


def _widths(rows: tuple[RowDifference, ...]) -> list[int]:
    columns: list[int] = []
    for row in rows:
        for texts in (row.left, row.right):
            columns += [0] * (len(texts) - len(columns))
            for at, text in enumerate(texts):
                columns[at] = max(columns[at], len(text))
    return columns

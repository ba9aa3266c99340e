"""Two replies side by side: what was predicted and which values differ, the messages on request."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from backend.core.choices import Serialization
from backend.core.inference import InferRequest, InferResponse
from backend.core.tensors import Datatype, Tensor
from backend.inspector.calls import Exchange, ReplyMessage
from backend.inspector.calls.exchange import Status, now_utc
from backend.inspector.forms import to_request
from backend.profiles.bundled import BUNDLED
from backend.wire.oip import grpc as oip_grpc
from gui.inspect.reply.comparison import Comparison, compare, decoded_lines
from gui.inspect.reply.diff_view import DiffView
from gui.widgets.language import byte_size
from gui.widgets.theme import DARK, LIGHT

MESSAGES = ("a\nb", "a\nc")


def exchange(*outputs: Tensor, model: str = "m") -> Exchange:
    request = to_request(InferRequest(model, ()), Serialization.RAW, "here")
    body = oip_grpc.encode_response(InferResponse(model, outputs), raw=True)
    return Exchange(request, now_utc(), 1, replies=(ReplyMessage(body, 1),))


def fp32(name: str, *values: float) -> Tensor:
    return Tensor(name, Datatype.FP32, np.array(values, np.float32))


def compared(left: Exchange, right: Exchange) -> Comparison:
    return compare(left, right, 1e-3, MESSAGES, BUNDLED.get)


def test_values_are_named_with_their_place_and_the_largest_difference() -> None:
    left = exchange(fp32("A", 1, 2.5, 3), fp32("B", 1))
    right = exchange(fp32("A", 1, 20.5, 3), fp32("B", 1), fp32("C", 4))
    assert decoded_lines(compared(left, right)) == [
        "A   1 of 3 elements differ, by 18 at most",
        "- [0]  1   2.5  3",
        "+ [0]  1  20.5  3",
        "B   The same",
        "C   only in B",
        "+ [0]  4",
    ]


def test_predictions_are_decoded_by_the_profile_where_there_is_one() -> None:
    profile = BUNDLED["pitch"]
    outputs = [
        Tensor(
            one.name,
            one.datatype,
            np.full(tuple(max(1, n) for n in one.shape), 220, one.datatype.numpy),
        )
        for one in profile.outputs
    ]
    others = [replace(one, data=one.data * 2) for one in outputs]
    left, right = exchange(*outputs, model="pitch"), exchange(*others, model="pitch")
    lines = decoded_lines(compared(left, right))
    assert lines[0] == "Predictions"
    assert any(line.startswith("-") and "220 Hz" in line for line in lines)
    assert any(line.startswith("+") and "440 Hz" in line for line in lines)


@pytest.mark.usefixtures("qapp")
def test_the_messages_are_behind_a_switch() -> None:
    view = DiffView(DARK)
    view.show_comparison(compared(exchange(fp32("A", 1)), exchange(fp32("A", 2))))
    assert view._text.toPlainText().startswith("A ")
    view._mode.button("message").click()
    assert view._text.toPlainText().splitlines()[-2:] == ["-b", "+c"]
    plain = replace(compared(exchange(), exchange()), tensors=None)
    view.show_comparison(plain)
    assert view._mode.isHidden()
    assert view._text.toPlainText().splitlines()[-2:] == ["-b", "+c"]


@pytest.mark.usefixtures("qapp")
def test_cells_follow_the_theme() -> None:
    view = DiffView(DARK)
    view.show_comparison(compared(exchange(fp32("A", 1)), exchange(fp32("A", 2))))
    view.set_palette_roles(LIGHT)
    first, second = view._table.item(0, 0), view._table.item(0, 1)
    assert first is not None
    assert second is not None
    assert first.foreground().color() == LIGHT.color("error")
    assert second.foreground().color() == LIGHT.color("text")


@pytest.mark.usefixtures("qapp")
def test_status_duration_and_size_of_both_stand_at_the_top() -> None:
    first, second = exchange(fp32("A", 1)), exchange(fp32("A", 2))
    left = replace(first, total_ns=12_000_000, status=Status(0, "OK"))
    right = replace(second, total_ns=345_000_000)
    view = DiffView(DARK)
    view.show_comparison(compared(left, right))
    above, below = view._about.text().splitlines()
    assert "0 OK" in above
    assert "12 ms" in above.replace("12.0", "12")
    assert byte_size(left.reply_size) in above
    assert "No answer" in below
    assert "345 ms" in below

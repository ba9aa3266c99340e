"""What a verdict is put together from, with places for figures; the window translates it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from backend.compare.bench.noise import value_of
from backend.compare.bench.result import Figure
from backend.core.errors import mebibytes, plain_number


class Say(StrEnum):
    """The phrases of a verdict."""

    NOTHING = "Nothing could be measured."
    AND = "{first} and {last}"
    TIE = "For {payload}, {ways} tie at a median of {time}"
    FASTEST = "For {payload}, {ways} is fastest at a median of {time}"
    ONLY = "For {payload}, {ways} has a median of {time}; no other way was measured"
    MOST = "For {payload}, {ways} brings most: {rate} answers a second."
    MOST_TIE = "For {payload}, {ways} tie at {rate} answers a second."
    WITH = "{way} with {count} in flight"
    TIE_WITH = "With {count} in flight, {ways} tie at a median of {time}"
    FASTEST_WITH = "With {count} in flight, {ways} is fastest at a median of {time}"
    BEHIND = "{way} takes {factor}x as long"
    MANY_BEHIND = "{count} others take {least}x to {most}x as long, {way} the longest"
    MANY_TIE = "{count} others"
    OF_WHICH = "({percent} % of it {part})"
    TAIL = "{way} has the better tail: 99 % within {time}, {other} {other_time}."
    LEAST_BYTES = (
        "{way} sends least: {size} a request, {other} {other_size}. Over a slow network that "
        "decides."
    )
    JSON_IS_RIGHT = "JSON is right where requests are written by hand or read by people."
    REST_IS_RIGHT = (
        "REST is right where proxies, browsers or load balancers must understand the traffic."
    )
    JSON_FOR_BYTES = "JSON instead of binary tensors"
    TYPED_FOR_RAW = "typed instead of raw tensors"
    IMAGE_FOR_PIXELS = "{image} instead of pixels"
    GZIP_ON = "gzip on {what}"
    PIXELS = "tensors as bytes"
    ONE_TO_OTHER = "{least} to {most}"
    SETTING_VARIES = (
        "{setting} takes {factor}x as long and sends {percent} % of the bytes: it depends on the "
        "way."
    )
    SETTING_GAINS = (
        "{setting} takes {factor}x as long and sends {percent} % of the bytes: better in both."
    )
    SETTING_PAYS = (
        "{setting} takes {factor}x as long and sends {percent} % of the bytes: right only over a "
        "slow network."
    )
    SETTING_SAVES = "{setting} sends {percent} % of the bytes and takes no longer."
    SETTING_SPENDS = (
        "{setting} takes {factor}x as long but sends {percent} % of the bytes: wrong over a slow "
        "network."
    )
    SETTING_LOSES = (
        "{setting} takes {factor}x as long and sends {percent} % of the bytes: it gains nothing."
    )
    KNEE = "{way}: {count} in flight is enough, with {rate} answers a second."
    UNSTABLE = (
        "{count} of {all} ways did not settle within 10 %: measure longer, or on a quieter machine."
    )
    EXCHANGE_ALONE = (
        "Only the exchange was timed: what a client spends on making requests and reading replies, "
        "such as on JPEG or JSON, is not in these figures."
    )
    GIVEN_UP = (
        "{count} of {all} ways were given up before the end, for the reason in their row: {reason}"
    )
    FAILED = "Requests that failed, and have no latency: {count}."
    FAILED_SO = "Requests that failed, and have no latency: {count}, most of them so: {reason}"
    BESIDE_STREAM = (
        "The live page streamed meanwhile: pause it and measure again for figures of its own."
    )
    ENDED_EARLY = "It was ended early; what had been measured is shown."


STAGE_PHRASES: Mapping[str, str] = {
    "prepare": "making the tensors here",
    "encode": "writing the request here",
    "send": "handing the request to the system",
    "wire": "between here and the server",
    "server_and_network": "between here and the model",
    "server_decode": "the server's reading of the request",
    "server_queue": "waiting in the server's queue",
    "server_input": "the server's reading of the input",
    "server_infer": "the model",
    "server_output": "the server's writing of the output",
    "server_encode": "the server's writing of the reply",
    "receive": "taking the reply from the system",
    "decode": "reading the reply here",
}
"""Where a request's time may go, by the names of `STAGES`."""

PHRASES: tuple[str, ...] = (*Say, *STAGE_PHRASES.values())
"""All of them, for catalogues of translations."""


@dataclass(frozen=True, slots=True)
class Language:
    """How a verdict is put: `text` fills a phrase of `Say`, `number` writes a value with so many
    decimals."""

    text: Callable[..., str] = lambda phrase, **values: phrase.format(**values)
    number: Callable[[float, int], str] = plain_number
    name: Callable[[str], str] = lambda payload: payload
    """What a payload is called."""
    size: Callable[[int], str] = mebibytes

    def ms(self, figure: Figure | None) -> str:
        """A time, with three digits or so."""
        value = value_of(figure)
        return f"{self.number(value, 2 if value < 10 else 1)} ms"

    def bytes(self, count: float) -> str:
        """A size."""
        return self.size(round(count))

    def all_of(self, parts: Sequence[str]) -> str:
        """'a', 'a and b', 'a, b and c', or with semicolons if a part has a comma of its own."""
        if len(parts) < 2:
            return "".join(parts)
        between = "; " if any(", " in part for part in parts) else ", "
        return self.text(Say.AND, first=between.join(parts[:-1]), last=parts[-1])


ENGLISH = Language()

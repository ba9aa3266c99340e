"""What a verdict is put together from, with places for figures; the window translates it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Say(StrEnum):
    """The phrases of a verdict."""

    NOTHING = "Nothing could be measured."
    AND = "{first} and {last}"
    TIE = "For {payload}, {ways} tie at a median of {time}"
    FASTEST = "For {payload}, {ways} is fastest at a median of {time}"
    BEHIND = "{way} takes {factor}x as long"
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
    KNEE = "{way}: {count} in flight is enough, with {rate} answers a second."
    UNSTABLE = (
        "{count} of {all} ways did not settle within 10 %: measure longer, or on a quieter machine."
    )
    FAILED = "Requests that failed, and have no latency: {count}."
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

"""Connections of a run: samples go out by them, answers come back in order."""

from backend.session.lanes.base import Lane
from backend.session.lanes.delivery import TRACE_COLUMNS, TRACES_KEPT, Delivery, flight_limit
from backend.session.lanes.feed import Feed
from backend.session.lanes.stream import StreamLane
from backend.session.lanes.unary import UnaryLane
from backend.session.lanes.widening import Widening

__all__ = [
    "TRACES_KEPT",
    "TRACE_COLUMNS",
    "Delivery",
    "Feed",
    "Lane",
    "StreamLane",
    "UnaryLane",
    "Widening",
    "flight_limit",
]

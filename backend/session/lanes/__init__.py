"""Lanes."""

from backend.session.lanes.base import Lane
from backend.session.lanes.feed import Feed
from backend.session.lanes.in_flight import flight_limit
from backend.session.lanes.stream import StreamLane
from backend.session.lanes.unary import UnaryLane

__all__ = ["Feed", "Lane", "StreamLane", "UnaryLane", "flight_limit"]

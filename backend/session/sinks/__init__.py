"""What a run gives out, to any number of readers, each with a bounded queue of its own."""

from backend.session.sinks.publisher import Publisher
from backend.session.sinks.sink import Callback, Sink
from backend.session.sinks.subscription import Subscription
from backend.session.sinks.subscriptions import CAPACITY, Subscriptions
from backend.session.sinks.topics import (
    AUDIO,
    FAILURES,
    FRAMES,
    LOSSES,
    NOTICES,
    RESULTS,
    SENT,
    STATUS,
    WORDS,
    Item,
    Topic,
    size_of,
)

__all__ = [
    "AUDIO",
    "CAPACITY",
    "FAILURES",
    "FRAMES",
    "LOSSES",
    "NOTICES",
    "RESULTS",
    "SENT",
    "STATUS",
    "WORDS",
    "Callback",
    "Item",
    "Publisher",
    "Sink",
    "Subscription",
    "Subscriptions",
    "Topic",
    "size_of",
]

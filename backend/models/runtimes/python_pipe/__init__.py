"""What the server and a Python model's process talk through."""

from backend.models.runtimes.python_pipe.memory import make_memory, map_memory
from backend.models.runtimes.python_pipe.messages import (
    Body,
    Kind,
    Message,
    MessagePipe,
    describe_tensors,
    read_tensors,
)

__all__ = [
    "Body",
    "Kind",
    "Message",
    "MessagePipe",
    "describe_tensors",
    "make_memory",
    "map_memory",
    "read_tensors",
]

"""A reply as table, tree, text, bytes and one line, and how two of them differ."""

from backend.inspector.views.hex_rows import HexRows
from backend.inspector.views.lines import one_line
from backend.inspector.views.predicted import prediction_lines
from backend.inspector.views.printed import reply_value, rest_value, timing_value
from backend.inspector.views.readable import values_of
from backend.inspector.views.readings import Reading, read_message, read_reply
from backend.inspector.views.replies import ReplyKind, is_inference, reply_of
from backend.inspector.views.row_differences import RowDifference
from backend.inspector.views.sent import sent_inference, sent_picture
from backend.inspector.views.summary import ReplySummary, TensorRow, number_range, summarise
from backend.inspector.views.tensor_differences import (
    TOLERANCE,
    OutputDiff,
    TensorDiff,
    tensor_diff,
)
from backend.inspector.views.text_differences import TextDiff, text_diff
from backend.inspector.views.trees import Node

__all__ = [
    "TOLERANCE",
    "HexRows",
    "Node",
    "OutputDiff",
    "Reading",
    "ReplyKind",
    "ReplySummary",
    "RowDifference",
    "TensorDiff",
    "TensorRow",
    "TextDiff",
    "is_inference",
    "number_range",
    "one_line",
    "prediction_lines",
    "read_message",
    "read_reply",
    "reply_of",
    "reply_value",
    "rest_value",
    "sent_inference",
    "sent_picture",
    "summarise",
    "tensor_diff",
    "text_diff",
    "timing_value",
    "values_of",
]

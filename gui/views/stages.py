"""The stages of a frame in words and colours, the same in every panel and chart."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtGui import QColor

from gui.widgets.language import marked
from gui.widgets.theme import Palette

STAGE_NAMES: Mapping[str, str] = {
    "source": marked("source"),
    "wait": marked("wait"),
    "prepare": marked("prepare"),
    "encode": marked("encode"),
    "send": marked("send"),
    "wire": marked("wire"),
    "server_and_network": marked("server + network"),
    "server_decode": marked("server decode"),
    "server_queue": marked("server queue"),
    "server_input": marked("server input"),
    "server_infer": marked("server infer"),
    "server_output": marked("server output"),
    "server_encode": marked("server encode"),
    "receive": marked("receive"),
    "decode": marked("decode"),
    "draw": marked("draw"),
}
"""Spans in the words of the window, in pipeline order."""

STAGE_HUES = {
    "source": 2,
    "wait": 3,
    "prepare": 0,
    "encode": 6,
    "send": 4,
    "wire": 7,
    "server_and_network": 7,
    "server_decode": 6,
    "server_queue": 1,
    "server_input": 4,
    "server_infer": 5,
    "server_output": 1,
    "server_encode": 3,
    "receive": 4,
    "decode": 2,
    "draw": 0,
}
_DARKER = ("source", "server_decode", "server_output", "server_encode", "receive", "draw")
"""The second stage of its hue."""


def stage_color(name: str, roles: Palette) -> QColor:
    """The colour of a stage; what cannot be split is muted."""
    if name == "server_and_network":
        return roles.color("text_muted")
    color = roles.series_color(STAGE_HUES[name])
    return color.darker(135) if name in _DARKER else color

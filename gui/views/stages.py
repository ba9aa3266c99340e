"""The stages of a frame in words and colours, the same in every panel and chart.

Their colours are one ramp of a hue that no class and no series has, from the first stage to the
last: what is read there is an order, not a kind.
"""

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

_HUE, _SATURATION = 268 / 360, 0.52
_ON_DARK, _ON_LIGHT = (0.88, 0.42), (0.78, 0.26)
"""Lightness of the first and the last stage."""
_UNSPLIT = "server_and_network"
_PLACES = {
    name: place for place, name in enumerate(name for name in STAGE_NAMES if name != _UNSPLIT)
}


def stage_color(name: str, roles: Palette) -> QColor:
    """The colour of a stage; what cannot be split is muted."""
    if name == _UNSPLIT:
        return roles.color("text_muted")
    first, last = _ON_DARK if roles.dark else _ON_LIGHT
    share = _PLACES[name] / (len(_PLACES) - 1)
    return QColor.fromHslF(_HUE, _SATURATION, first + (last - first) * share)

"""Playing files and recordings: the bar under the picture, its keys and its commands."""

from gui.live.playback.bar import PlaybackBar
from gui.live.playback.commands import playback_commands
from gui.live.playback.controller import PlaybackController
from gui.live.playback.keys import PlaybackKeys

__all__ = ["PlaybackBar", "PlaybackController", "PlaybackKeys", "playback_commands"]

"""Cursors, freezing and a trigger on the plots of the live page, as an oscilloscope has them."""

from gui.live.scope.commands import scope_commands
from gui.live.scope.controller import ScopeController
from gui.live.scope.keys import ScopeKeys
from gui.live.scope.popover import TriggerPopover

__all__ = ["ScopeController", "ScopeKeys", "TriggerPopover", "scope_commands"]

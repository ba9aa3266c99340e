"""Fixtures that several tests of the window share."""

from __future__ import annotations

from tests.gui.shell_stage import stage

__all__ = ["stage"]

"""Fixtures that the tests of the devices share with those of the sources."""

from __future__ import annotations

from tests.sources.conftest import stop

__all__ = ["stop"]

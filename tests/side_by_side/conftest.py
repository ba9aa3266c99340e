"""A real embedded server for these tests."""

from __future__ import annotations

from tests.embedded import server, target  # noqa: F401 - fixtures

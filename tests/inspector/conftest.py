"""A real embedded server for these tests, and one whose methods do what no model server should."""

from __future__ import annotations

from tests.embedded import server, target  # noqa: F401 - fixtures
from tests.inspector.lab_server import lab  # noqa: F401 - fixture

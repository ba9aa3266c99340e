"""Texts of strangers are searched for secrets in linear time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from backend.core.concealment import concealed_text, is_secret_name, kept_address
from backend.inspector.secret_headers import concealed_value
from tests.attacks.growth import assert_linear


@pytest.mark.parametrize(
    "piece",
    [
        *("eyJ", "eyJa.", "-eyJ-", "Bearer ", "bearer", "Basic 1", "://", "://a@", "://a:b"),
        *("?a=", "&token=", "@", ";", "x-goog-iam-", "ghp_", "AKIA", "a" * 7 + "-", "\0", "=&"),
        "-----BEGIN ",
    ],
)
def test_the_search_is_linear(piece: str) -> None:
    def made(size: int) -> Callable[[], object]:
        text = piece * (size // len(piece))

        def conceal() -> None:
            concealed_text(text)
            kept_address(text)
            concealed_value("x-info", text)
            is_secret_name(text)

        return conceal

    assert_linear(made, 60_000, seconds=5.0, peak_bytes_per_byte=40)

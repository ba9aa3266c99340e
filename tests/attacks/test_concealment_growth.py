"""Texts of strangers are searched for secrets in linear time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from backend.core.files.concealment import concealed_text, is_secret_name, kept_address
from backend.inspector.history.secret_headers import concealed_value
from tests.attacks.growth import assert_linear


@pytest.mark.parametrize(
    "pieces",
    [
        ("eyJ", "eyJa.", "-eyJ-", "ghp_", "AKIA", "-----BEGIN "),
        ("Bearer ", "bearer", "Basic 1", "x-goog-iam-", "aaaaaaa-"),
        ("://", "://a@", "://a:b", "?a=", "&token=", "@", ";", "\0", "=&"),
    ],
)
def test_the_search_is_linear(pieces: tuple[str, ...]) -> None:
    def made(size: int) -> Callable[[], object]:
        texts = [piece * (size // len(piece)) for piece in pieces]

        def conceal() -> None:
            for text in texts:
                concealed_text(text)
                kept_address(text)
                concealed_value("x-info", text)
                is_secret_name(text)

        return conceal

    assert_linear(made, 40_000, seconds=5.0, peak_bytes_per_byte=100)

"""What looks like a secret is found by its name and by itself, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.files.concealment import (
    concealed_address,
    concealed_text,
    is_secret_name,
    is_secret_parameter,
    is_secret_value,
    kept_address,
)
from backend.inspector.history.secret_headers import concealed, concealed_path, concealed_value
from backend.sources.registry import KINDS, SourceRegistry

SOURCES = SourceRegistry(KINDS)

_TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "name",
    [
        *("Authorization", "proxy-authorization", "X-Auth", "x-oauth-scopes", "Cookie"),
        *("Set-Cookie", "x-goog-iam-authorization-token", "x-goog-iam-authority-selector"),
        *("x-amz-security-token", "X-Amz-Signature", "x-amz-credential", "api-key", "apikey"),
        *("X-API-Key", "x-functions-key", "ocp-apim-subscription-key", "x-vault-token"),
        *("client-secret", "x-password", "passwd", "pwd", "x-csrf-token", "session-id", "x-jwt"),
        *("x-key-bin-token-bin", "AWSAccessKeyId", "sig", "x-passphrase"),
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)
    assert is_secret_parameter(name)
    assert concealed_value(name, "v4lue") != "v4lue"


@pytest.mark.parametrize(
    "name",
    [
        *("Content-Type", "user-agent", ":authority", "x-author", "max_tokens", "tokenizer"),
        *("x-trace", "keep-alive", "traceparent", "sequence-id", "grpc-status", "x-keyframe"),
        *("x-goog-api-client", "design", "server-timing", "x-request-id", "compass"),
    ],
)
def test_names_of_what_is_none(name: str) -> None:
    assert not is_secret_name(name)
    assert concealed_value(name, "v4lue") == "v4lue"


@pytest.mark.parametrize(
    "value",
    [
        *(_TOKEN, f"id={_TOKEN}; path=/", "Bearer abcdefgh", "basic dXNlcjpwYXNz"),
        'Digest username="me", response="x"',
        "AWS4-HMAC-SHA256 Credential=AKIA/2024, Signature=ff",
        *("ghp_" + "a1" * 18, "sk-" + "a1" * 18, "glpat-" + "a1" * 10, "AKIA" + "A" * 16),
        "-----BEGIN RSA PRIVATE KEY-----",
    ],
)
def test_values_that_are_secrets_under_any_name(value: str) -> None:
    assert is_secret_value(value)
    ((_, hidden),) = concealed((("x-info", value),))
    assert "${X_INFO}" in hidden
    assert concealed((("x-info", hidden),)) == (("x-info", hidden),)


@pytest.mark.parametrize(
    "value", ["application/json", "Token service unavailable", "Basic", "eyJ", "sk-", "1.2.3", ""]
)
def test_values_that_are_none(value: str) -> None:
    assert not is_secret_value(value)
    assert concealed_value("x-info", value) == value


@pytest.mark.parametrize(
    ("address", "shown", "kept"),
    [
        ("rtsp://me:pw@cam:554/a", "rtsp://***@cam:554/a", "rtsp://cam:554/a"),
        ("rtsp://me:p/w@x@cam/a", "rtsp://***@cam/a", "rtsp://cam/a"),
        ("http://h/a?token=s3c", "http://h/a?token=***", "http://h/a"),
        ("http://h/a?pwd=s3c&x=1", "http://h/a?pwd=***&x=1", "http://h/a?x=1"),
        ("http://h/?user=s3c&pwd=s3c", "http://h/?user=***&pwd=***", "http://h/"),
        ("http://h/a?x=1&sig=s3c#t=1", "http://h/a?x=1&sig=***#t=1", "http://h/a?x=1#t=1"),
        ("http://h/#access_token=s3c", "http://h/#access_token=***", "http://h/"),
        ("http://h/a?pass%77ord=s3c", "http://h/a?pass%77ord=***", "http://h/a"),
        (f"http://h/a?q={_TOKEN}", "http://h/a?q=***", "http://h/a"),
        ("http://h/i@2x.png?max_tokens=5", "http://h/i@2x.png?max_tokens=5", None),
        ("http://[::1]:80/a?b=c;d=e", "http://[::1]:80/a?b=c;d=e", None),
        ("http://[", "http://[", None),
    ],
)
def test_every_place_agrees_about_an_address(address: str, shown: str, kept: str | None) -> None:
    kept = address if kept is None else kept
    assert concealed_address(address) == SOURCES.redacted(address) == shown
    assert kept_address(address) == SOURCES.saved(address) == kept
    for text in (shown, kept, SOURCES.title(address), concealed_path(address)):
        assert "s3c" not in text
        assert "pw" not in text.replace("pwd", "")
    assert concealed_path(concealed_path(address)) == concealed_path(address)


def test_a_file_is_no_address() -> None:
    assert SOURCES.saved("/films/a?token=1.mp4") == "/films/a?token=1.mp4"


def test_an_address_in_a_header_keeps_what_is_no_secret() -> None:
    value = "https://store.example/x?X-Amz-Signature=s3c&part=2"
    assert concealed_value("Location", value) == (
        "https://store.example/x?X-Amz-Signature=${X_AMZ_SIGNATURE}&part=2"
    )


def test_an_error_is_told_without_its_secrets() -> None:
    text = f"GET http://me:s3c@h/v?token=s3c: Bearer s3cs3cs3c1 and {_TOKEN} refused. Basic rules."
    assert concealed_text(text) == (
        "GET http://***@h/v?token=*** Bearer *** and *** refused. Basic rules."
    )


@given(st.text(st.sampled_from("ab=&?;#@:/.% \0[]e" + "eyJ"), max_size=60))
def test_what_is_concealed_once_stays_as_it_is(text: str) -> None:
    for conceal in (concealed_address, kept_address, concealed_text, concealed_path):
        assert conceal(conceal(text)) == conceal(text)

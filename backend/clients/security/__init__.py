"""Credentials, TLS and certificates of targets."""

from backend.clients.security.certificates import fetch_certificate, names_of, read_facts
from backend.clients.security.credentials import (
    Headers,
    Metadata,
    check_header,
    headers_of,
    metadata_of,
    metadata_text,
)
from backend.clients.security.tls import HTTP, HTTP2, context_of, grpc_credentials

__all__ = [
    "HTTP",
    "HTTP2",
    "Headers",
    "Metadata",
    "check_header",
    "context_of",
    "fetch_certificate",
    "grpc_credentials",
    "headers_of",
    "metadata_of",
    "metadata_text",
    "names_of",
    "read_facts",
]

"""Requests that are kept as files, with variables, environments and checks, and running them."""

from backend.inspector.collections.beside import BesideFile, of_live, write_with_files
from backend.inspector.collections.checks import Finding, judged
from backend.inspector.collections.drafting import check_savable, draft_of, saved_from
from backend.inspector.collections.files import (
    Environment,
    SavedRequest,
    request_from_toml,
    request_to_toml,
)
from backend.inspector.collections.folder import (
    Collection,
    Entry,
    read_collection,
    request_file,
    write_request,
)
from backend.inspector.collections.recorded import draft_of_recorded
from backend.inspector.collections.runner import Outcome, Place, run_request

__all__ = [
    "BesideFile",
    "Collection",
    "Entry",
    "Environment",
    "Finding",
    "Outcome",
    "Place",
    "SavedRequest",
    "check_savable",
    "draft_of",
    "draft_of_recorded",
    "judged",
    "of_live",
    "read_collection",
    "request_file",
    "request_from_toml",
    "request_to_toml",
    "run_request",
    "saved_from",
    "write_request",
    "write_with_files",
]

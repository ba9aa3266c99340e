"""Requests that are kept as files, with variables, environments and checks, and running them."""

from backend.inspector.collections.beside import BesideFile, of_live, write_with_files
from backend.inspector.collections.changes import (
    Deleted,
    delete,
    duplicate,
    make_collection,
    make_folder,
    move,
    move_folder,
    put_back,
    rename,
)
from backend.inspector.collections.checks import Finding, checks_to_begin_with, judged
from backend.inspector.collections.drafting import check_savable, draft_of, saved_from
from backend.inspector.collections.files import (
    Environment,
    SavedRequest,
    request_from_toml,
    request_to_toml,
)
from backend.inspector.collections.folder import (
    OURS,
    Collection,
    Entry,
    changed_meanwhile,
    check_text,
    file_text,
    read_collection,
    request_file,
    variables_file,
    write_request,
    write_text,
)
from backend.inspector.collections.recorded import draft_of_recorded
from backend.inspector.collections.runner import Outcome, Place, run_request

__all__ = [
    "OURS",
    "BesideFile",
    "Collection",
    "Deleted",
    "Entry",
    "Environment",
    "Finding",
    "Outcome",
    "Place",
    "SavedRequest",
    "changed_meanwhile",
    "check_savable",
    "check_text",
    "checks_to_begin_with",
    "delete",
    "draft_of",
    "draft_of_recorded",
    "duplicate",
    "file_text",
    "judged",
    "make_collection",
    "make_folder",
    "move",
    "move_folder",
    "of_live",
    "put_back",
    "read_collection",
    "rename",
    "request_file",
    "request_from_toml",
    "request_to_toml",
    "run_request",
    "saved_from",
    "variables_file",
    "write_request",
    "write_text",
    "write_with_files",
]

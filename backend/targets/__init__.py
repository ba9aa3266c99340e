"""Saved targets, and the secrets that open their doors."""

from backend.targets.folder import config_folder
from backend.targets.json_form import to_json
from backend.targets.resolving import resolve
from backend.targets.rules import LONGEST_NAME, check_name, check_target, free_name
from backend.targets.secrets import Secrets, keyring_problem
from backend.targets.store import Saved, TargetStore, open_store
from backend.targets.templates import secret_ids

__all__ = [
    "LONGEST_NAME",
    "Saved",
    "Secrets",
    "TargetStore",
    "check_name",
    "check_target",
    "config_folder",
    "free_name",
    "keyring_problem",
    "open_store",
    "resolve",
    "secret_ids",
    "to_json",
]

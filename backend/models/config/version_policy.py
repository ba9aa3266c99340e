"""Which of a model's numbered folders are served."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from backend.models.servable import ModelLoadError
from backend.wire.generated import open_inference_pb2 as pb


def versions_in(model_folder: Path) -> list[int]:
    """The numbered folders, smallest first; others, and those with a leading zero, are no versions.

    Raises ModelLoadError if the folder cannot be read.
    """
    try:
        names = [entry.name for entry in model_folder.iterdir() if entry.is_dir()]
    except OSError as error:
        raise ModelLoadError(f"the model's folder cannot be read: {error.strerror}") from None
    return sorted(int(name) for name in names if name.isascii() and _is_number(name))


def chosen_versions(policy: pb.ModelVersionPolicy, there: Sequence[int]) -> list[int]:
    """The versions that a policy serves, smallest first; without a policy the latest one.

    Raises ModelLoadError if there is none, or one that is asked for is not there.
    """
    if policy.HasField("specific"):
        missing = [number for number in policy.specific.versions if number not in there]
        if missing:
            raise ModelLoadError(
                f"version {missing[0]} is asked for by version_policy, but there is "
                f"{', '.join(map(str, there)) or 'no version'}"
            )
        chosen = sorted(set(policy.specific.versions))
    elif policy.HasField("all"):
        chosen = sorted(there)
    else:
        chosen = sorted(there)[-max(1, policy.latest.num_versions) :]
    if not chosen:
        raise ModelLoadError(
            "no version is there: at least one folder named by a number above 0 must be under it"
        )
    return chosen


def _is_number(name: str) -> bool:
    return name.isdigit() and not name.startswith("0") and len(name) < 19

"""The packages that the program is made of, with versions and licences."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import PackageMetadata, PackageNotFoundError, distribution
from pathlib import Path

from backend.core.release import PROGRAM

_PIN = re.compile(r"^([\w.-]+)==", re.MULTILINE)
_OSI = "License :: OSI Approved :: "
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Package:
    """An installed package; `licence` is what it says of itself, '' if it says nothing."""

    name: str
    version: str
    licence: str


def packages(lock: Path = PROGRAM.parent / "requirements.txt") -> tuple[Package, ...]:
    """Those of the lock file that are installed here; reads many files."""
    try:
        names = sorted(set(_PIN.findall(lock.read_text(encoding="utf-8"))), key=str.casefold)
    except OSError:
        return ()
    found = []
    for name in names:
        try:
            known = distribution(name)
        except PackageNotFoundError:  # one for another system
            continue
        found.append(Package(known.metadata["Name"], known.version, licence_of(known.metadata)))
    return tuple(found)


def version_of(name: str) -> str:
    """The version of an installed package, '-' for one that is not."""
    try:
        return distribution(name).version
    except PackageNotFoundError:
        return "-"


def licence_of(metadata: PackageMetadata) -> str:
    """The licence in a few words: the expression, else the classifiers, else the first line."""
    if "License-Expression" in metadata:
        return metadata["License-Expression"]
    classifiers = metadata.get_all("Classifier") or ()
    named = [each.removeprefix(_OSI) for each in classifiers if each.startswith(_OSI)]
    if named:
        return ", ".join(named)
    lines = metadata["License"].strip().splitlines() if "License" in metadata else ()
    return lines[0][:_LONGEST] if lines else ""

"""Words of a POSIX shell: quoted so that the program gets exactly the text."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

from backend.inspector.snippets.parts import pieces


def word(template: str) -> str:
    """One argument; ``${NAME}`` is left for the shell to fill in, nothing else is."""
    parts = [
        f'"${{{text}}}"' if variable else shlex.quote(text) for text, variable in pieces(template)
    ]
    return "".join(parts) if parts else "''"


def literal(text: str) -> str:
    """One argument in which nothing is filled in."""
    return shlex.quote(text)


def command(program: str, options: Iterable[Sequence[str]]) -> str:
    """A command with an option and its value in each line; they are quoted already."""
    return " \\\n  ".join([program, *(" ".join(option) for option in options)])

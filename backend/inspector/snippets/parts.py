"""A request as code for elsewhere: its text, the files beside it, and its variables."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.core.errors import UsageError
from backend.core.target import Target, Tls
from backend.inspector.calls import Headers, Request
from backend.inspector.history import concealed_path, concealed_value, variable_for

INLINE = 4096
"""Longest payload in the text itself; a longer one goes to a file beside it."""

PROTOS = Path(__file__).resolve().parents[3] / "protos"
"""Where the schemas are that ship with Inferdeck."""

_VARIABLE = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class SideFile:
    """A file that has to stand beside the code."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Snippet:
    """Code in a language, the files it reads from its own folder, and the variables of the
    environment that must hold secrets; `notes` say what the code does not do as the request did.
    """

    language: str
    text: str
    files: tuple[SideFile, ...] = ()
    variables: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def save(self, folder: Path) -> tuple[Path, ...]:
        """Write the side files; raises UsageError if that is not possible."""
        written = []
        for file in self.files:
            path = folder / file.name
            try:
                path.write_bytes(file.data)
            except OSError as error:
                raise UsageError(f"'{path}' cannot be written: {error.strerror}.") from error
            written.append(path)
        return tuple(written)


def headers_to_send(request: Request, target: Target) -> Headers:
    """The typed headers and those of the target, with ``${VARIABLE}`` for each secret.

    A typed header takes the place of the target's of the same name.
    """
    typed = tuple((name, concealed_value(name, value)) for name, value in request.headers)
    names = {name.lower() for name, _ in typed}
    return typed + tuple(
        (name, value) for name, value in _of_target(target) if name.lower() not in names
    )


def url_of(request: Request, target: Target) -> str:
    """Where a REST request goes, with ``${VARIABLE}`` for each secret; raises UsageError."""
    if not target.rest:
        raise UsageError(f"Target '{target.name}' has no REST address.")
    return concealed_path(target.rest.rstrip("/")) + concealed_path(request.path)


def grpc_address(target: Target) -> str:
    """Where a gRPC request goes; raises UsageError."""
    if not target.grpc:
        raise UsageError(f"Target '{target.name}' has no gRPC address.")
    return target.grpc


def tls_of(target: Target, *, rest: bool) -> Tls | None:
    """How the connection is protected, None for plaintext."""
    if target.tls is not None:
        return target.tls
    return Tls() if rest and target.rest.lower().startswith("https:") else None


def pieces(template: str) -> Iterator[tuple[str, bool]]:
    """A template's parts in order: text, or the name of a variable with True."""
    for place, part in enumerate(_VARIABLE.split(template)):
        if part or place % 2:
            yield part, bool(place % 2)


def variables_in(templates: Iterable[str]) -> tuple[str, ...]:
    """The names of all variables, each once."""
    return tuple(dict.fromkeys(name for text in templates for name in _VARIABLE.findall(text)))


def is_short_text(data: bytes) -> bool:
    """Whether a payload can stand in the code as text."""
    if len(data) > INLINE or b"\0" in data:
        return False
    try:
        return data.decode().replace("\n", "").replace("\t", "").isprintable()
    except UnicodeDecodeError:
        return False


def file_name(name: str, taken: Sequence[str], suffix: str) -> str:
    """A name for a side file that every system allows, unlike those taken."""
    plain = re.sub(r"[^\w.-]+", "_", name, flags=re.ASCII).strip("._")[:60] or "data"
    found, number = f"{plain}{suffix}", 1
    while found.lower() in map(str.lower, taken):
        number += 1
        found = f"{plain}_{number}{suffix}"
    return found


def _of_target(target: Target) -> Iterator[tuple[str, str]]:
    """Whatever a target adds is a secret, unless it is a variable already."""
    credentials = target.credentials
    if credentials.token:
        yield "Authorization", f"Bearer {_hidden('TOKEN', credentials.token)}"
    for name, value in credentials.headers:
        concealed = concealed_value(name, value)
        hidden = concealed if concealed != value else _hidden(variable_for(name), value)
        yield name, hidden


def _hidden(variable: str, value: str) -> str:
    return value if _VARIABLE.search(value) else f"${{{variable}}}"


def word(template: str) -> str:
    """One argument for a POSIX shell; only ``${NAME}`` is left for it to fill in."""
    parts = [
        f'"${{{text}}}"' if variable else shlex.quote(text) for text, variable in pieces(template)
    ]
    return "".join(parts) if parts else "''"


def literal(text: str) -> str:
    """One argument for a POSIX shell in which nothing is filled in."""
    return shlex.quote(text)


def command(program: str, options: Iterable[Sequence[str]]) -> str:
    """A shell's command with an option and its value in each line; they are quoted already."""
    return " \\\n  ".join([program, *(" ".join(option) for option in options)])

"""The window's command line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from backend.core.choices import (
    Api,
    Compression,
    ImageEncoding,
    Serialization,
    Transport,
    why_not_serialization,
)
from backend.core.defaults import SCREENSHOT_SECONDS
from backend.core.errors import UsageError
from backend.core.options.common import SERIALIZATION
from backend.core.target import Target
from backend.sources.registry import SourceRegistry
from gui.shell.window_options import FILES, SWITCHES, window_parser
from gui.state.switches import Switches
from gui.widgets.theme_choice import ThemeChoice


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for; None leaves it as it was the last time, or as designed.

    With `screenshot` the window streams for `seconds`, saves a picture of itself and quits; the
    saved settings are neither read nor written then.
    """

    screenshot: Path | None = None
    seconds: float = SCREENSHOT_SECONDS
    source: str | None = None
    model: str | None = None
    target: Target | None = None
    api: Api | None = None
    transport: Transport | None = None
    serialization: Serialization | None = None
    image: ImageEncoding | None = None
    compression: Compression | None = None
    in_flight: int | None = None
    theme: ThemeChoice | None = None
    language: str | None = None
    size: tuple[int, int] | None = None
    rest_port: int = 0
    grpc_port: int = 0
    model_repository: tuple[Path, ...] = ()
    allow_python_models: bool = False
    model_file: tuple[Path, ...] = ()
    """To be opened as if dropped, those without a flag too: models, and what can be streamed."""

    def applied_to(self, switches: Switches) -> Switches:
        """The switches with what was asked for; raises UsageError for what cannot be."""
        given = {
            name: getattr(self, name)
            for name in (option.destination for option in SWITCHES.options)
            if name != SERIALIZATION.destination and getattr(self, name) is not None
        }
        if self.serialization is None:
            return replace(switches, **given)
        if self.transport is None and why_not_serialization(self.serialization, switches.transport):
            rest = self.serialization.over_rest
            given["transport"] = Transport.REST if rest else Transport.GRPC_STREAM
        switches = replace(switches, **given)
        reason = why_not_serialization(self.serialization, switches.transport)
        if reason:
            raise UsageError(reason)
        return switches.with_serialization(self.serialization)


def parse_options(argv: list[str], sources: SourceRegistry) -> Options:
    """Read the command line; prints why and exits with 2 if it makes no sense."""
    parser = window_parser()
    given = vars(parser.read(argv))
    if given["source"] is not None:
        given["source"] = sources.lasting(given["source"])
    files = [*given["model_file"], *given.pop(FILES)]
    for file in files:
        if not file.exists():
            if len(file.parts) == 1 and not file.suffix:  # a command or source in other letters
                parser.refuse([str(file)])
            parser.error(f"there is no file {file}")
    given["model_file"] = tuple(file.absolute() for file in files)
    return Options(**{**given, "model_repository": tuple(given["model_repository"])})

"""A profile as a file that people read and edit: `profile.toml`.

```
version = 1
model = "faces"
takes = "image"

[input]
kind = "picture"

[output]
kind = "ssd"
```
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from backend.core.errors import UsageError
from backend.core.files.private import NewerFile, read_file, write_file
from backend.core.samples import MediaKind
from backend.core.tensors import TensorSpec
from backend.profiles.inputs.constants import ConstantInput
from backend.profiles.kinds import DECODERS, RECIPES, TAKES, kind_word
from backend.profiles.model_profile import DEFAULT_AUDIO, AudioFormat, ModelProfile
from backend.profiles.tables import Table, check_keys, made_of, table_of, wrong
from backend.profiles.toml_limits import check_toml
from backend.wire.json.stored import typed

PROFILE_FILE = "profile.toml"
VERSION = 1
MOST_SAMPLES = 1 << 24
"""Of a window of sound: five minutes at 48 kHz."""
MAX_BYTES = 4 << 20
ENGINES = ("ray",)
"""Tables that say how an engine is to run the model, which each engine reads by itself."""

_KEYS = (
    "version", "model", "takes", "description", "labels", "sequence", "sound", "input", "constants",
    "output",
    "model_inputs", "model_outputs",
)  # fmt: skip


def profile_to_toml(profile: ModelProfile) -> str:
    """The profile as text; raises UsageError for one with a recipe or decoder of no name."""
    text: Table = {"version": VERSION, "model": profile.model, "takes": profile.kind.value}
    if profile.description:
        text["description"] = profile.description
    if profile.labels:
        text["labels"] = list(profile.labels)
    if profile.sequence:
        text["sequence"] = True
    if profile.kind is MediaKind.AUDIO or profile.audio != DEFAULT_AUDIO:
        text["sound"] = table_of(profile.audio)
    text["input"] = _named(profile.recipe, RECIPES)
    text["output"] = _named(profile.decoder, DECODERS)
    for key, items in (
        ("constants", profile.constants),
        ("model_inputs", profile.inputs),
        ("model_outputs", profile.outputs),
    ):
        if items:
            text[key] = [table_of(item) for item in items]
    return tomli_w.dumps(text)


def profile_from_toml(text: str, source: str = PROFILE_FILE) -> ModelProfile:
    """The profile in a text; raises UsageError that names `source`, the table and the key.

    NewerFile, which is one, is for a later version.
    """
    table = _parsed(text, source)
    try:
        return _profile(table)
    except UsageError as error:
        kind = NewerFile if isinstance(error, NewerFile) else UsageError
        raise kind(f"{source}: {error.message}", error.hint) from None


def read_profile(path: Path) -> ModelProfile:
    """The profile in a file; raises UsageError."""
    return profile_from_toml(_text(path), path.name)


def read_engine_table(path: Path, engine: str) -> Mapping[str, Any] | None:
    """What a model's file says for one of `ENGINES`, None for nothing; raises UsageError."""
    table = _parsed(_text(path), path.name).get(engine)
    if table is not None and not isinstance(table, dict):
        raise wrong(f"[{engine}]", "a table", table)
    return table


def is_for_engines_only(path: Path) -> bool:
    """Whether a model's file holds tables of `ENGINES` and no profile; raises UsageError."""
    keys = _parsed(_text(path), path.name).keys() - {"version"}
    return bool(keys) and keys <= set(ENGINES)


def write_profile(path: Path, profile: ModelProfile) -> None:
    """Write the file in one go, so that nobody reads half of it; raises UsageError."""
    write_file(path, profile_to_toml(profile).encode())


def _text(path: Path) -> str:
    data = read_file(path, MAX_BYTES)
    if data is None:
        raise UsageError(f"{path} cannot be read: there is no such file.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8.") from None


def _parsed(text: str, source: str) -> Table:
    check_toml(text, source)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{source} is not valid TOML: {error}.") from None
    except RecursionError:
        raise UsageError(f"{source} has lists or tables that are nested too deep.") from None


def _profile(table: Table) -> ModelProfile:
    version = table.get("version", VERSION)
    if type(version) is int and version > VERSION:
        raise NewerFile(
            f"version {version} is of a newer program; {VERSION} is known here.",
            hint="Use that program, or move the file away.",
        )
    if version != VERSION:
        raise wrong("version", f"{VERSION}, the only one known here", version)
    check_keys({k: v for k, v in table.items() if k not in ENGINES}, _KEYS, "the file")
    recipe = _made(table, "input", RECIPES)
    decoder = _made(table, "output", DECODERS)
    default = TAKES.get(type(recipe), MediaKind.IMAGE)
    takes = table.get("takes", default)
    if takes not in tuple(MediaKind):
        raise wrong("takes", f"one of {', '.join(MediaKind)}", takes)
    audio = _sound(table["sound"]) if "sound" in table else DEFAULT_AUDIO
    return ModelProfile(
        model=typed(str, table.get("model", ""), "model"),
        kind=MediaKind(takes),
        inputs=_all(TensorSpec, table, "model_inputs"),
        outputs=_all(TensorSpec, table, "model_outputs"),
        decoder=decoder,
        labels=typed(tuple[str, ...], table.get("labels", []), "labels"),
        audio=audio,
        description=typed(str, table.get("description", ""), "description"),
        recipe=recipe,
        constants=_all(ConstantInput, table, "constants"),
        sequence=typed(bool, table.get("sequence", False), "sequence"),
    )


def _sound(table: object) -> AudioFormat:
    """The windows of sound, of at least a sample and of a size that fits into memory."""
    audio: AudioFormat = made_of(AudioFormat, table, "[sound]")
    for key, seconds in (("window_s", audio.window_s), ("hop_s", audio.hop_s)):
        samples = audio.rate * seconds
        if not (audio.rate >= 1 and 0.5 < samples <= MOST_SAMPLES):  # NaN too
            raise UsageError(
                f"[sound]: rate times {key} is to be 1 to {MOST_SAMPLES:,} samples, got "
                f"{audio.rate} x {seconds:g}."
            )
    return audio


def _named(value: Any, kinds: Mapping[str, type[Any]]) -> Table:
    try:
        return {"kind": kind_word(value, kinds), **table_of(value)}
    except KeyError as error:
        raise UsageError(f"{error.args[0]} cannot be written to a file.") from None


def _made(table: Table, key: str, kinds: Mapping[str, type[Any]]) -> Any:
    part = table.get(key)
    if not isinstance(part, dict):
        raise wrong(f"[{key}]", "a table with a key 'kind'", part)
    kind = part.get("kind")
    if not isinstance(kind, str) or kind not in kinds:
        raise wrong(f"[{key}] kind", f"one of {', '.join(kinds)}", kind)
    rest = {name: value for name, value in part.items() if name != "kind"}
    return made_of(kinds[kind], rest, f"[{key}]")


def _all(kind: type[Any], table: Table, key: str) -> tuple[Any, ...]:
    items = table.get(key, [])
    if not isinstance(items, list):
        raise wrong(f"[[{key}]]", "tables", items)
    return tuple(made_of(kind, item, f"[[{key}]] {place + 1}") for place, item in enumerate(items))

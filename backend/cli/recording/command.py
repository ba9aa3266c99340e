"""`recording`: what a recording holds, in words and as tables."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import orjson

from backend.cli.recording.options import Format, parser
from backend.core.errors import ConsoleError, UsageError
from backend.recording import Contents, contents_of, export_csv, export_json_lines, write_report


def main(argv: Sequence[str]) -> int:
    """Run the command; 0 done, 2 for a file that cannot be read or written."""
    return run(parser().read(argv))


def run(options: argparse.Namespace) -> int:
    """Do what the options say."""
    try:
        return _info(options) if options.action == "info" else _export(options)
    except ConsoleError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        sys.stderr.close()  # the reader has gone away, and wants no word of it
        return 0


def _info(options: argparse.Namespace) -> int:
    found = contents_of(options.file)
    if options.json:
        print(orjson.dumps(asdict(found)).decode())
    else:
        print(_table(found))
    return 0


def _table(found: Contents) -> str:
    rows = [
        ("recorded by", f"inferdeck {found.version}"),
        ("from", _moment(found.first_ns)),
        ("length", f"{found.seconds:.1f} s"),
        ("pictures", f"{found.pictures}"),
        ("sound", f"{found.sound_s:.1f} s, {found.windows} windows"),
        ("answers", f"{found.answers}"),
        ("failures", f"{found.failures}"),
        ("notices", f"{found.notices}"),
        *([("words", f"{found.words}")] if found.words else []),
        ("dropped", _counted(found.dropped)),
        ("missed", _counted(found.missed)),
        *(("source", each) for each in found.sources),
        *(("settings", each) for each in found.settings),
        ("ended", "not: it breaks off" if found.unfinished else "properly"),
    ]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)


def _moment(at_ns: int) -> str:
    if not at_ns:
        return "-"
    return datetime.fromtimestamp(at_ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "0"


def _export(options: argparse.Namespace) -> int:
    form = options.format or (Format.CSV if options.csv else Format.JSONL)
    if form is Format.CSV:
        with _output(options.to, "x", sys.stdout) as text:
            count = export_csv(options.file, text)
    else:
        with _output(options.to, "xb", sys.stdout.buffer) as file:
            write = write_report if form is Format.HTML else export_json_lines
            count = write(options.file, file)
    if options.to is not None:
        what = "answers" if form is Format.HTML else "rows"
        print(f"{count} {what} in {options.to}.", file=sys.stderr)
    return 0


def _output(path: Path | None, mode: str, standard: IO[Any]) -> Any:
    """The new file, or standard output; a file that is there is not written over."""
    if path is None:
        return nullcontext(standard)
    newline, encoding = ("", "utf-8") if mode == "x" else (None, None)
    try:
        return path.open(mode, newline=newline, encoding=encoding)
    except FileExistsError as error:
        raise UsageError(f"{path} is there already.", "Choose another name.") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}.") from error

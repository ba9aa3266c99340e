"""`targets`: the saved targets, one JSON object a line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace

import orjson

from backend.cli.target_options import saved_targets, with_options
from backend.cli.targets.options import parser
from backend.core.addresses import target_from_text
from backend.core.errors import ConsoleError, UsageError
from backend.core.target import Target
from backend.targets import Saved, TargetStore, to_json


def main(argv: Sequence[str]) -> int:
    """Run the command; 0 done, 2 wrong usage."""
    return run(parser().read(argv))


def run(options: argparse.Namespace) -> int:
    """Do what the options say."""
    try:
        _ACTIONS[options.action](saved_targets(), options)
    except ConsoleError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _list(store: TargetStore, _options: argparse.Namespace) -> None:
    for target in store.targets():
        _print(target)


def _add(store: TargetStore, options: argparse.Namespace) -> None:
    target = target_from_text(options.addresses)
    if not (target.rest or target.grpc):
        raise UsageError("The embedded server is there already.")
    target = replace(target, name=options.name, colour=options.colour)
    _report(store.add(with_options(target, options, options.header)))


def _remove(store: TargetStore, options: argparse.Namespace) -> None:
    _print(store.delete(options.name))


def _import(store: TargetStore, options: argparse.Namespace) -> None:
    for saved in store.import_file(options.file):
        _report(saved)


def _export(store: TargetStore, options: argparse.Namespace) -> None:
    count = store.export_file(options.file, options.names)
    print(f"{count} written to {options.file}", file=sys.stderr)


_ACTIONS = {"list": _list, "add": _add, "remove": _remove, "import": _import, "export": _export}


def _report(saved: Saved) -> None:
    _print(saved.target)
    if saved.sentence:
        print(f"{saved.target.name}: {saved.sentence}", file=sys.stderr)


def _print(target: Target) -> None:
    print(orjson.dumps(to_json(target)).decode())

"""`models`: the gallery's models, fetched into the user's model repository."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from backend.cli.models.options import ALL, DEMO_SET, MIRROR, parser
from backend.cli.models.output import (
    ProgressLine,
    error_json,
    files_json,
    print_entry,
    print_json,
    print_table,
    row_json,
    speed_text,
)
from backend.core.errors import ConsoleError, UsageError, mebibytes
from backend.gallery import (
    DownloadError,
    DownloadFault,
    Gallery,
    GalleryList,
    InstallState,
    fetchers_for,
    read_catalogue,
    size_of,
    traffic_of,
)
from backend.models.repository import user_repository

_LISTS = "main.py models list prints them."
_CANCELLED = 130
"""As a shell has it for what Ctrl-C has ended."""
_FOR_ALL = (DownloadFault.DISK_FULL, DownloadFault.DISK)
"""What the next model would meet as well."""


def main(argv: Sequence[str]) -> int:
    """Run the command; 0 done, else as the first error says, 130 after Ctrl-C."""
    return run(parser().read(argv))


def run(options: argparse.Namespace) -> int:
    """Do what the options say."""
    try:
        return _ACTIONS[options.action](_gallery(options), options)
    except ConsoleError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code


def _gallery(options: argparse.Namespace) -> Gallery:
    root = options.repository.expanduser().absolute() if options.repository else user_repository()
    mirror, folder = "", None
    if options.action == "get":
        mirror = options.mirror or os.environ.get(MIRROR.environment, "")
        folder = options.folder
    return Gallery(read_catalogue(), root, fetchers_for(mirror, folder))


def _list(gallery: Gallery, options: argparse.Namespace) -> int:
    rows = gallery.rows()
    if options.json:
        for row in rows:
            print_json(row_json(row))
    else:
        print_table(rows)
        print(f"Your model repository is {gallery.root}.", file=sys.stderr)
    return 0


def _show(gallery: Gallery, options: argparse.Namespace) -> int:
    row = gallery.row(options.name)
    if options.json:
        print_json({**row_json(row), "files": files_json(row)})
    else:
        print_entry(row)
    return 0


def _get(gallery: Gallery, options: argparse.Namespace) -> int:
    names = _names(gallery, options)
    rows = [gallery.row(entry.name) for entry in gallery.catalogue.whole(*names)]
    missing = [row for row in rows if row.state is not InstallState.INSTALLED]
    amount = size_of if options.folder else traffic_of
    total = amount(row.entry for row in missing)
    total -= sum(row.saved for row in missing if not row.parts)
    print(
        f"{len(missing)} of {len(rows)} models to get, {mebibytes(total)}, into {gallery.root}",
        file=sys.stderr,
    )
    line = ProgressLine(sys.stderr)

    def get(name: str) -> None:
        try:
            row = gallery.get(name, line)
        except BaseException:
            line.end()
            raise
        if options.json:
            print_json(row_json(row))

    try:
        return _each(names, options, get)
    except KeyboardInterrupt:
        print(
            "cancelled: what has come is kept, and the same command goes on with it",
            file=sys.stderr,
        )
        return _CANCELLED


def _names(gallery: Gallery, options: argparse.Namespace) -> list[str]:
    demo = [entry.name for entry in gallery.catalogue.of(GalleryList.DEMO)]
    names = [*options.names, *(demo if options.demo_set else ())]
    if not names:
        raise UsageError(f"No model is named, nor {DEMO_SET.flag}.", hint=_LISTS)
    return list(dict.fromkeys(names))


def _remove(gallery: Gallery, options: argparse.Namespace) -> int:
    def remove(name: str) -> None:
        gallery.remove(name)
        if options.json:
            print_json({"name": name, "state": InstallState.ABSENT.value})

    # Chains before what they are made of.
    names = sorted(options.names, key=lambda name: not _needs(gallery, name))
    return _each(names, options, remove)


def _needs(gallery: Gallery, name: str) -> tuple[str, ...]:
    return gallery.catalogue[name].needs if name in gallery.catalogue else ()


def _measure(gallery: Gallery, options: argparse.Namespace) -> int:
    def measure(name: str) -> None:
        speed = gallery.measure(name)
        if options.json:
            print_json(row_json(gallery.row(name)))
        else:
            print(f"{name}: {speed_text(speed)}")

    there = (InstallState.INSTALLED, InstallState.CHANGED)
    every = [row.entry.name for row in gallery.rows() if row.state in there] if options.all else []
    names = list(dict.fromkeys([*options.names, *every]))
    if not names and options.all:
        print(f"No model is installed in {gallery.root}.", file=sys.stderr)
    elif not names:
        raise UsageError(f"No model is named, nor {ALL.flag}.", hint=_LISTS)
    try:
        return _each(names, options, measure)
    except KeyboardInterrupt:
        print("cancelled: what was measured before is kept", file=sys.stderr)
        return _CANCELLED


def _each(names: Sequence[str], options: argparse.Namespace, action: Callable[[str], None]) -> int:
    """Do it for each; one that fails is reported, and keeps no other one from its turn."""
    code = 0
    for name in names:
        try:
            action(name)
        except ConsoleError as error:
            print(f"error: {error}", file=sys.stderr)
            if options.json:
                print_json(error_json(name, error))
            code = code or error.exit_code
            if isinstance(error, DownloadError) and error.fault in _FOR_ALL:
                break
    return code


_ACTIONS: dict[str, Callable[[Gallery, argparse.Namespace], int]] = {
    "list": _list,
    "show": _show,
    "get": _get,
    "remove": _remove,
    "measure": _measure,
}

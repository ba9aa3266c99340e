"""`repository`: the models of repositories, written for servers of other makes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from backend.cli.models.output import print_json
from backend.cli.repository.options import For, parser
from backend.core.errors import ConsoleError, ModelFailed, UsageError
from backend.models.catalogue import bundled_models
from backend.models.export import TRITON, Exported, KServe, Server, export
from backend.models.repository import ModelFolders
from backend.models.runtimes.choice import standard_runtimes


def main(argv: Sequence[str]) -> int:
    """Run the command; 0 done, 2 wrong usage, 4 if a model could not be written."""
    return run(parser().read(argv))


def run(options: argparse.Namespace) -> int:
    """Do what the options say."""
    try:
        return _export(options)
    except ConsoleError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code


def _export(options: argparse.Namespace) -> int:
    for flag in ("server", "model_repository", "to"):
        if not getattr(options, flag):
            name = "--for" if flag == "server" else f"--{flag.replace('_', '-')}"
            raise UsageError(
                f"{name} is missing.",
                hint="main.py repository export --for triton --model-repository DIR --to DIR",
            )
    folders = ModelFolders(options.model_repository, standard_runtimes())
    names = _names(folders, options.names)
    server: Server = TRITON if options.server is For.TRITON else KServe(options.image)
    code = 0
    for one in export(folders, names, options.to.expanduser(), server):
        _tell(one, options)
        code = code or (ModelFailed.exit_code if one.refused else 0)
    return code


def _names(folders: ModelFolders, wanted: Sequence[str]) -> list[str]:
    there = folders.names()
    bundled = {model.name for model in bundled_models()}
    for name in wanted:
        if name not in there and name in bundled:
            raise UsageError(
                f"'{name}' is bundled: Inferdeck's own code computes it, and no file.",
                hint="Serve it with `main.py serve`, on Ray with `--engine ray`.",
            )
        if name not in there:
            known = ", ".join(there) or "none"
            raise UsageError(f"There is no model '{name}' in the repositories; there is {known}.")
    if not there:
        raise UsageError(
            "There is no model in the repositories.",
            hint="Give the folder that holds one folder per model.",
        )
    return list(dict.fromkeys(wanted or there))


def _tell(one: Exported, options: argparse.Namespace) -> None:
    if options.json:
        print_json({"name": one.name, "runtime": one.runtime, "refused": one.refused})
    elif one.refused:
        print(f"{one.name}: not written: {one.refused}", file=sys.stderr)
    else:
        print(f"{one.name}: written")

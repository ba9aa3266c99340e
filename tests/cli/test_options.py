"""The tables of the commands: what they declare is what holds and what is documented."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from backend.cli import COMMANDS
from backend.cli.bench import command as bench
from backend.cli.bench.options import BENCH
from backend.cli.call import command as call
from backend.cli.call.options import CALL
from backend.cli.compare import command as compare
from backend.cli.models import command as models
from backend.cli.models.options import GET
from backend.cli.record import command as record
from backend.cli.record.options import RECORDED
from backend.cli.recording import command as recording
from backend.cli.repository import command as repository
from backend.cli.repository.options import EXPORT
from backend.cli.serve import command as serve
from backend.cli.serve.options import COUNTED, SERVE
from backend.cli.stream import command as stream
from backend.cli.stream.options import STREAM
from backend.cli.targets import command as targets
from backend.core.choices import RunSettings
from backend.core.options import Option, OptionGroup, OptionParser, common, options_table
from backend.core.target import Target
from backend.server.settings import Limits, ServerOptions
from backend.sources.registry import KINDS, SourceRegistry
from tests.cli.here import run_here

ROOT = Path(__file__).resolve().parents[2]
TABLES = {
    "serve": SERVE,
    "stream": STREAM,
    "record": RECORDED,
    "bench": BENCH,
    "call": CALL,
    "models get": GET,
    "repository export": (EXPORT,),
}
MODULES = (serve, stream, record, recording, compare, bench, call, targets, models, repository)


def options_of(groups: Sequence[OptionGroup]) -> list[Option]:
    return [option for group in groups for option in group.options]


def test_the_documentation_lists_exactly_the_options_of_serve() -> None:
    table = options_table(SERVE)
    text = (ROOT / "docs" / "server.md").read_text(encoding="utf-8")
    section = text.split("## Options of `serve`\n\n")[1].split("\n\n")[0]
    assert f"{section}\n" == table, f"Put this table into docs/server.md:\n{table}"


def test_without_options_a_server_is_what_its_values_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INFERDECK_TOKEN", raising=False)
    assert serve._options(OptionParser(groups=SERVE).read([])) == ServerOptions()


def test_a_source_is_written_as_the_kinds_say() -> None:
    assert common.SOURCE.help == SourceRegistry(KINDS).syntax


def test_every_counted_limit_has_an_option() -> None:
    fields = set(Limits.__dataclass_fields__) - {"decompressed_bytes"}
    assert {option.destination for option in COUNTED} == fields


def test_without_options_a_run_is_what_its_values_say() -> None:
    given = OptionParser(groups=STREAM).read(["--source", "pattern", "--model", "shapes"])
    assert stream._settings(given) == RunSettings(Target("embedded"), "shapes")


@pytest.mark.parametrize("command", TABLES)
def test_the_rows_of_a_command_are_whole(command: str) -> None:
    options = options_of(TABLES[command])
    flags = [option.flag for option in options]
    assert len(set(flags)) == len(flags)
    for option in options:
        assert option.help
        assert option.switch or option.choices or option.metavar
        if option.default is not None:
            read = option.choices or option.parse
            assert read(str(option.default)) == option.default


def test_every_command_is_listed_and_answers_help(capsys: pytest.CaptureFixture[str]) -> None:
    mains = {module.__name__.split(".")[2]: module.main for module in MODULES}
    assert set(mains) == set(COMMANDS)
    for name, main in mains.items():
        code, out, _ = run_here(capsys, main, "--help")
        assert code == 0
        assert f"main.py {name}" in out
        assert all(option.flag in out for option in options_of(TABLES.get(name, ())))


def test_an_action_of_targets_names_the_nearest_option(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, _, error = run_here(capsys, targets.main, "add", "lab", "h:1,2", "--tokn", "x")
    assert code == 2
    assert "did you mean --token?" in error

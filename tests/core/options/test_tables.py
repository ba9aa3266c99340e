"""Options from one row: the help, the value and the documentation."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import pytest

from backend.core.options import Option, OptionGroup, OptionParser, options_table
from backend.core.options.values import seconds, whole_number


class Shade(StrEnum):
    """Something to choose from."""

    LIGHT = "light"
    DARK = "dark"


ROWS = (
    Option(
        "--patience-mib",
        "100 % of it",
        parse=whole_number(1, 9),
        default=3,
        unit="MiB",
        metavar="N",
    ),
    Option("--shade", "the colours", choices=Shade, default=Shade.DARK),
    Option("--wait", "how long", parse=seconds(60), default=2.0, unit="s", metavar="S"),
    Option("--folder", "look here", parse=Path, repeatable=True, metavar="DIR"),
    Option("--quiet", "say nothing", switch=True),
    Option("--list", "show them", bare="", metavar="WORDS"),
    Option("--key", "opens it", environment="OPENS_IT", name="secret", metavar="TEXT"),
    Option("--user", "whose it is", required=True, metavar="NAME"),
)


def parser(*rows: Option) -> OptionParser:
    return OptionParser(prog="x", groups=[OptionGroup("", rows)], words=["serve"])


def test_one_row_is_in_the_help_the_values_and_the_documentation() -> None:
    row = Option("--new-limit", "most of it", parse=whole_number(), default=7, metavar="N")
    help_ = parser(*ROWS, row).format_help()
    assert "--new-limit N" in help_
    assert "most of it (default: 7)" in help_
    given = parser(*ROWS, row)
    assert given.read(["--user", "me"]).new_limit == 7
    assert given.read(["--user", "me", "--new-limit", "9"]).new_limit == 9
    table = options_table([OptionGroup("", ROWS), OptionGroup("", (row,))])
    assert table.endswith("| `--new-limit N` | 7 | most of it |\n")


def test_the_help_says_unit_default_and_the_rest_in_one_style(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    help_ = parser(*ROWS).format_help()
    for said in (
        "100 % of it (in MiB; default: 3)",
        "the colours (default: dark)",
        "how long (in s; default: 2)",
        "look here (repeatable)",
        "say nothing\n",
        "opens it (or $OPENS_IT)",
    ):
        assert said in help_


def test_values_are_of_the_type_that_the_row_names() -> None:
    line = "--user me --shade light --wait 1.5 --folder a --folder b --quiet --list --key k"
    given = vars(parser(*ROWS).read(line.split()))
    assert given == {
        "patience_mib": 3,
        "shade": Shade.LIGHT,
        "wait": 1.5,
        "folder": [Path("a"), Path("b")],
        "quiet": True,
        "list": "",
        "secret": "k",
        "user": "me",
    }


def test_a_list_is_not_shared_by_two_readings() -> None:
    reader = parser(*ROWS)
    reader.read(["--user", "me", "--folder", "a"])
    assert reader.read(["--user", "me"]).folder == []


def test_the_documentation_says_what_holds_without_an_option() -> None:
    assert options_table([OptionGroup("", ROWS)]).splitlines()[2:] == [
        "| `--patience-mib N` | 3 | 100 % of it, in MiB |",
        r"| `--shade light\|dark` | dark | the colours |",
        "| `--wait S` | 2 | how long, in s |",
        "| `--folder DIR` | none | look here; repeatable |",
        "| `--quiet` | off | say nothing |",
        "| `--list WORDS` | none | show them |",
        "| `--key TEXT`, or `OPENS_IT` | none | opens it |",
        "| `--user NAME` | required | whose it is |",
    ]


def test_of_a_required_group_one_must_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    either = (Option("--name", "by name"), Option("--file", "by file"))
    group = OptionGroup("", either, exclusive=True, required=True)
    choice = OptionParser(prog="x", groups=[group])
    assert choice.read(["--file", "a"]).file == "a"
    for line in ([], ["--name", "a", "--file", "b"]):
        with pytest.raises(SystemExit):
            choice.read(line)
    said = capsys.readouterr().err
    assert "one of the arguments --name --file is required" in said
    assert "not allowed with argument" in said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--patience-mib x", "a whole number from 1 to 9 expected, got 'x'"),
        ("--patience-mib 10", "a whole number from 1 to 9 expected, got '10'"),
        ("--shade blue", "one of light, dark expected, got 'blue'"),
        ("--wait x", "seconds above 0, up to 60, expected, got 'x'"),
        ("--wait nan", "seconds above 0, up to 60, expected, got 'nan'"),
        ("--wait 0", "seconds above 0, up to 60, expected, got '0'"),
        ("--user me --shad", "expected one argument"),
        ("--user me --qiet", "unrecognized arguments: --qiet (did you mean --quiet?)"),
        ("--user me --foldr=a", "--foldr=a (did you mean --folder?)"),
        ("--user me srve", "unrecognized arguments: srve (did you mean serve?)"),
        ("--user me --zzzzzz", "unrecognized arguments: --zzzzzz\n"),
        ("", "the following arguments are required: --user"),
    ],
)
def test_a_wrong_command_line_says_what_was_expected_and_exits_with_2(
    line: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parser(*ROWS).read(line.split())
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_of_an_exclusive_group_one_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    rows = (Option("--one", "1", switch=True), Option("--two", "2", switch=True))
    reader = OptionParser(groups=[OptionGroup("ends", rows, exclusive=True)])
    assert reader.read(["--one"]).one
    with pytest.raises(SystemExit):
        reader.read(["--one", "--two"])
    assert "not allowed with argument" in capsys.readouterr().err


def test_zero_seconds_are_taken_where_the_row_says_so() -> None:
    assert seconds(60, zero=True)("0") == 0

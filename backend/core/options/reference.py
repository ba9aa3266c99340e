"""The options of a command as a table of the documentation."""

from __future__ import annotations

from collections.abc import Iterable

from backend.core.options.option import Option, OptionGroup


def options_table(groups: Iterable[OptionGroup]) -> str:
    """The options, their defaults and what they do, as a table in Markdown."""
    rows = [_row(option) for group in groups for option in group.options]
    return "\n".join(["| option | default | |", "|---|---|---|", *rows, ""])


def _row(option: Option) -> str:
    value = option.metavar if option.choices is None else "|".join(option.choices)
    usage = f"`{option.flag} {value}`" if value and not option.switch else f"`{option.flag}`"
    if option.environment:
        usage += f", or `{option.environment}`"
    about = option.help
    about += f", in {option.unit}" if option.unit else ""
    about += "; repeatable" if option.repeatable else ""
    cells = (usage, option.shown_default or _absent(option), about)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _absent(option: Option) -> str:
    if option.required:
        return "required"
    return "off" if option.switch else "none"

"""Nothing is too long to be read in one go: functions under 60 lines, files under 400."""

from __future__ import annotations

import ast
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_FILE_UNDER, _FUNCTION_UNDER = 400, 60
_GENERATED = _ROOT / "backend" / "wire" / "generated"

# What was longer when these limits came, and may not grow. Entries go, none comes.
_LONGER_FILES: dict[str, int] = {}
_LONGER_FUNCTIONS: dict[str, int] = {}


def _modules() -> dict[str, str]:
    """The text of every module of the program and of the scripts behind make, by its path."""
    paths = [_ROOT / "main.py"]
    for top in ("backend", "gui", ".ci"):
        paths += sorted((_ROOT / top).rglob("*.py"))
    return {
        path.relative_to(_ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in paths
        if _GENERATED not in path.parents
    }


def _functions(node: ast.AST, outer: str = "") -> dict[str, int]:
    """The lines of every function in a node, by its name with those it stands in."""
    lines: dict[str, int] = {}
    for child in ast.iter_child_nodes(node):
        name = outer
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{outer}.{child.name}".lstrip(".")
            if not isinstance(child, ast.ClassDef):
                lines[name] = (child.end_lineno or child.lineno) - child.lineno + 1
        lines |= _functions(child, name)
    return lines


def _too_long(lines: dict[str, int], under: int) -> dict[str, int]:
    return {name: count for name, count in lines.items() if count >= under}


def _assert_within(long: dict[str, int], allowed: dict[str, int]) -> None:
    grown = {name: count for name, count in long.items() if count > allowed.get(name, 0)}
    assert not grown, f"too long, divide them: {grown}"
    short = allowed.keys() - long.keys()
    assert not short, f"short enough now, delete their entries in this test: {sorted(short)}"


def test_every_file_is_under_400_lines() -> None:
    lines = {path: len(text.splitlines()) for path, text in _modules().items()}
    _assert_within(_too_long(lines, _FILE_UNDER), _LONGER_FILES)


def test_every_function_is_under_60_lines() -> None:
    lines = {
        f"{path}:{name}": count
        for path, text in _modules().items()
        for name, count in _functions(ast.parse(text)).items()
    }
    _assert_within(_too_long(lines, _FUNCTION_UNDER), _LONGER_FUNCTIONS)

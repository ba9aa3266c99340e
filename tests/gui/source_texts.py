"""What the sources of ``gui`` show: the texts for the catalogues, and those that escape them."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
GUI = ROOT / "gui"

_TERMINAL = (
    "options.py",
    "window_options.py",
    "platform.py",
    "picture_run.py",
    "crash.py",
    "diagnostics.py",
    "made_of.py",
    "qt_messages.py",
)
"""Modules of gui/shell that write to a terminal or into a report, in English as the commands do,
or read what others have written."""
_MECHANISM = ("language.py", "po_file.py")
_DEVICES = GUI / "devices"
"""Sources like those of the backend, with messages in English like theirs."""
_SHOWN_BY = re.compile(
    r"set(Text|ToolTip|WindowTitle|PlaceholderText|Title|StatusTip|WhatsThis|LabelText|HeaderLabels"
    r"|AccessibleName|AccessibleDescription|SpecialValueText|Prefix|Suffix|TabText|TabToolTip)"
    r"|add(Action|Menu|Item|Items|Tab|Row|Section)|insert(Item|Tab)|draw(Text|_message)"
    r"|Q(Label|PushButton|ToolButton|CheckBox|RadioButton|GroupBox|Action|Menu|DockWidget)"
    r"|Command|Notice|Alert|ToastAction|EmptyMessage|SlotText|ModelOffer|SourceOffer"
)
_NOT_SHOWN_BY = re.compile(
    r"tr|marked|count|setProperty|setObjectName|setStyleSheet|findChild|findChildren|getLogger"
    r"|property|debug|info|warning|error|exception|namedtuple|Template|native_keys|join|replace"
)
_NO_TEXTS = {"Command": (0, 3), "SourceOffer": (0,), "Alert": (0,), "SlotText": (2,)}
"""Positions of arguments that are ids, menus (declared elsewhere) and levels."""
_LIKE_TEXT = re.compile(r"[^\W\d_]{2,}[,;:]? +[^\W\d_]{2,}|\W*[A-Z][a-z]{2,}")
_WORD = re.compile(r"[^\W\d_]{2,}")
_KEYS = re.compile(r"((Ctrl|Shift|Alt|Meta)\+)+.*|Space|Esc|Return|Enter")
_STYLE = re.compile(r"[a-z-]+: ?[^;]*;?|.*[{}].*|'?; ?[a-z-]+: ?", re.DOTALL)
_FILES = re.compile(r"(\*?\.\w+ ?)+|[\w-]+\.\w+")
_UNITS = frozenset({"ms", "Hz", "MiB", "KiB", "MB", "kB", "dBFS", "fps"})
_NAMES = frozenset(
    {
        "Python requests",
        "Python grpc",
        "Open Inference",
        "Inferdeck",
        "Fusion",
        "TLS",
        "REST",
        "gRPC",
    }
    | {
        "http",
        "https",
        "json",
        "binary",
        "typed",
        "raw",
        "jpeg",
        "png",
        "gzip",
        "curl",
        "grpcurl",
        "tritonclient",
    }
)
"""Names and words of the protocols, which are the same in every language."""
_ENGLISH = frozenset({"The layout", ", Python"})
"""Of errors about a file's content and of crash reports, in English as the backend's are."""


@cache
def texts_script() -> ModuleType:
    """``.ci/texts.py`` as a module; the folder is no package."""
    spec = importlib.util.spec_from_file_location("ci_texts", ROOT / ".ci" / "texts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@cache
def known_texts() -> frozenset[str]:
    """Every text that a catalogue has."""
    return frozenset(
        text
        for found in texts_script().source_texts()
        for text in (found.text, found.plural)
        if text
    )


def modules() -> Iterator[Path]:
    """The modules whose texts people see in the window."""
    for path in sorted(GUI.rglob("*.py")):
        if path.name not in (*_TERMINAL, *_MECHANISM) and _DEVICES not in path.parents:
            yield path


def untranslated(source: str) -> list[tuple[int, str]]:
    """Line and text of each literal that is shown as it stands, and of each `self.tr`."""
    finder = _Finder()
    finder.visit(ast.parse(source))
    return finder.found


def formatted_numbers(source: str) -> list[tuple[int, str]]:
    """Line and text of each number with decimals that Python writes, always with a point."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            spec = "".join(
                str(part.value)
                for part in ast.walk(node.format_spec)
                if isinstance(part, ast.Constant)
            )
            if re.search(r"[,feg%]", spec):
                found.append((node.lineno, ast.unparse(node)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if re.search(r"\{\w*:[^}]*[,feg%]\}", node.value):
                found.append((node.lineno, node.value))
        elif isinstance(node, ast.alias) and node.name == "mebibytes":
            found.append((node.lineno, node.name))
    return found


class _Finder(ast.NodeVisitor):
    """Goes through a module and leaves out what is not for people."""

    def __init__(self) -> None:
        self.found: list[tuple[int, str]] = []
        self._shown = False

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # docstrings
            self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        """Errors of ours are for maintainers, or use `tr` where the window shows them."""

    def visit_Assert(self, node: ast.Assert) -> None:
        """As for an error."""

    def visit_Assign(self, node: ast.Assign) -> None:
        if not any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_arg(self, node: ast.arg) -> None:
        """An annotation may be a text."""

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg not in ("aliases", "keys"):
            self.visit(node.value)

    def visit_Compare(self, node: ast.Compare) -> None:
        """What is compared is not shown."""

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        name = node.func.id if isinstance(node.func, ast.Name) else name
        if name == "tr" and isinstance(node.func, ast.Attribute):
            self.found.append((node.lineno, ast.unparse(node)))
        self.visit(node.func)
        before = self._shown
        if _NOT_SHOWN_BY.fullmatch(name):
            # The values for a text's placeholders are shown with it.
            for keyword in node.keywords if name in ("tr", "count") else ():
                self.visit(keyword)
            return
        self._shown = bool(_SHOWN_BY.fullmatch(name))
        for place, argument in enumerate((*node.args, *node.keywords)):
            if place not in _NO_TEXTS.get(name, ()):
                self.visit(argument)
        self._shown = before

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and self._is_text(node.value):
            self.found.append((node.lineno, node.value))

    def _is_text(self, text: str) -> bool:
        stripped = text.strip()
        words = set(_WORD.findall(text))
        if stripped in _NAMES | _ENGLISH or words <= _UNITS:
            return False
        if any(form.fullmatch(stripped) for form in (_KEYS, _STYLE, _FILES)):
            return False
        return bool(_LIKE_TEXT.match(stripped) or (self._shown and words))

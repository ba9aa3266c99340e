"""The tree itself: what is in it, what must not be, and that its documents tell the truth."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_ROOT = Path(__file__).resolve().parents[1]
_TOP_LEVEL = {
    ".ci",
    ".editorconfig",
    ".gitignore",
    ".pre-commit-config.yaml",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "assets",
    "backend",
    "docs",
    "gui",
    "main.py",
    "protos",
    "pyproject.toml",
    "requirements-dev.txt",
    "requirements-ray.txt",
    "requirements.txt",
    "tests",
    "training",
}
_LARGEST_BYTES = 1024 * 1024
# Written so that this file does not hold what it looks for.
_REGISTRY_HOST = re.compile(r"index[-]url|pypi[.]org|pythonhosted[.]org|registry[.]npmjs")
_MACHINE_PATH = re.compile(
    r"(^|[^A-Za-z0-9_.])/(w[o]rk|f[a]rm|r[o]ot|t[m]p)/[A-Za-z.]|file:/{3}o[p]t"
)


def _tracked() -> list[Path]:
    """The files of the project: what git tracks, or in an unpacked tree what is not ignored."""
    git = shutil.which("git")
    if git and (_ROOT / ".git").exists():
        listing = subprocess.run(
            [git, "-C", str(_ROOT), "ls-files", "-z"], capture_output=True, text=True, check=True
        ).stdout
        files = [_ROOT / name for name in listing.split("\0") if name]
    else:
        files = [path for top in _TOP_LEVEL for path in _files_under(_ROOT / top)]
    return [path for path in files if path.is_file()]


def _files_under(top: Path) -> list[Path]:
    if not top.is_dir():
        return [top]
    return [path for path in top.rglob("*") if "__pycache__" not in path.parts]


def _text_lines() -> list[tuple[str, str]]:
    """Every line of every text file with the place it stands at."""
    lines = []
    for path in _tracked():
        content = path.read_bytes()
        if b"\0" in content or path.suffix == ".svg":
            continue
        place = path.relative_to(_ROOT)
        for number, line in enumerate(content.decode("utf-8").splitlines(), start=1):
            lines.append((f"{place}:{number}", line))
    return lines


def _names_in(lock: str) -> set[str]:
    text = (_ROOT / lock).read_text(encoding="utf-8")
    return {
        canonicalize_name(name) for name in re.findall(r"(?m)^([\w.-]+)(?:\[[\w,-]+\])?==", text)
    }


def _project() -> dict[str, object]:
    return tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _required(entries: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(entry).name) for entry in entries}


def test_the_top_level_holds_only_what_was_agreed() -> None:
    found = {path.relative_to(_ROOT).parts[0] for path in _tracked()}
    assert found <= _TOP_LEVEL, f"unexpected: {sorted(found - _TOP_LEVEL)}"


def test_no_file_is_larger_than_a_mebibyte() -> None:
    large = [path.name for path in _tracked() if path.stat().st_size > _LARGEST_BYTES]
    assert not large


def test_no_leftovers_of_merging_are_in_it() -> None:
    assert not [path for path in _tracked() if path.suffix in (".orig", ".rej", ".bak")]


def test_no_file_names_a_package_registry() -> None:
    assert not [place for place, line in _text_lines() if _REGISTRY_HOST.search(line)]


def test_no_file_holds_a_path_of_somebodys_machine() -> None:
    assert not [place for place, line in _text_lines() if _MACHINE_PATH.search(line)]


def test_every_dependency_is_locked() -> None:
    project = _project()["project"]
    assert isinstance(project, dict)
    assert _required(project["dependencies"]) <= _names_in("requirements.txt")


def test_the_extra_is_locked_apart_with_the_same_pins() -> None:
    project = _project()["project"]
    assert isinstance(project, dict)
    assert _required(project["optional-dependencies"]["ray"]) <= _names_in("requirements-ray.txt")
    assert _pins("requirements.txt") <= _pins("requirements-ray.txt")
    shared = {pin.partition("==")[0] for pin in _pins("requirements-dev.txt")}
    ray = {pin for pin in _pins("requirements-ray.txt") if pin.partition("==")[0] in shared}
    assert ray <= _pins("requirements-dev.txt")


def test_every_development_dependency_is_locked() -> None:
    groups = _project()["dependency-groups"]
    assert isinstance(groups, dict)
    assert _required(groups["dev"]) <= _names_in("requirements-dev.txt")


def test_every_package_the_program_imports_is_declared() -> None:
    project = _project()["project"]
    assert isinstance(project, dict)
    extras = project["optional-dependencies"]
    declared = _required(project["dependencies"]) | _required(extras["ray"])
    providers = {"ray": ["ray"], **packages_distributions()}
    undeclared = {
        name
        for name in _imported_by_the_program() - sys.stdlib_module_names - {"backend", "gui"}
        if not declared & {canonicalize_name(provider) for provider in providers.get(name, [])}
    }
    assert not undeclared


def test_what_only_training_imports_is_declared_apart_and_never_by_the_program() -> None:
    program = _imported_by_the_program()
    apart = _imported(lambda top: top == "training") - program - sys.stdlib_module_names
    extra = (_ROOT / "training" / "requirements.txt").read_text(encoding="utf-8")
    named = set(re.findall(r"(?m)^([a-z]+)", extra))
    assert apart - {"backend", "training"} == named
    assert not program & (named | {"training"})


def _imported_by_the_program() -> set[str]:
    return _imported(lambda top: top not in ("tests", ".ci", "training", "assets"))


def _imported(wanted: Callable[[str], bool]) -> set[str]:
    """Top-level names that the files of these folders import."""
    names: set[str] = set()
    for path in _tracked():
        if path.suffix != ".py" or not wanted(path.relative_to(_ROOT).parts[0]):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.partition(".")[0])
    return names


def test_the_development_lock_extends_the_runtime_lock_with_the_same_pins() -> None:
    assert _pins("requirements.txt") <= _pins("requirements-dev.txt")


def _pins(lock: str) -> set[str]:
    """Names and versions only: what else a lock holds may want a package elsewhere, with extras."""
    text = (_ROOT / lock).read_text(encoding="utf-8")
    pins = re.findall(r"(?m)^([^\s\[=]+)(?:\[\S+\])?(==[^\s;]+)", text)
    return {name + version for name, version in pins}  # extras differ from lock to lock


@pytest.mark.parametrize(
    "lock", ["requirements.txt", "requirements-dev.txt", "requirements-ray.txt"]
)
def test_every_pin_of_a_lock_has_hashes(lock: str) -> None:
    blocks = re.split(r"(?m)^(?=\S+==)", (_ROOT / lock).read_text(encoding="utf-8"))[1:]
    assert blocks
    assert not [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block]


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_every_make_target_a_document_names_exists(document: str) -> None:
    text = (_ROOT / document).read_text(encoding="utf-8")
    makefile = (_ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE))
    assert "test" in named
    assert named <= set(re.findall(r"(?m)^([a-z-]+):", makefile))


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "docs/architecture.md"])
def test_every_file_a_document_links_to_exists(document: str) -> None:
    path = _ROOT / document
    text = path.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    assert links
    assert not [link for link in links if not (path.parent / link).is_file()]


def test_every_make_target_is_in_the_help(program: Callable[[str], str]) -> None:
    makefile = (_ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"(?m)^([a-z-]+):(?! ?=)", makefile)
    done = subprocess.run(
        [program("make"), "-s", "-C", str(_ROOT), "help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line.split()[0] for line in done.stdout.splitlines()] == targets


def test_the_quick_tests_exist(program: Callable[[str], str]) -> None:
    command = [program("make"), "-n", "-C", str(_ROOT), "quick"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    named = re.findall(r" (tests/\S+)", done.stdout)
    assert named
    assert not [name for name in named if not (_ROOT / name).exists()]


@pytest.mark.parametrize("document", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_every_module_and_path_a_document_names_exists(document: str) -> None:
    """Paths, modules with their names, and classes; what a reader would look for in the tree."""
    text = (_ROOT / document).read_text(encoding="utf-8")
    named = set(re.findall(r"`([^`\n]+)`", re.sub(r"(?s)```.*?```", "", text)))
    paths = {name for name in named if re.fullmatch(r"[\w.-]+(/[\w.-]+)+/?", name)}
    modules = {name for name in named if re.fullmatch(r"(backend|gui|tests)(\.\w+)*", name)}
    classes = {name for name in named if re.fullmatch(r"([A-Z][a-z]+){2,}", name)}
    assert len(paths) + len(modules) > 5
    assert not [path for path in paths if not (_ROOT / path).exists()]
    assert not [name for name in modules if not _is_in_the_tree(name)]
    program = [path for top in ("backend", "gui") for path in (_ROOT / top).rglob("*.py")]
    assert classes <= set().union(*map(_names_of, program))


def _is_in_the_tree(dotted: str) -> bool:
    """Whether it is a package, a module, or a name that one of them defines or exports."""
    place, *names = dotted.split(".")
    path = _ROOT / place
    while names and (path / names[0]).is_dir():
        path /= names.pop(0)
    if names and (path / f"{names[0]}.py").is_file():
        module = path / f"{names.pop(0)}.py"
    else:
        module = path / "__init__.py"
    if not names:
        return module.is_file()
    return len(names) == 1 and module.is_file() and names[0] in _names_of(module)


def _names_of(module: Path) -> set[str]:
    """What it defines or imports at its top."""
    names: set[str] = set()
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.ImportFrom):
            names.update(alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names.update(target.id for target in targets if isinstance(target, ast.Name))
    return names


def test_the_changelog_has_a_place_for_what_comes_next() -> None:
    changelog = (_ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"(?m)^## \[Unreleased\]$", changelog)


def test_every_module_says_what_it_is_for() -> None:
    modules = [
        path
        for path in _tracked()
        if path.suffix == ".py"
        and path.relative_to(_ROOT).parts[0] in ("backend", "gui", "main.py", ".ci")
        and _ROOT / "backend" / "wire" / "generated" not in path.parents
    ]
    assert modules
    assert not [
        str(path.relative_to(_ROOT))
        for path in modules
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]


def test_nothing_new_is_raised_where_a_group_is_caught() -> None:
    """Before Python 3.11.4 what is raised within ``except*`` comes out in a group."""
    assert not [
        f"{path.relative_to(_ROOT)}:{node.lineno}"
        for path in _tracked()
        if path.suffix == ".py"
        for group in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(group, ast.TryStar)
        for handler in group.handlers
        for node in ast.walk(handler)
        if isinstance(node, ast.Raise) and node.exc is not None
    ]


def test_the_ci_script_can_be_run() -> None:
    script = _ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert script.read_text(encoding="utf-8").startswith("#!/usr/bin/env bash\n")


def test_every_promise_names_tests_that_exist() -> None:
    page = (_ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    promises = re.findall(r"(?m)^\| .+ \|.*\| (`tests/.+`) \|$", page)
    assert len(promises) > 50
    for named in promises:
        for path in re.findall(r"`([^`]+)`", named):
            assert (_ROOT / path).is_file(), path

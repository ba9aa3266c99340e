"""The page about the gallery lists the models that it has, and the settings that hold."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec

from backend.core.defaults import DOWNLOAD_STALL_S, SPEED_TIME_LIMIT_S
from backend.core.errors import mebibytes
from backend.gallery import GalleryList, Task, read_catalogue, size_of
from backend.gallery.entry import GalleryEntry, GitHubSource, NpmSource
from backend.gallery.fetching import LEAST_BYTES
from backend.gallery.speed_child import LONGEST_S, MOST_RUNS
from backend.gallery.web import MOST_REDIRECTS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "models.md").read_text(encoding="utf-8")
CATALOGUE = read_catalogue()


def table() -> str:
    rows = ["| name | what it does | size | licence | from |", "|---|---|---|---|---|"]
    for entry in CATALOGUE.values():
        demo = " (demo)" if GalleryList.DEMO in entry.lists else ""
        origins = "; ".join(entry.origins) or " and ".join(f"`{name}`" for name in entry.needs)
        whole = CATALOGUE.whole(entry.name)
        rows.append(
            f"| `{entry.name}`{demo} | {entry.summary} | {mebibytes(size_of(whole))} | "
            f"{entry.licence} | {origins} |"
        )
    return "\n".join(rows)


def test_the_page_lists_every_model() -> None:
    listed = PAGE.split("<!-- models -->\n")[1].split("\n<!-- end -->")[0]
    assert listed == table(), f"Put this between the marks in docs/models.md:\n{table()}"


def test_the_page_says_how_fast_every_model_is() -> None:
    listed = PAGE.split("<!-- speed -->\n")[1].split("\n<!-- end -->")[0]
    names = [line.split("`")[1] for line in listed.splitlines() if line.startswith("| `")]
    assert names == list(CATALOGUE), "python -m tests.benchmarks.gallery_models writes it"


def test_the_page_shows_an_entry_that_can_be_read() -> None:
    shown = PAGE.split("```toml\n")[1].split("```")[0]
    entry = msgspec.convert(tomllib.loads(shown), GalleryEntry)
    assert entry.files == CATALOGUE["blazeface"].files


def test_the_page_names_every_task_and_limit() -> None:
    page = " ".join(PAGE.split())
    assert not [task.value for task in Task if task.value not in page]
    for words in (
        f"less than {LEAST_BYTES // 1024} KiB in {DOWNLOAD_STALL_S:g} s",
        f"ends after {SPEED_TIME_LIMIT_S:g} s at the latest",
        f"up to {MOST_RUNS} times within {LONGEST_S:g} s",
    ):
        assert words in page
    assert MOST_REDIRECTS == 5
    assert "five redirects" in page


def test_the_page_names_every_host() -> None:
    sources = [file.source for entry in CATALOGUE.values() for file in entry.files]
    urls = [one.url for one in sources if isinstance(one, GitHubSource | NpmSource)]
    for url in urls:
        assert url.split("/")[2] in PAGE

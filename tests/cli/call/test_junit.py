"""What came of a collection as JUnit XML."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from xml.etree import ElementTree as ET

from backend.cli.call.junit import junit_text
from backend.core.conditions import VIOLATED
from backend.inspector.collections import Entry, Finding, Outcome


def entry(path: str) -> Entry:
    return Entry(PurePosixPath(path), Path(f"{path}.toml"))


def test_checks_are_failures_and_what_was_not_answered_an_error() -> None:
    wrong = Finding("status", '== "OK"', "<\x00NOT_FOUND>", ok=False)
    text = junit_text(
        "requests",
        [
            (entry("health/deep/Live"), Outcome()),
            (entry("Found"), Outcome(findings=(wrong,), exit_code=VIOLATED, error="Gone.")),
            (entry("Lost"), Outcome(findings=(wrong,), exit_code=3, error="Nobody is there.")),
        ],
    )
    suite = ET.fromstring(text)[0]
    assert suite.attrib == {
        "name": "requests",
        "tests": "3",
        "failures": "1",
        "errors": "1",
        "time": "0.000000",
    }
    cases = [(case.get("classname"), case.get("name"), [one.tag for one in case]) for case in suite]
    assert cases == [
        ("health.deep", "Live", []),
        ("requests", "Found", ["failure"]),
        ("requests", "Lost", ["error"]),
    ]
    said = 'status: expected == "OK", got <\ufffdNOT_FOUND>'
    assert (suite[1][0].get("message"), suite[1][0].text) == (said, f"{said}\nGone.")
    assert suite[2][0].text == "Nobody is there."

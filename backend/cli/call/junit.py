"""What came of a collection as JUnit XML, which build servers show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from backend.core.conditions import VIOLATED
from backend.inspector.collections import Entry, Outcome

_NOT_XML = re.compile(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_text(name: str, outcomes: Sequence[tuple[Entry, Outcome]]) -> str:
    """A suite with a case for each request; times are in seconds.

    A check that does not hold is a failure, a request that was not sent or answered an error.
    """
    suites = ET.Element("testsuites")
    suite = ET.SubElement(suites, "testsuite", name=_plain(name))
    failures = errors = 0
    for entry, outcome in outcomes:
        case = ET.SubElement(
            suite,
            "testcase",
            name=_plain(entry.name),
            classname=_plain(".".join(entry.path.parent.parts) or name),
            time=f"{_seconds(outcome):.6f}",
        )
        wrong = [one for one in outcome.findings if not one.ok]
        if outcome.ok:
            continue
        if outcome.exit_code == VIOLATED:
            failures += 1
            lines = [f"{one.what}: expected {one.expected}, got {one.got}" for one in wrong]
            _tell(case, "failure", "\n".join([*lines, outcome.error]).strip())
        else:
            errors += 1
            _tell(case, "error", outcome.error)
    suite.set("tests", str(len(outcomes)))
    suite.set("failures", str(failures))
    suite.set("errors", str(errors))
    suite.set("time", f"{sum(_seconds(outcome) for _, outcome in outcomes):.6f}")
    ET.indent(suites)
    text = ET.tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _tell(case: ET.Element, kind: str, words: str) -> None:
    words = _plain(words)
    ET.SubElement(case, kind, message=words.partition("\n")[0]).text = words


def _seconds(outcome: Outcome) -> float:
    return outcome.exchange.total_ns / 1e9 if outcome.exchange is not None else 0.0


def _plain(text: str) -> str:
    """Without what XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)

"""The dialogs about targets, as they are opened from the window."""

from __future__ import annotations

import json
from pathlib import Path

from backend.core.choices import EMBEDDED
from tests.gui.shell_stage import Stage


def test_targets_are_added_edited_copied_deleted_and_brought_back(
    stage: Stage, tmp_path: Path
) -> None:
    dialogs, saved = stage.targets.dialogs, stage.targets.saved
    stage.window.commands.run("target.list")
    assert dialogs.list is not None
    dialogs.list.add.click()
    assert dialogs.form is not None
    dialogs.form.addresses.rest.setText("lab:8000")
    dialogs.form.addresses.name.setText("Lab")
    dialogs.form.use_button.click()
    assert [target.name for target in saved.targets] == [EMBEDDED, "Lab"]
    assert stage.live.switches.current.target.rest == "http://lab:8000"
    dialogs.list.select("Lab")
    dialogs.list.duplicate.click()
    names = [target.name for target in saved.targets]
    assert names[:2] == [EMBEDDED, "Lab"]
    assert names[2] == "Lab 2"
    stage.targets.controller.engine.store.export_file(tmp_path / "targets.json")
    assert len(json.loads((tmp_path / "targets.json").read_text())["targets"]) == len(names) - 1
    dialogs.list.select("Lab 2")
    dialogs.list.delete.click()
    assert "Lab 2" not in [target.name for target in saved.targets]
    dialogs.list.select(EMBEDDED)
    assert not dialogs.list.edit.isEnabled()
    assert "inside this window" in dialogs.list.edit.toolTip()
    dialogs.list.reject()

"""Using a model that another page names: target, source, model and run in one step."""

from __future__ import annotations

from dataclasses import replace

from backend.core.choices import EMBEDDED
from backend.core.samples import MediaKind
from backend.core.target import Target
from gui.state.run_control import Phase
from tests.gui.shell_stage import Stage, begin


def use(stage: Stage, model: str, kind: MediaKind) -> None:
    stage.live._workspace.navigator.use_model(model, kind)


def test_a_model_that_fits_the_source_is_streamed_to_at_once(stage: Stage) -> None:
    stage.server_control.start()
    use(stage, "identity", MediaKind.IMAGE)
    assert stage.live.run.phase is Phase.RUNNING
    assert stage.session.settings.model == "identity"
    assert stage.session.source.info.kind is MediaKind.IMAGE
    assert stage.window.deck.front == "live"


def test_a_run_that_is_on_goes_on_with_the_model(stage: Stage) -> None:
    session = begin(stage)
    use(stage, "identity", MediaKind.IMAGE)
    assert stage.sessions == [session]
    settings, source = session.changes[-1]
    assert settings is not None
    assert settings.model == "identity"
    assert source is None


def test_a_model_that_takes_something_else_gets_a_source_that_opens_no_device(
    stage: Stage,
) -> None:
    stage.server_control.start()
    use(stage, "pitch", MediaKind.AUDIO)
    switches = stage.live.switches.current
    assert (switches.source, switches.model) == ("tone", "pitch")
    assert stage.session.source.info.kind is MediaKind.AUDIO
    assert stage.session.settings.model == "pitch"
    titles = [notice.title for notice in stage.window.toasts.shown]
    assert any(title.startswith("Source changed to") for title in titles)
    use(stage, "shapes", MediaKind.IMAGE)
    assert stage.live.switches.current.source == "pattern"


def test_the_last_source_of_that_kind_is_used_again(stage: Stage) -> None:
    stage.server_control.start()
    stage.live.sources.choose("sweep")
    stage.live.sources.choose("pattern")
    use(stage, "pitch", MediaKind.AUDIO)
    assert stage.live.switches.current.source == "sweep"


def test_another_server_is_left_for_our_own(stage: Stage) -> None:
    stage.server_control.start()
    other = Target("lab", grpc="127.0.0.1:9")
    stage.live.switches.choose(replace(stage.live.switches.current, target=other, model="theirs"))
    use(stage, "identity", MediaKind.IMAGE)
    current = stage.live.switches.current
    assert (current.target.name, current.model) == (EMBEDDED, "identity")

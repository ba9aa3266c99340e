"""The chosen target: who answers there, what it can do, and how its models are fed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from backend.clients.control.client import ServerControlClient
from backend.clients.control.listings import ModelListing
from backend.clients.dialects.known import dialect_for
from backend.clients.faults.preflight import Speech
from backend.clients.probe.report import AddressReport, ProbeReport
from backend.core.choices import EMBEDDED, Api, Compression, ImageEncoding, Serialization, Transport
from backend.core.description import ModelDescription
from backend.core.errors import ConsoleError, NotFound, TargetFault, TargetUnreachable
from backend.core.samples import MediaKind
from backend.core.status import Alert, RunState, Severity
from backend.core.target import Credentials, Dialect, Target, Tls
from backend.core.tensors import Datatype, TensorSpec
from backend.profiles.book import ProfileBook, ProfileOrigin
from backend.profiles.bundled import BUNDLED
from backend.targets.secrets import Secrets
from backend.targets.store import TargetStore
from gui.state.limits import SwitchLimits
from gui.state.models.offers import ModelOffer
from gui.state.settings import Settings, SettingsStore, from_json, to_json
from gui.state.switches import Switches
from gui.targets.catalogue import TargetCatalogue
from gui.targets.engine import TargetEngine
from gui.targets.fault_actions import secured, swapped
from gui.targets.model_offers import foreign_offers, model_to_begin_with
from gui.targets.saved import chosen_target, fit_name, moved_into_store
from gui.widgets.padlock import padlock_of
from tests.gui.inline_tasks import InlineTasks
from tests.gui.shell_fakes import SOURCES, FakeSession
from tests.gui.shell_stage import Stage, begin

LAB = Target("Lab", "http://127.0.0.1:9", "127.0.0.1:9")
PICTURE = TensorSpec("images", Datatype.FP32, (1, 3, 64, 64))
SCORES = TensorSpec("scores", Datatype.FP32, (1, 10))


def report(target: Target, dialect: Dialect = Dialect.TRITON, **changes: Any) -> ProbeReport:
    """What a probe of a well server finds."""
    rules = dialect_for(dialect)
    found = ProbeReport(
        target=target,
        rest=AddressReport(target.rest, Speech.HTTP, tls=False, latency_ms=1.0),
        grpc=AddressReport(target.grpc, Speech.GRPC, tls=False, latency_ms=1.0),
        server_name=rules.server_names[0],
        version="1",
        dialect=dialect,
        rules=rules,
        extensions=(),
        models=(ModelListing("faces", "1", "READY"), ModelListing("net", "1", "READY")),
        binary=None,
        reflection=False,
        health=True,
        sentence=f"{rules.title} 1",
        details=(),
        fixes=(),
    )
    return replace(found, **changes)


@dataclass
class Server:
    """A server of someone else, as far as it is asked."""

    models: dict[str, ModelDescription] = field(default_factory=dict)
    dialect: Dialect = Dialect.TRITON
    down: bool = False
    probes: int = 0

    def probe(self, target: Target) -> ProbeReport:
        self.probes += 1
        if self.down:
            fault = TargetUnreachable("Nothing answers.", fault=TargetFault.REFUSED)
            door = AddressReport(target.rest, Speech.NOTHING, fault=fault)
            return report(target, self.dialect, rest=door, grpc=door, models=None)
        listed = tuple(ModelListing(name, "1", "READY") for name in self.models)
        return report(target, self.dialect, models=listed)

    def control(self, _target: Target) -> ServerControlClient:
        return cast("ServerControlClient", _Control(self))


@dataclass
class _Control:
    server: Server

    def model_metadata(self, name: str) -> ModelDescription:
        if name not in self.server.models:
            raise NotFound(f"There is no model {name}.")
        return self.server.models[name]

    def model_config(self, _name: str) -> dict[str, Any]:
        return {}

    def close(self) -> None:
        return None


@pytest.fixture
def server() -> Server:
    """One with a net for pictures, and one that only bears the name of a model of ours."""
    return Server(
        {
            "net": ModelDescription("net", (PICTURE,), (SCORES,)),
            "faces": ModelDescription("faces", (PICTURE,), (SCORES,)),
        }
    )


@pytest.fixture
def engine(server: Server, tmp_path: Path) -> TargetEngine:
    """Asks that server."""
    book = ProfileBook(tmp_path / "profiles")
    return TargetEngine(TargetStore(None, Secrets()), book, server.probe, server.control)


@pytest.fixture
def catalogue(engine: TargetEngine, qapp: QApplication) -> TargetCatalogue:
    """Asks at once."""
    del qapp
    return TargetCatalogue(engine, InlineTasks(), lambda target: target)


def settings_for(target: Target, model: str) -> Any:
    return replace(Switches(), target=target, model=model).run_settings(MediaKind.IMAGE)


def test_a_model_of_another_server_gets_a_guessed_profile(catalogue: TargetCatalogue) -> None:
    catalogue.aim(LAB, "net")
    profile = catalogue.profile_for(settings_for(LAB, "net"))
    assert profile.inputs == (PICTURE,)
    assert profile.kind is MediaKind.IMAGE
    choice = catalogue.choice("net")
    assert choice is not None
    assert choice.origin is ProfileOrigin.GUESSED


def test_a_bundled_name_elsewhere_follows_the_other_models_tensors(
    catalogue: TargetCatalogue,
) -> None:
    catalogue.aim(LAB, "faces")
    assert catalogue.profile_for(settings_for(LAB, "faces")).inputs == (PICTURE,)
    own = catalogue.profile_for(settings_for(Target(EMBEDDED), "faces"))
    assert own is BUNDLED["faces"]


def test_the_same_profile_stays_the_same_object(catalogue: TargetCatalogue) -> None:
    catalogue.aim(LAB, "net")
    before = catalogue.profile_for(settings_for(LAB, "net"))
    catalogue.refresh()
    assert catalogue.profile_for(settings_for(LAB, "net")) is before


def test_a_model_that_is_not_loaded_has_a_stand_in_until_it_is(
    catalogue: TargetCatalogue, server: Server
) -> None:
    catalogue.aim(LAB, "later")
    before = catalogue.profile_for(settings_for(LAB, "later"))
    assert (before.model, before.kind) == ("later", MediaKind.BYTES)
    server.models["later"] = ModelDescription("later", (PICTURE,), (SCORES,))
    catalogue.refresh()
    assert catalogue.profile_for(settings_for(LAB, "later")).inputs == (PICTURE,)


def test_who_is_not_there_is_asked_again(
    catalogue: TargetCatalogue, server: Server, qtbot: QtBot
) -> None:
    server.down = True
    catalogue.aim(LAB, "net")
    assert catalogue.error is not None
    assert catalogue.profile_for(settings_for(LAB, "net")).kind is MediaKind.BYTES
    catalogue._again.setInterval(10)
    catalogue.refresh()
    server.down = False
    qtbot.waitUntil(lambda: catalogue.error is None)
    assert catalogue.profile_for(settings_for(LAB, "net")).inputs == (PICTURE,)
    asked = server.probes
    qtbot.wait(60)
    assert server.probes == asked


def test_models_are_offered_with_what_they_take_and_where_that_is_known_from(
    catalogue: TargetCatalogue,
) -> None:
    catalogue.aim(LAB, "net")
    offers = {offer.name: offer for offer in foreign_offers(catalogue, "net")}
    assert list(offers) == ["net", "faces"]
    assert offers["net"].kind is MediaKind.IMAGE
    assert offers["net"].origin == "guessed profile"
    assert "NCHW" in offers["net"].description
    assert not offers["net"].blocked


def test_a_model_that_is_not_ready_says_why(qapp: QApplication, server: Server) -> None:
    del qapp
    listed = (ModelListing("net", "1", "UNAVAILABLE", "no graph"),)
    server.probe = lambda target: report(target, models=listed)  # type: ignore[method-assign]
    engine = TargetEngine(
        TargetStore(None, Secrets()), ProfileBook(Path("none")), server.probe, server.control
    )
    other = TargetCatalogue(engine, InlineTasks(), lambda target: target)
    other.aim(LAB, "x")
    assert foreign_offers(other, "x")[0].blocked == "net is not loaded. no graph."


def test_the_first_model_is_one_that_takes_what_the_source_gives() -> None:
    offers = (
        ModelOffer("any", MediaKind.BYTES),
        ModelOffer("ears", MediaKind.AUDIO),
        ModelOffer("eyes", MediaKind.IMAGE, blocked="It is not loaded."),
        ModelOffer("view", MediaKind.IMAGE),
    )
    assert model_to_begin_with(offers, "shapes", MediaKind.IMAGE) == "view"
    assert model_to_begin_with(offers, "shapes", MediaKind.AUDIO) == "ears"
    assert model_to_begin_with(offers, "eyes", MediaKind.IMAGE) == "eyes"
    assert model_to_begin_with((), "shapes", MediaKind.IMAGE) == "shapes"


# -- limits -------------------------------------------------------------------------------------


def test_what_a_dialect_cannot_do_is_refused_with_its_reason() -> None:
    kserve = SwitchLimits(LAB, report(LAB, Dialect.KSERVE))
    assert "KServe has no simple serving" in kserve.api(Api.SERVING)
    assert "no ModelStreamInfer" in kserve.transport(Transport.GRPC_STREAM)
    assert "compressed" in kserve.compression(Compression.GZIP, Transport.REST)
    assert kserve.compression(Compression.GZIP, Transport.GRPC) == ""
    assert kserve.transport(Transport.GRPC) == kserve.api(Api.OIP) == ""
    mlserver = SwitchLimits(LAB, report(LAB, Dialect.MLSERVER, binary=False))
    assert "MLServer takes no tensors" in mlserver.serialization(Serialization.BINARY)
    assert mlserver.serialization(Serialization.JSON) == ""


def test_nothing_is_refused_before_anybody_was_asked() -> None:
    limits = SwitchLimits(LAB)
    assert not any(limits.transport(transport) for transport in Transport)
    assert not any(limits.api(api) for api in Api)
    only_rest = SwitchLimits(replace(LAB, grpc=""))
    assert only_rest.transport(Transport.GRPC) == "Lab has no gRPC address."


def test_a_door_that_is_shut_is_refused() -> None:
    fault = TargetUnreachable("Nothing answers at 127.0.0.1:9.")
    shut = AddressReport(LAB.grpc, Speech.NOTHING, fault=fault)
    limits = SwitchLimits(LAB, report(LAB, grpc=shut))
    assert limits.transport(Transport.GRPC_STREAM) == fault.message
    assert limits.transport(Transport.REST) == ""


def test_pixels_as_numbers_are_not_sent_as_files(catalogue: TargetCatalogue) -> None:
    catalogue.aim(LAB, "net")
    choice = catalogue.choice("net")
    assert choice is not None
    limits = SwitchLimits(LAB, None, choice.profile)
    assert "JPEG is not sent" in limits.image(ImageEncoding.JPEG, Api.OIP)


def test_switches_are_fitted_to_what_a_server_has() -> None:
    wanted = Switches(LAB, api=Api.SERVING, compression=Compression.GZIP)
    fitted, reasons = SwitchLimits(LAB, report(LAB, Dialect.KSERVE)).fitted(wanted)
    assert (fitted.api, fitted.transport) == (Api.OIP, Transport.GRPC)
    assert len(reasons) == 2
    over_rest = replace(wanted, transport=Transport.REST)
    fitted, reasons = SwitchLimits(LAB, report(LAB, Dialect.MLSERVER, binary=False)).fitted(
        over_rest
    )
    assert fitted.rest_serialization is Serialization.JSON
    again, none = SwitchLimits(LAB, report(LAB, Dialect.MLSERVER, binary=False)).fitted(fitted)
    assert (again, none) == (fitted, ())


@pytest.mark.parametrize(
    ("change", "icon", "role"),
    [
        ({}, "unlocked", "text_muted"),
        ({"tls": Tls()}, "lock", "ok"),
        ({"tls": Tls(verify=False)}, "lock-warning", "warning"),
        (
            {"rest": "http://lab:8000", "grpc": "", "credentials": Credentials("${TOKEN}")},
            "unlocked",
            "warning",
        ),
    ],
)
def test_a_padlock_shows_how_safe_the_way_is(change: Any, icon: str, role: str) -> None:
    padlock = padlock_of(replace(LAB, **change))
    assert (padlock.icon, padlock.role) == (icon, role)
    assert padlock.text
    assert padlock_of(Target(EMBEDDED)).icon == ""


def test_remedies_change_a_target_as_they_say() -> None:
    target = Target("x", "http://h:8001", "h:8000")
    assert swapped(target) == Target("x", "http://h:8000", "h:8001")
    assert secured(target, Tls()) == replace(target, rest="https://h:8001", tls=Tls())
    assert secured(secured(target, Tls()), None) == target


# -- the window ---------------------------------------------------------------------------------


def use(stage: Stage, server: Server) -> None:
    """Let the window's engine ask this server."""
    desk = stage.targets.controller
    engine = replace(desk.engine, probe=server.probe, make_control=server.control)
    desk.engine = engine
    desk.catalogue._engine = engine


def test_a_run_goes_to_another_servers_models_and_follows_their_profiles(
    stage: Stage, server: Server
) -> None:
    use(stage, server)
    session = begin(stage)
    stage.targets.controller.choose(LAB)
    switches = stage.live.switches.current
    assert (switches.target, switches.model) == (LAB, "net")
    assert [offer.name for offer in stage.targets.controller.offers()] == ["net", "faces"]
    settings, _ = session.changes[-1]
    assert settings is not None
    assert (settings.target, settings.model) == (LAB, "net")
    assert "Triton has no simple serving" in stage.live.bar.api.blocked(Api.SERVING)
    stage.targets.controller.choose(Target(EMBEDDED))
    assert stage.live.switches.current.model == "shapes"
    assert stage.live.bar.api.blocked(Api.SERVING) == ""
    stage.targets.controller.choose(LAB)
    _refuse_and_take(stage, session)
    _save_and_reset_a_profile(stage, session)


def _save_and_reset_a_profile(stage: Stage, session: FakeSession) -> None:
    stage.targets.model_dialogs.open_profile()
    form = stage.targets.model_dialogs.profile
    assert form is not None
    before = len(session.changes)
    form.labels.setPlainText("cat\ndog")
    form.save.click()
    assert len(session.changes) > before
    settings = settings_for(LAB, "net")
    assert stage.targets.controller.catalogue.profile_for(settings).labels == ("cat", "dog")
    assert form.profile.labels == ("cat", "dog")
    book = stage.targets.controller.engine.book
    saved = book.saved("Lab", "net")
    assert saved is not None
    assert saved.labels == ("cat", "dog")
    form.reset.click()
    assert book.saved("Lab", "net") is None
    assert stage.targets.controller.catalogue.profile_for(settings).labels == ()
    form.reject()


def _refuse_and_take(stage: Stage, session: FakeSession) -> None:
    alert = Alert("request", Severity.ERROR, "Wrong shape.", "", TargetFault.WRONG_INPUT)
    session.now = replace(session.now, alerts=(alert,))
    stage.live.readout.refresh()
    assert "Wrong shape." in [notice.title for notice in stage.window.toasts.shown]
    titles = [action.title for action in stage.notifier.actions_for_fault(alert.fault)]
    assert titles == ["Edit the profile..."]
    session.now = replace(session.now, alerts=())
    stage.live.readout.refresh()
    assert "Wrong shape." not in [notice.title for notice in stage.window.toasts.shown]


def test_a_fault_has_a_remedy_only_where_it_can_be_mended(stage: Stage, server: Server) -> None:
    remedies = stage.targets.fault_actions
    for fault in TargetFault:
        titles = [action.title for action in remedies.of_fault(fault)]
        assert not any("TLS" in title or "target" in title or "wap" in title for title in titles)
    server.down = True
    use(stage, server)
    session = begin(stage)
    stage.targets.controller.choose(LAB)
    expected = {
        TargetFault.HTTP_PORT: "Swap the addresses",
        TargetFault.SPEAKS_PLAINTEXT: "Turn TLS off",
        TargetFault.SPEAKS_TLS: "Turn TLS on",
        TargetFault.EXPIRED: "Choose certificates...",
        TargetFault.SIGN_IN: "Edit the sign-in...",
        TargetFault.DEADLINE: "Allow 10 s",
        TargetFault.REFUSED: "Edit the target...",
        TargetFault.NO_STREAM: "Use gRPC without a stream",
        TargetFault.TOO_LARGE: "Use JPEG",
        TargetFault.NOT_LOADED: "About the model...",
    }
    assert {fault: remedies.of_fault(fault)[0].title for fault in expected} == expected
    alert = Alert("target", Severity.ERROR, "Nothing answers.", "", TargetFault.REFUSED)
    session.now = replace(session.now, state=RunState.RECONNECTING, alerts=(alert,))
    stage.live.readout.refresh()
    assert "Nothing answers." in [notice.title for notice in stage.window.toasts.shown]
    (swap,) = remedies.of_fault(TargetFault.HTTP_PORT)
    swap.run()
    target = stage.live.switches.current.target
    assert (target.rest, target.grpc) == ("http://127.0.0.1:9", "127.0.0.1:9")
    assert target.name == "Lab"


# -- saved targets ------------------------------------------------------------------------------


def test_targets_of_older_settings_move_into_the_list(tmp_path: Path) -> None:
    old = Target("127.0.0.1:8000,8001", "http://127.0.0.1:8000", "127.0.0.1:8001")
    settings = SettingsStore(None, Settings(Switches(old), targets=(old,)), pytest.fail, SOURCES)
    store = TargetStore(tmp_path / "targets.json", Secrets())
    assert moved_into_store(settings, store) == []
    assert [target.name for target in store.targets()] == [EMBEDDED, "127.0.0.1-8000-8001"]
    assert settings.current.targets == ()
    assert settings.current.switches.target.name == "127.0.0.1-8000-8001"
    assert moved_into_store(settings, store) == []
    assert len(store.targets()) == 2


def test_a_remembered_target_comes_back_whole(tmp_path: Path) -> None:
    store = TargetStore(tmp_path / "targets.json", Secrets())
    saved = store.add(replace(LAB, tls=Tls(), colour="#d5433b")).target
    settings = SettingsStore(None, Settings(Switches(Target("lab"))), pytest.fail, SOURCES)
    chosen_target(settings, store, required=True)
    assert settings.current.switches.target == saved
    unknown = SettingsStore(None, Settings(Switches(Target("gone"))), pytest.fail, SOURCES)
    chosen_target(unknown, store, required=False)
    assert unknown.current.switches.target == Target(EMBEDDED)
    unknown = SettingsStore(None, Settings(Switches(Target("gone"))), pytest.fail, SOURCES)
    with pytest.raises(ConsoleError, match="There is no target 'gone'"):
        chosen_target(unknown, store, required=True)


def test_the_settings_hold_no_credentials() -> None:
    secret = Credentials("hunter2", (("X-Key", "hunter2"),))
    target = replace(LAB, credentials=secret, tls=Tls(key_file="/hunter2.pem"))
    text = to_json(Settings(Switches(target), targets=(target,)), SOURCES)
    assert "hunter2" not in text
    assert from_json(text.encode()).switches.target == LAB


def test_a_name_is_made_of_any_address() -> None:
    assert fit_name("127.0.0.1:8000,8001") == "127.0.0.1-8000-8001"
    assert fit_name(":/,") == "Server"

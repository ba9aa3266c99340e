"""The window's composition root: every concrete class of a run is chosen here.

Order of a start: process, display, Qt, settings, window; then, on a thread, the embedded server.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from backend.core.errors import ConsoleError
from backend.core.process import exit_at_once, tune_process
from gui.shell.platform import why_no_window

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QApplication

    from backend.core.choices import RunSettings
    from backend.core.files.presence import Presence
    from backend.core.target import Target
    from backend.gallery import Gallery
    from backend.models.code import RememberedCode
    from backend.profiles.model_profile import ModelProfile
    from backend.sources.registry import SourceRegistry
    from backend.sources.source import Source
    from gui.devices import QtScreens, QtSound
    from gui.inspect import Engine
    from gui.shell.assembly import Assembly, Parts
    from gui.shell.options import Options
    from gui.state.device_list import DeviceList
    from gui.state.live_session import LiveSession
    from gui.state.measured_ways import MeasuredWays
    from gui.state.models import RepositoryControl
    from gui.state.settings import SettingsStore
    from gui.state.tasks import Tasks
    from gui.targets import TargetEngine
    from gui.workspace.log_panel import LogBridge
    from gui.workspace.notices import FileNotices
    from gui.workspace.pages import Page, PageFactory, PageHost

_USAGE = 2
_SERVER_STOP_S = 0.5
_MODELS_CLOSE_S = 1.0
_TASKS_CLOSE_S = 0.3


def main(argv: list[str]) -> int:
    """Open the window and return the process's exit code."""
    tune_process()
    gc.disable()  # a start leaves next to nothing to collect; `Collector` goes on with it
    reason = why_no_window()
    if reason:
        print(reason, file=sys.stderr)  # noqa: T201 - there is no window to say it in
        return _USAGE
    from gui.shell.pyside_compat import skip_source_scan
    from gui.shell.qt_messages import forward_qt_messages

    skip_source_scan()
    forward_qt_messages()  # before the import of QtMultimedia, which has much to say
    from backend.sources.registry import KINDS, SourceRegistry
    from gui.devices import MICROPHONE, SCREEN, WINDOW
    from gui.shell.options import parse_options

    options = parse_options(argv, SourceRegistry((*KINDS, SCREEN, WINDOW, MICROPHONE)))
    try:
        return _run(options)
    except ConsoleError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return error.exit_code


def _run(options: Options) -> int:
    from backend.core.files.presence import Presence
    from backend.targets import config_folder
    from gui.server import CodeConsent
    from gui.shell.assembly import assemble
    from gui.shell.crash import CrashCatcher
    from gui.shell.other_windows import OtherWindows
    from gui.state.tasks import ThreadTasks
    from gui.workspace.notices import FileNotices

    ended: list[bool] = []
    with ExitStack() as at_end:
        app = _application(at_end)
        notices, presence, tasks = FileNotices(), Presence(config_folder()), ThreadTasks()
        parts = _parts(app, options, notices, presence, tasks, at_end, ended)
        assembly = assemble(parts)
        at_end.callback(assembly.window.deleteLater)
        at_end.callback(CrashCatcher(assembly.notifier.show_crash).uninstall)
        if options.screenshot is None:  # a picture run has nobody to ask or to tell
            CodeConsent(assembly.window, parts.repositories)
            others = OtherWindows(presence, str(config_folder()), parts.server, tasks)
            others.files_changed.connect(assembly.targets.saved.look_again)
            others.found.connect(assembly.notifier.show_notice)
            others.begin()
            at_end.callback(others.close)
        # Last in, first out: tasks end before anything that they may use.
        at_end.callback(lambda: ended.append(tasks.close(_TASKS_CLOSE_S)))
        code = _show(app, assembly, options, notices)
    if not all(ended):  # neither a model that nothing can stop nor a slow task may keep the program
        exit_at_once(code)
    return code


def _application(at_end: ExitStack) -> QApplication:
    from PySide6.QtWidgets import QApplication

    from gui.shell.collecting import Collector
    from gui.widgets.focus_keys import FocusKeys
    from gui.widgets.focus_ring import FocusRings

    app = QApplication.instance() or QApplication([sys.argv[0]])
    assert isinstance(app, QApplication)
    at_end.callback(Collector(app).close)
    app.setApplicationName("inferdeck")
    app.setApplicationDisplayName("Inferdeck")
    at_end.callback(FocusKeys(app).close)
    at_end.callback(FocusRings(app).close)
    return app


def _parts(
    app: QApplication,
    options: Options,
    notices: FileNotices,
    presence: Presence,
    tasks: Tasks,
    at_end: ExitStack,
    ended: list[bool],
) -> Parts:
    """Everything with something real behind it; `at_end` ends it, and notes in `ended` whether the
    server and its models have ended in time."""
    from backend.sources.registry import KINDS, SourceRegistry
    from gui.devices import QtScreens, QtSound, microphone_kind, screen_kinds
    from gui.shell.assembly import Parts
    from gui.shell.other_windows import holder_in
    from gui.shell.server_maker import ServerMaker
    from gui.state.measured_ways import MeasuredWays
    from gui.state.models import ModelAdoption, RepositoryControl
    from gui.state.server_control import ServerControl
    from gui.workspace.appearance import Appearance
    from gui.workspace.layouts import LayoutStore

    ways = MeasuredWays()
    sound, screens = QtSound(), QtScreens()
    sources = SourceRegistry((*KINDS, *screen_kinds(screens), microphone_kind(sound)))
    store = _settings(options, notices, sources)
    _use_language(store.current.language, notices)
    engine = _target_engine(options, store, notices)
    decided = _remembered_code(options)
    maker = ServerMaker(decided)
    at_end.callback(lambda: ended.append(maker.close(_MODELS_CLOSE_S)))
    ports = (options.rest_port, options.grpc_port)
    server = ServerControl(tasks, maker.make, ports, holder=holder_in(presence))
    at_end.callback(
        lambda: ended.append(server.server is None or server.server.stop(_SERVER_STOP_S))
    )
    repositories = RepositoryControl(tasks, maker.models, store, options.model_repository, decided)
    return Parts(
        appearance=Appearance(app, store.current.theme),
        store=store,
        tasks=tasks,
        server=server,
        repositories=repositories,
        adoption=ModelAdoption(repositories, server, _own_models(options, at_end)),
        devices=_devices(sound, screens, tasks),
        sources=sources,
        make_session=_make_session,
        log=_log_bridge(at_end),
        layouts=LayoutStore(_folder(options, "layouts"), notices.tell),
        engine=engine,
        ways=ways,
        pages=_pages(options, engine, repositories, ways),
    )


def _pages(
    options: Options,
    engine: TargetEngine,
    repositories: RepositoryControl,
    ways: MeasuredWays,
) -> tuple[PageFactory, ...]:
    """The pages after the live one, in the order of their tabs; each is imported when opened."""
    from gui.shell.later_page import LaterPage
    from gui.shell.page_outlines import compare_outline, gallery_outline, inspect_outline

    def inspect(host: PageHost) -> Page:
        from gui.inspect import InspectPage

        return InspectPage(host, _inspector(options))

    def compare(host: PageHost) -> Page:
        from gui.compare import ComparePage

        return ComparePage(host, partial(_saved_profile, engine), ways)

    def gallery(host: PageHost) -> Page:
        from gui.gallery import GalleryPage

        return GalleryPage(host, repositories, _open_gallery)

    return (
        partial(LaterPage, inspect_outline(), inspect),
        partial(LaterPage, compare_outline(), compare),
        partial(LaterPage, gallery_outline(), gallery),
    )


def _devices(sound: QtSound, screens: QtScreens, tasks: Tasks) -> DeviceList:
    """The cameras, screens and microphones, looked at again when one is plugged in or out."""
    from backend.sources.cameras import OpenCvCameras
    from gui.devices import QtCameraModes
    from gui.state.device_list import DeviceList

    devices = DeviceList(OpenCvCameras(), sound, screens, QtCameraModes(), tasks)
    sound.media_devices.videoInputsChanged.connect(devices.rescan)
    sound.changed.connect(devices.refresh)
    return devices


def _log_bridge(at_end: ExitStack) -> LogBridge:
    """What our own loggers warn of, for the window's log."""
    from gui.workspace.log_panel import LogBridge

    bridge = LogBridge()
    logging.getLogger("inferdeck").addHandler(bridge)
    at_end.callback(logging.getLogger("inferdeck").removeHandler, bridge)
    return bridge


def _show(app: QApplication, assembly: Assembly, options: Options, notices: FileNotices) -> int:
    """Open the window and run until it is closed."""
    from gui.shell.ending import end_with
    from gui.shell.picture_run import PictureRun

    picture, window = None, assembly.window
    if options.screenshot is not None:
        picture = PictureRun(
            assembly, options.screenshot, options.seconds, opens=bool(options.model_file)
        )
    if options.size is not None:
        window.resize(*options.size)
    end_with(app, window)
    window.show()
    notices.begin(assembly.notifier.show_notice)
    assembly.server.control.start()
    if options.model_file:
        assembly.live.drops.take([str(path) for path in options.model_file])
    code = app.exec()
    if picture is None:
        return code
    if picture.report:
        print(picture.report)  # noqa: T201 - what a run without a viewer is for
    if options.screenshot is not None and options.screenshot.is_file():
        print(f"picture  {options.screenshot}")  # noqa: T201
    return picture.exit_code


def _inspector(options: Options) -> Engine:
    """What the inspect page works with; a picture run keeps its history in memory."""
    from PySide6.QtCore import QStandardPaths

    from backend.core.files.private import make_private
    from backend.inspector.history import History
    from backend.profiles.book import ProfileBook
    from gui.inspect import Engine
    from gui.targets import saved_name

    place = QStandardPaths.StandardLocation
    folder = Path(QStandardPaths.writableLocation(place.AppDataLocation))
    book = ProfileBook(Path(QStandardPaths.writableLocation(place.AppConfigLocation)) / "profiles")

    def open_history() -> History:
        if options.screenshot is not None:
            return History()
        make_private(folder)
        return History(folder / "history.sqlite")

    return Engine(
        profile=lambda target, model: book.find(saved_name(target), model).profile,
        open_history=open_history,
    )


def _saved_profile(engine: TargetEngine, target: str, model: str) -> Path | None:
    """The file of the profile that the user has saved for a model, None if there is none."""
    path = engine.book.path(target, model)
    return path if path.is_file() else None


def _open_gallery(mirror: str, folder: Path | None) -> Gallery:
    """The user's gallery; an address that is empty leaves the choice to the environment."""
    from backend.core.defaults import MIRROR_VARIABLE
    from backend.gallery import Gallery, fetchers_for, read_catalogue
    from backend.models.repository import user_repository

    mirror = mirror or os.environ.get(MIRROR_VARIABLE, "")
    return Gallery(read_catalogue(), user_repository(), fetchers_for(mirror, folder))


def _settings(options: Options, notices: FileNotices, sources: SourceRegistry) -> SettingsStore:
    """What was remembered with what was asked for; a picture run remembers nothing."""
    from dataclasses import replace

    from gui.state.settings import FILE, Settings, SettingsStore, load

    path = _folder(options, FILE)
    settings = Settings()
    if path is not None:
        loaded = load(path)
        settings = loaded.value or settings
        if loaded.problem:
            notices.tell(loaded.problem)
        if not loaded.replaceable:
            path = None
    store = SettingsStore(path, settings, notices.tell, sources)
    settings = replace(settings, switches=options.applied_to(settings.switches))
    if options.theme is not None:
        settings = replace(settings, theme=options.theme)
    if options.language is not None:
        settings = replace(settings, language=options.language)
    store.update(settings)
    return store


def _use_language(choice: str, notices: FileNotices) -> None:
    """Before the first text is shown; a window in English is better than none."""
    from gui.widgets.language import use_language

    try:
        use_language(choice)
    except ConsoleError as error:
        notices.tell(str(error))


def _folder(options: Options, name: str) -> Path | None:
    """A place in the settings folder, None for a picture run, which remembers nothing."""
    from PySide6.QtCore import QStandardPaths

    if options.screenshot is not None:
        return None
    folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppConfigLocation)
    return Path(folder) / name


def _own_models(options: Options, at_end: ExitStack) -> Path:
    """Where model files go; those of a picture run are gone after it."""
    from tempfile import TemporaryDirectory

    from backend.models.repository import user_repository

    if options.screenshot is None:
        return user_repository()
    return Path(at_end.enter_context(TemporaryDirectory(prefix="inferdeck-models-")))


def _remembered_code(options: Options) -> RememberedCode:
    """Which Python models may run: what was decided, and folders that the command line allows."""
    from backend.models.code import FILE, RememberedCode

    trusted = options.model_repository if options.allow_python_models else ()
    return RememberedCode(_folder(options, FILE), trusted)


def _make_session(
    resolve: Callable[[Target], Target],
    profile_for: Callable[[RunSettings], ModelProfile],
    settings: RunSettings,
    source: Source,
) -> LiveSession:
    """A run that waits for its target and its source as long as it takes."""
    from backend.session.run import Session, ask_replicas

    return Session(settings, source, resolve=resolve, profiles=profile_for, replicas=ask_replicas)


def _target_engine(options: Options, store: SettingsStore, notices: FileNotices) -> TargetEngine:
    """The saved targets and profiles; the chosen target is looked up among them."""
    from backend.profiles.book import ProfileBook
    from backend.targets import config_folder, open_store
    from gui.targets import TargetEngine, chosen_target, moved_into_store

    folder = config_folder()
    engine = TargetEngine(open_store(folder), ProfileBook(folder / "profiles"))
    for problem in (engine.store.problem, *moved_into_store(store, engine.store)):
        if problem:
            notices.tell(problem)
    chosen_target(store, engine.store, required=options.target is not None)
    return engine

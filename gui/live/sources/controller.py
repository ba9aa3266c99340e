"""Choosing a source: from the menu, a dialog or a drop, and a model that takes what it gives."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication

from backend.core.choices import why_not_model
from backend.core.errors import ConsoleError, UsageError
from backend.core.samples import MediaKind
from backend.core.status import Notice, RunStatus, Severity, SourceInfo
from backend.sources.cameras import WEBCAM, CameraMode, camera_argument, camera_mode
from backend.sources.registry import SourceRegistry
from backend.sources.source import Source
from gui.devices import SCREEN, Region, ScreenPart, screen_part
from gui.live.sources.address_forms import AddressForm
from gui.live.sources.camera_mode_form import CameraModeForm
from gui.live.sources.menu import Devices, SourceMenu
from gui.live.sources.pasting import image_in, keep_picture, pasted_folder, specs_in
from gui.live.sources.region_picker import RegionPicker
from gui.state.models import ModelOffer
from gui.state.run_control import RunControl
from gui.widgets.file_dialogs import ask_file, ask_folder
from gui.widgets.language import count, marked, spoken, tr
from gui.workspace.feature import Workspace

_DEFAULT_MODELS = {MediaKind.IMAGE: "shapes", MediaKind.AUDIO: "voice_activity"}
_DEFAULT_SOURCES = {MediaKind.IMAGE: "pattern", MediaKind.AUDIO: "tone"}
_CAN_BE_DROPPED = marked(
    "Drop a picture, a video, a sound or a folder of pictures to stream it, "
    "or a model (.onnx, .tflite) to add it to the server."
)


class SourceController(QObject):
    """Knows the chosen source, what it turned out to be, and what is wrong with it."""

    chosen = Signal()
    """Another source was chosen: what is on show comes from the one before."""
    known = Signal(object)
    """The SourceInfo of the chosen source."""
    changed = Signal()
    """`title`, `icon` or `failure` is another."""
    failed = Signal(object)
    """The exception of a source that cannot be used."""
    noticed = Signal(object, str)
    """A Notice, and lines of detail for it."""
    opened = Signal(list)
    """Paths that the user wants to use, which may be no sources."""

    def __init__(
        self,
        workspace: Workspace,
        run: RunControl,
        devices: Devices,
        sources: SourceRegistry,
    ) -> None:
        super().__init__(workspace.anchor)
        self._workspace = workspace
        self._switches = workspace.switches
        self._store = workspace.store
        self._run = run
        self._devices = devices
        self._sources = sources
        self._models: tuple[ModelOffer, ...] = ()
        self._model_for_kind = dict(_DEFAULT_MODELS)
        self._source_for_kind = dict(_DEFAULT_SOURCES)
        self._with_modes: dict[str, str] = {}
        """The camera's spec with the mode that was chosen for it, by the spec without."""
        self._info: SourceInfo | None = None
        self.failure = ""
        self.menu = SourceMenu(
            sources,
            devices,
            lambda: self._store.current.recent,
            self.choose_checked,
            (
                (tr("Open file..."), self.open_file),
                (tr("Open folder..."), self.open_folder),
                (tr("Open address..."), self.open_address),
                (tr("Region of the screen..."), self.choose_region),
            ),
        )
        run.source_known.connect(self._source_known)
        run.source_failed.connect(self._source_failed)
        devices.changed.connect(self._devices_changed)

    @property
    def title(self) -> str:
        """What the chosen source is called."""
        return self.menu.title(self._spec)

    @property
    def icon(self) -> str:
        """The icon that goes with it."""
        return self._sources.icon(self._spec)

    @property
    def problem(self) -> str:
        """Why it cannot be used now, or ''."""
        return self.failure or self.menu.missing(self._spec)

    @property
    def loops(self) -> bool:
        """Whether files start over at their end."""
        return self._switches.current.loop

    @property
    def _spec(self) -> str:
        return self._switches.current.source

    # -- choosing ------------------------------------------------------------------------------

    def begin(self) -> None:
        """Look at the source that was restored, and for devices; nothing is opened."""
        self.menu.set_chosen(self._spec)
        self._devices.rescan()
        self._run.choose_source(self._spec)

    def choose(self, spec: str) -> None:
        """Use another source, at once if something streams."""
        spec = self._sources.lasting(self._with_modes.get(spec, spec))
        self.failure = ""
        self._info = None  # what it is has yet to be found out
        self._switches.use(replace(self._switches.current, source=spec))
        self.menu.set_chosen(spec)
        kind = self._sources.kind_of(spec)
        in_menu = kind.group is not None and kind.which(kind.argument(spec)) == kind.argument(spec)
        if not in_menu:
            self.remember(spec)
        self.chosen.emit()
        self.changed.emit()
        self._run.choose_source(spec)

    def choose_checked(self, spec: str) -> None:
        """Use another source; a file only if it can be opened, else what there is goes on."""
        if self._sources.kind_of(spec).group is None and "://" not in spec:
            self.take_files([spec])
        else:
            self.choose(spec)

    @Slot()
    def use_pattern(self) -> None:
        """Use the source that needs no device and no file."""
        self.choose(_DEFAULT_SOURCES[MediaKind.IMAGE])

    @Slot(str)
    def remember(self, spec: str) -> None:
        """Offer it among the recent ones."""
        self._store.update(self._store.current.with_recent(spec))

    @Slot()
    def toggle_loop(self) -> None:
        """Let files start over at their end, or not; one that plays begins anew."""
        self._switches.use(replace(self._switches.current, loop=not self.loops))
        if self._info is not None and not self._info.live:
            self._run.choose_source(self._spec)

    @Slot()
    def open_file(self) -> None:
        """Ask for a file; a model is as good as a source."""
        ask_file(self._workspace.window, tr("Open file"), lambda path: self.opened.emit([path]))

    @Slot()
    def open_folder(self) -> None:
        """Ask for a folder of images, or with a model."""
        ask_folder(self._workspace.window, tr("Open folder"), lambda path: self.opened.emit([path]))

    @Slot()
    def open_address(self) -> None:
        """Ask for a network camera's address."""
        form = AddressForm(self._workspace.window)
        form.accepted.connect(lambda: self.choose(form.url))
        form.open()

    @Slot()
    def choose_region(self) -> None:
        """Let a rectangle be drawn on the screen that the window is on, and stream it.

        It begins with the region that is the source.
        """
        screen = self._workspace.window.screen()
        here = "" if screen is QGuiApplication.primaryScreen() else screen.name()

        def use(region: Region) -> None:
            self.choose(SCREEN.spec(str(ScreenPart(here, region))))

        chosen = screen_part(SCREEN.argument(self._spec)) if SCREEN.matches(self._spec) else None
        known = chosen.region if chosen is not None and chosen.screen == here else None
        RegionPicker(self._workspace.window, self._workspace.palette, use, known).begin()

    def why_no_mode(self) -> str:
        """Why no camera mode can be chosen, or ''."""
        return "" if WEBCAM.matches(self._spec) else tr("The chosen source is no camera.")

    @Slot()
    def choose_mode(self) -> None:
        """Ask for the resolution, rate and format of the chosen camera."""
        argument = WEBCAM.argument(self._spec)
        which = WEBCAM.which(argument)

        def use(mode: CameraMode) -> None:
            self._with_modes[WEBCAM.spec(which)] = WEBCAM.spec(camera_argument(which, mode))
            self.choose(WEBCAM.spec(which))

        CameraModeForm(
            self._workspace.window,
            self.title,
            self._devices.modes(which),
            camera_mode(argument),
            use,
        ).open()

    @Slot()
    def paste(self) -> None:
        """Stream what the clipboard holds, or add the model file that it names."""
        data = QGuiApplication.clipboard().mimeData()
        # The stubs do not know it, but an empty clipboard of some systems has no data at all.
        specs, image = (specs_in(data), image_in(data)) if data else ([], None)
        if image is not None and not data.hasUrls():
            self._workspace.tasks.start(
                "paste",
                lambda: keep_picture(image, pasted_folder()),
                self.choose,
                self.failed.emit,
            )
        elif specs:
            self.opened.emit(specs)
        else:
            body = tr("Copy a picture, a file or an address first.")
            title = tr("The clipboard holds nothing to stream")
            self.noticed.emit(Notice(Severity.INFO, title, body), "")

    @Slot(list)
    def take_files(self, specs: list[str]) -> None:
        """Use the first thing that can be used; say once what could not, and why."""
        self._workspace.tasks.start(
            "drop",
            lambda: _sort_out(specs, self._sources),
            self._files_sorted,
            self.failed.emit,
        )

    def _files_sorted(self, sorted_out: tuple[str, list[tuple[str, ConsoleError]]]) -> None:
        usable, rejected = sorted_out
        if usable:
            self.choose(usable)
        if rejected:
            refused = {spec for spec, _ in rejected}
            recent = tuple(s for s in self._store.current.recent if s not in refused)
            self._store.update(replace(self._store.current, recent=recent))
            lines = "\n".join(f"{spec}: {reason}" for spec, reason in rejected)
            self.noticed.emit(_refused_notice(rejected, used=bool(usable)), lines)

    # -- a model that fits ---------------------------------------------------------------------

    def set_models(self, models: Sequence[ModelOffer]) -> None:
        """The models there are; a source that is known already gets one that fits."""
        self._models = tuple(models)
        if self._info is not None:
            self._fit_model(self._info)

    def remember_model(self, model: str) -> None:
        """The user chose it for the kind of source there is now."""
        self._model_for_kind[self._run.kind] = model

    def fit_to_model(self, model: str, kind: MediaKind) -> None:
        """The model is to be used: keep the source if it gives what the model takes, else use the
        last one that did, or one that opens no device."""
        self._model_for_kind[kind] = model
        reason = why_not_model(self._run.kind, kind)
        if not reason:
            return
        self.choose(self._source_for_kind[kind])
        self.noticed.emit(
            Notice(
                Severity.INFO,
                tr("Source changed to {source}", source=self.title),
                tr("{model} takes something else than the source before.", model=model),
            ),
            "",
        )

    def _fit_model(self, info: SourceInfo) -> None:
        offers = {offer.name: offer for offer in self._models}
        present = offers.get(self._switches.current.model)
        reason = why_not_model(info.kind, present.kind) if present is not None else ""
        if not reason:
            return
        name = self._sources.kind_of(self._spec).demo_model
        name = name or self._model_for_kind.get(info.kind, "")
        if name not in offers:
            fitting = (o.name for o in self._models if o.kind is info.kind and not o.blocked)
            name = next(fitting, "")
        if name:
            before = self._switches.current.model
            reason = reason.replace("This model", before, 1)
            self._switches.use(replace(self._switches.current, model=name))
            self.noticed.emit(
                Notice(Severity.INFO, tr("Model changed to {model}", model=name), reason), ""
            )

    # -- news ----------------------------------------------------------------------------------

    def note(self, status: RunStatus) -> None:
        """Keep in mind what is wrong with the source of a run, as long as it is."""
        self._set_failure(spoken(status.source.message) if status.source.failing else "")

    @Slot(str, object)
    def _source_known(self, spec: str, info: SourceInfo) -> None:
        self._info = info
        self._source_for_kind[info.kind] = spec
        self._set_failure("")
        self.known.emit(info)
        self._fit_model(info)
        # The switches mean something else for another kind of source: show them again.
        self._switches.use(self._switches.current)

    @Slot(str, object)
    def _source_failed(self, spec: str, error: Exception) -> None:
        if spec == self._spec:
            self._set_failure(spoken(str(error)))
        self.failed.emit(error)

    @Slot()
    def _devices_changed(self) -> None:
        self.changed.emit()
        session = self._run.session
        if session is not None and self._sources.kind_of(self._spec).device:
            session.retry_now()

    def _set_failure(self, failure: str) -> None:
        if failure != self.failure:
            self.failure = failure
            self.changed.emit()


def _refused_notice(rejected: Sequence[tuple[str, ConsoleError]], *, used: bool) -> Notice:
    """What was expected, what came instead, and what to do; `used`: one of them is streamed."""
    if len(rejected) == 1:
        spec, why = rejected[0]
        name = spec if "://" in spec else Path(spec).name or spec
        return Notice(Severity.WARNING, tr("{source} was not used", source=name), spoken(str(why)))
    title = count(len(rejected), "{n} file was not used", "{n} files were not used")
    what = tr("One source is streamed at a time.") if used else tr(_CAN_BE_DROPPED)
    return Notice(Severity.WARNING, title, what)


def _sort_out(
    specs: list[str], sources: SourceRegistry
) -> tuple[str, list[tuple[str, ConsoleError]]]:
    """The first source that can be made, and the others, redacted, with the reason against each."""
    usable = ""
    rejected: list[tuple[str, ConsoleError]] = []
    for spec in specs:
        if usable:
            reason = tr("{source} is used already.", source=sources.redacted(usable))
            error = UsageError(reason, tr("One source is streamed at a time."))
            rejected.append((sources.redacted(spec), error))
            continue
        try:
            _check(sources.make(spec, loop=False), spec)
        except ConsoleError as error:
            rejected.append((sources.redacted(spec), error))
        else:
            usable = spec
    return usable, rejected


def _check(source: Source, spec: str) -> None:
    """Raise SourceError for a path that cannot be used, which may only show when it is opened."""
    if "://" not in spec and Path(spec).exists():
        try:
            source.open(threading.Event())
        finally:
            source.close()

"""The source picker's menu: generated sources, devices, recent ones, and ways to open others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from PySide6.QtCore import QObject, SignalInstance

from gui.state.source_offers import (
    SourceGroup,
    SourceOffer,
    generated_offers,
    source_detail,
    source_title,
)
from gui.widgets.language import marked, tr
from gui.widgets.picker import Picker, add_choice, add_heading


class Devices(Protocol):
    """The cameras and microphones of this machine; nothing is opened to list them."""

    @property
    def changed(self) -> SignalInstance:
        """Emitted when a device came or went."""
        ...

    def offers(self) -> Sequence[SourceOffer]:
        """What there is now."""
        ...

    def keep(self, spec: str) -> None:
        """The chosen source: if it is a device, it is offered even when it is away."""
        ...

    def rescan(self) -> None:
        """Look again."""
        ...


class SourceMenu(QObject):
    """Fills the menu each time it opens; a device that is gone stays as long as it is chosen."""

    def __init__(
        self,
        devices: Devices,
        recent: Callable[[], Sequence[str]],
        choose: Callable[[str], None],
        ways: Sequence[tuple[str, Callable[[], None]]],
    ) -> None:
        super().__init__()
        self._devices = devices
        self._recent = recent
        self._choose = choose
        self._ways = tuple(ways)
        self._chosen = "pattern"

    def set_chosen(self, spec: str) -> None:
        """The source that is ticked."""
        self._chosen = spec
        self._devices.keep(spec)

    def offers(self) -> tuple[SourceOffer, ...]:
        """Everything that can be chosen, in menu order."""
        return (*generated_offers(), *self._devices.offers(), *self._recent_offers())

    def title(self, spec: str) -> str:
        """What a source is called."""
        return source_title(spec, (*generated_offers(), *self._devices.offers()))

    def missing(self, spec: str) -> str:
        """Why the chosen device cannot be used now, or ''."""
        return next((o.missing for o in self.offers() if o.spec == spec), "")

    def fill(self, picker: Picker) -> None:
        """Build the menu anew."""
        menu = picker.choices
        menu.clear()
        offers = self.offers()
        for group in SourceGroup:
            members = [offer for offer in offers if offer.group is group]
            add_heading(menu, tr(group.value))
            for offer in members:
                action = add_choice(
                    menu, offer.title, chosen=offer.spec == self._chosen, tip=offer.tip
                )
                if offer.missing:
                    action.setText(tr("{device} (not there)", device=offer.title))
                    action.setToolTip(offer.missing)
                action.triggered.connect(partial(self._chosen_in_menu, offer.spec))
            if not members:
                add_choice(menu, tr(_NONE[group]), chosen=False, blocked=tr(_NONE_TIPS[group]))
        menu.addSeparator()
        for title, run in self._ways:
            menu.addAction(title).triggered.connect(partial(_call, run))
        menu.addAction(tr("Look for devices again")).triggered.connect(
            partial(_call, self._devices.rescan)
        )

    def _chosen_in_menu(self, spec: str, *_: object) -> None:
        self._choose(spec)

    def _recent_offers(self) -> tuple[SourceOffer, ...]:
        return tuple(
            SourceOffer(spec, source_title(spec), SourceGroup.RECENT, source_detail(spec))
            for spec in self._recent()
        )


def _call(run: Callable[[], None], *_: object) -> None:
    run()


_NONE = {
    SourceGroup.GENERATED: marked("None"),
    SourceGroup.CAMERA: marked("No camera found"),
    SourceGroup.MICROPHONE: marked("No microphone found"),
    SourceGroup.RECENT: marked("Nothing opened yet"),
}
_NONE_TIPS = {
    SourceGroup.GENERATED: "",
    SourceGroup.CAMERA: marked("The test pattern and files work without one."),
    SourceGroup.MICROPHONE: marked("Use a sound file or the tone generator."),
    SourceGroup.RECENT: marked("Files, folders and addresses appear here once they were used."),
}

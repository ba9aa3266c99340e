"""The source picker's menu: generated sources, devices, recent ones, and ways to open others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from PySide6.QtCore import QObject, SignalInstance

from backend.sources.registry import SourceRegistry
from gui.devices import OfferedMode
from gui.state.source_offers import (
    RECENT,
    SourceOffer,
    recent_offers,
    source_title,
    standing_offers,
)
from gui.widgets.language import tr
from gui.widgets.picker import Picker, add_choice, add_heading


class Devices(Protocol):
    """The cameras, screens and microphones of this machine; nothing is opened to list them."""

    @property
    def changed(self) -> SignalInstance:
        """Emitted when a device came or went."""
        ...

    def offers(self) -> Sequence[SourceOffer]:
        """What there is now."""
        ...

    def refresh(self) -> None:
        """Take in what is known at once, such as the windows on the screen."""
        ...

    def keep(self, spec: str) -> None:
        """The chosen source: if it is a device, it is offered even when it is away."""
        ...

    def rescan(self) -> None:
        """Look again."""
        ...

    def modes(self, which: str) -> Sequence[OfferedMode]:
        """What a camera offers, nothing where that is not known."""
        ...


class SourceMenu(QObject):
    """Fills the menu each time it opens; a device that is gone stays as long as it is chosen."""

    def __init__(
        self,
        sources: SourceRegistry,
        devices: Devices,
        recent: Callable[[], Sequence[str]],
        choose: Callable[[str], None],
        ways: Sequence[tuple[str, Callable[[], None]]],
    ) -> None:
        super().__init__()
        self._sources = sources
        self._standing = standing_offers(sources)
        self._devices = devices
        self._recent = recent
        self._choose = choose
        self._ways = tuple(ways)
        self._chosen = ""

    def set_chosen(self, spec: str) -> None:
        """The source that is ticked."""
        self._chosen = spec
        self._devices.keep(spec)

    def offers(self) -> tuple[SourceOffer, ...]:
        """Everything that can be chosen, in menu order."""
        recent = recent_offers(self._sources, self._recent())
        return (*self._standing, *self._devices.offers(), *recent)

    def title(self, spec: str) -> str:
        """What a source is called."""
        offered = (*self._standing, *self._devices.offers())
        title = next((offer.title for offer in offered if offer.spec == spec), "")
        return title or source_title(self._sources.kind_of(spec), spec)

    def missing(self, spec: str) -> str:
        """Why the chosen device cannot be used now, or ''."""
        kind = self._sources.kind_of(spec)
        plain = kind.spec(kind.which(kind.argument(spec)))
        return next((o.missing for o in self.offers() if o.spec in (spec, plain)), "")

    def fill(self, picker: Picker) -> None:
        """Build the menu anew."""
        menu = picker.choices
        menu.clear()
        self._devices.refresh()
        offers = self.offers()
        kind = self._sources.kind_of(self._chosen)
        chosen = kind.spec(kind.which(kind.argument(self._chosen)))
        chosen = self._chosen if any(o.spec == self._chosen for o in offers) else chosen
        for group in (*self._sources.groups, RECENT):
            members = [offer for offer in offers if offer.group == group]
            add_heading(menu, tr(group.title))
            for offer in members:
                action = add_choice(menu, offer.title, chosen=offer.spec == chosen, tip=offer.tip)
                if offer.missing:
                    action.setText(tr("{device} (not there)", device=offer.title))
                    action.setToolTip(offer.missing)
                action.triggered.connect(partial(self._chosen_in_menu, offer.spec))
            if not members:
                add_choice(menu, tr(group.empty), chosen=False, blocked=tr(group.empty_tip))
        menu.addSeparator()
        for title, run in self._ways:
            menu.addAction(title).triggered.connect(partial(_call, run))
        menu.addAction(tr("Look for devices again")).triggered.connect(
            partial(_call, self._devices.rescan)
        )

    def _chosen_in_menu(self, spec: str, *_: object) -> None:
        self._choose(spec)


def _call(run: Callable[[], None], *_: object) -> None:
    run()

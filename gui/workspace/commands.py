"""Commands as data: menus, keys, tooltips, the palette and the shortcut sheet all read them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from gui.widgets.language import marked, tr

MENUS = (
    marked("File"),
    marked("Run"),
    marked("View"),
    marked("Panels"),
    marked("Server"),
    marked("Help"),
)
"""The menus of the window's own commands; a page's commands may bring another."""


def native_keys(keys: str) -> str:
    """A portable key sequence as this system and language write it."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)


def _never() -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Command:
    """One thing the user can do.

    `keys` are portable key sequences, the first of which is shown. `blocked` gives the reason why
    it cannot be done now, or ''. `checked` makes it a switch. `aliases` are further words by which
    the palette finds it. A command without a menu is in the palette only.
    """

    id: str
    title: str
    run: Callable[[], None]
    menu: str = ""
    keys: tuple[str, ...] = ()
    blocked: Callable[[], str] = _never
    checked: Callable[[], bool] | None = None
    aliases: str = ""
    role: QAction.MenuRole = QAction.MenuRole.NoRole

    @property
    def shortcut(self) -> str:
        """The first key sequence as this system writes it."""
        return native_keys(self.keys[0]) if self.keys else ""

    def before(self, first: Callable[[], None]) -> Command:
        """The same command, which does something else first."""

        def both() -> None:
            first()
            self.run()

        return replace(self, run=both)

    def matches(self, query: str) -> bool:
        """Whether every word of the query is somewhere in the title or the aliases."""
        menu = tr(self.menu.partition("/")[0])
        text = f"{menu} {self.menu} {self.title} {self.aliases}".lower()
        return all(word in text for word in query.lower().split())

    def distance(self, query: str) -> int:
        """0 if the query is its very name, 1 if the name begins with it, 2 if it is in it, else 3.

        In "Model: faces" the name is also that of what it chooses.
        """
        title, wanted = self.title.rstrip(".").casefold(), query.strip().casefold()
        names = (title, title.partition(": ")[2])
        if wanted in names or not wanted:
            return 0
        return 1 if any(n.startswith(wanted) for n in names) else 2 if wanted in title else 3


class CommandSet(QObject):
    """All commands by id, each with one QAction that lives on the window.

    A blocked command stays listed; invoking it tells `on_blocked` the reason instead.
    """

    def __init__(self, window: QWidget, on_blocked: Callable[[str], None]) -> None:
        super().__init__(window)
        self._window = window
        self._on_blocked = on_blocked
        self._commands: dict[str, Command] = {}
        self._actions: dict[str, QAction] = {}

    def __iter__(self) -> Iterator[Command]:
        return iter(self._commands.values())

    def __getitem__(self, command_id: str) -> Command:
        return self._commands[command_id]

    def add(self, commands: Sequence[Command]) -> None:
        """Declare commands; raises ValueError for an id or a key that is already in use."""
        for command in commands:
            taken = {key for other in self for key in other.keys} & set(command.keys)
            if command.id in self._commands or taken:
                raise ValueError(f"Command {command.id}: id or keys {sorted(taken)} in use.")
            self._commands[command.id] = command
            self._actions[command.id] = self._make_action(command)

    def run(self, command_id: str) -> None:
        """Do it, or say why not."""
        self.run_loose(self._commands[command_id])

    def run_loose(self, command: Command) -> None:
        """Do something that is not in the set, or say why not."""
        reason = command.blocked()
        if reason:
            self._on_blocked(f"{command.title.rstrip('.')}: {reason}")
        else:
            command.run()
        self.refresh()

    def action(self, command_id: str) -> QAction:
        """The action of a command, for menus and tool buttons."""
        return self._actions[command_id]

    def refresh(self) -> None:
        """Bring every action's state and tooltip up to date."""
        for command_id, action in self._actions.items():
            command = self._commands[command_id]
            reason = command.blocked()
            action.setToolTip(reason or command.title.rstrip("."))
            action.setProperty("blocked", reason)
            if command.checked is not None:
                action.setChecked(command.checked())

    def fill(self, bar: QMenuBar) -> None:
        """Build one menu for each name, in the order in which commands were declared."""
        menus: dict[str, QMenu] = {}
        for command in self:
            if not command.menu:
                continue
            top, _, group = command.menu.partition("/")
            if top not in menus:
                menus[top] = self._add_menu(bar, top)
            menu = menus[top]
            if group and group != menu.property("group") and not menu.isEmpty():
                menu.addSeparator()
            menu.setProperty("group", group)
            menu.addAction(self._actions[command.id])

    def _add_menu(self, bar: QMenuBar, title: str) -> QMenu:
        menu = bar.addMenu(_with_letter(tr(title), [each.text() for each in bar.actions()]))
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(self._grey_blocked)
        menu.aboutToHide.connect(self._ungrey)
        return menu

    def _grey_blocked(self) -> None:
        self.refresh()
        for action in self._actions.values():
            action.setEnabled(not action.property("blocked"))

    def _ungrey(self) -> None:
        # Keys must still reach a blocked command, so that it can say why it does nothing.
        for action in self._actions.values():
            action.setEnabled(True)

    def _make_action(self, command: Command) -> QAction:
        action = QAction(command.title, self._window)
        action.setShortcuts([QKeySequence(key) for key in command.keys])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setAutoRepeat(False)
        action.setMenuRole(command.role)
        action.setCheckable(command.checked is not None)
        action.triggered.connect(lambda _=False, i=command.id: self.run(i))
        self._window.addAction(action)
        return action


def _with_letter(title: str, others: list[str]) -> str:
    """The title of a menu with its first letter for Alt that no other menu has."""
    taken = {other[other.find("&") + 1].casefold() for other in others if "&" in other}
    place = next((at for at, c in enumerate(title) if c.isalnum() and c.casefold() not in taken), 0)
    return f"{title[:place]}&{title[place:]}"

"""One target: where it is, how it is secured, who we are to it, and what is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from backend.clients.probe import ProbeReport
from backend.core.errors import UsageError
from backend.core.target import Target
from backend.targets import check_name, check_target, free_name
from gui.targets.form.addresses import AddressRows
from gui.targets.form.limits import LimitsTab
from gui.targets.form.probe_card import ProbeCard
from gui.targets.form.probing import Probing
from gui.targets.form.security import SecurityTab
from gui.targets.form.sign_in import SignInTab
from gui.targets.saved import fit_name
from gui.widgets.dialog_sizes import open_as_large_as
from gui.widgets.language import tr
from gui.widgets.theme import GAP, GAP_LARGE, Palette


class TargetForm(QDialog):
    """Edits one target; `saved` carries it, with what was typed as secrets still in it.

    The secrets that are kept already are templates, which the form does not show.
    """

    saved = Signal(object, bool)
    """The Target, and whether it is to be used at once."""

    def __init__(
        self,
        window: QWidget,
        target: Target,
        taken: Sequence[str],
        probing: Probing,
        palette: Palette,
    ) -> None:
        super().__init__(window)
        self._before = target
        self._taken = tuple(taken)
        self._probing = probing
        self._showing = False
        probing.setParent(self)
        new = not target.name
        self.setWindowTitle(tr("Other server") if new else tr("Edit target"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._build(self.windowTitle(), palette)
        self._show(target)
        self._listen()
        if target.rest or target.grpc:
            self._probing.soon(self._probed_target())
            self._probing.now()

    # -- what it stands for --------------------------------------------------------------------

    @property
    def target(self) -> Target:
        """As it stands; raises UsageError for what cannot be saved."""
        target = self._typed()
        name = target.name or free_name(self._suggestion(target), self._taken)
        target = replace(target, name=name)
        check_target(target)
        check_name(name, self._taken)
        return target

    def _typed(self) -> Target:
        tls = self.security.value
        return Target(
            name=self.addresses.name.text().strip(),
            rest=self.addresses.rest_url(secure=tls is not None),
            grpc=self.addresses.grpc.text().strip(),
            dialect=self.addresses.dialect,
            colour=self.addresses.colour,
            tls=tls,
            credentials=self.sign_in.credentials(self._before.credentials),
            message_limit=self.limits.message_limit,
            deadline_s=self.limits.deadline_s,
            connect_timeout_s=self.limits.connect_timeout_s,
        )

    def _suggestion(self, target: Target) -> str:
        address = target.rest or target.grpc
        return fit_name(address.partition("://")[2] or address)

    def _probed_target(self) -> Target:
        target = self._typed()
        return replace(target, name=target.name or self._suggestion(target) or tr("this target"))

    # -- building ------------------------------------------------------------------------------

    def _build(self, title: str, palette: Palette) -> None:
        heading = QLabel(title)
        heading.setProperty("role", "title")
        self.wrong = QLabel()
        self.wrong.setProperty("role", "error")
        self.wrong.setWordWrap(True)
        self.wrong.hide()
        self.card = ProbeCard(palette)
        self.addresses = AddressRows(palette)
        self.security = SecurityTab(palette)
        self.sign_in = SignInTab()
        self.limits = LimitsTab()
        self._tabs = QTabWidget()
        self._tabs.setAccessibleName(tr("More of this target"))
        self._tabs.addTab(self.security, tr("Security"))
        self._tabs.addTab(self.sign_in, tr("Sign-in"))
        self._tabs.addTab(self.limits, tr("Limits"))
        left = QVBoxLayout()
        left.setSpacing(GAP_LARGE)
        left.addWidget(heading)
        left.addWidget(self.addresses)
        left.addWidget(self._tabs, 1)
        left.addWidget(self.wrong)
        row = QHBoxLayout()
        row.setSpacing(GAP_LARGE)
        row.addLayout(left, 1)
        row.addWidget(self.card)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP_LARGE, GAP_LARGE, GAP_LARGE, GAP_LARGE)
        column.setSpacing(GAP_LARGE)
        column.addLayout(row, 1)
        column.addLayout(self._buttons())
        open_as_large_as(self, QSize(900, 570))

    def _buttons(self) -> QHBoxLayout:
        self.probe_button = QPushButton(tr("Ask again"))
        self.probe_button.setToolTip(tr("Look once more what is there (Enter in an address)"))
        self.probe_button.clicked.connect(self._ask_now)
        cancel = QPushButton(tr("Cancel"))
        cancel.clicked.connect(self.reject)
        self.save_button = QPushButton(tr("Save"))
        self.save_button.clicked.connect(lambda: self._save(use=False))
        self.use_button = QPushButton(tr("Save and use"))
        self.use_button.setProperty("role", "primary")
        self.use_button.clicked.connect(lambda: self._save(use=True))
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(self.probe_button)
        row.addStretch(1)
        for button in (cancel, self.save_button, self.use_button):
            row.addWidget(button)
        for button in (self.probe_button, cancel, self.save_button):
            button.setAutoDefault(False)
        self.use_button.setDefault(True)
        return row

    # -- showing -------------------------------------------------------------------------------

    def _show(self, target: Target) -> None:
        self._showing = True
        self.addresses.show_target(target)
        self.security.show_tls(target.tls)
        self.sign_in.show_credentials(target.credentials)
        self.limits.show_target(target)
        self._showing = False

    def _listen(self) -> None:
        for part in (self.addresses, self.security, self.sign_in):
            part.changed.connect(self._changed)
        self.security.tls_chosen.connect(self._tls_chosen)
        self.card.fix_wanted.connect(self.use_fix)
        self._probing.began.connect(self.card.show_asking)
        self._probing.answered.connect(self._answered)
        self._probing.failed.connect(self.card.show_error)

    def say_where_secrets_go(self, problem: str) -> None:
        """Where a token or a header's value will be kept; `problem` is why not in the keyring."""
        self.sign_in.say_where_secrets_go(problem)

    # -- news ----------------------------------------------------------------------------------

    @Slot()
    def _changed(self) -> None:
        if self._showing:
            return
        self.wrong.hide()
        if self.addresses.any:
            self._probing.soon(self._probed_target())
        else:
            self._probing.forget()
            self.card.show_nothing()

    @Slot()
    def _tls_chosen(self) -> None:
        if not self._showing:
            self.addresses.set_scheme(secure=self.security.secure)
        self._changed()

    @Slot()
    def _ask_now(self) -> None:
        self.addresses.tidy()
        self._changed()
        self._probing.now()

    @Slot(object)
    def _answered(self, report: ProbeReport) -> None:
        self.card.show_report(report)

    @Slot(object)
    def use_fix(self, fixed: Target) -> None:
        """Take over what a fix changes; templates of secrets stay as they were typed."""
        target = replace(
            fixed, name=self.addresses.name.text().strip(), credentials=self._typed().credentials
        )
        before = self._before
        self._show(target)
        self._before = replace(before, credentials=target.credentials)
        self._changed()
        self._probing.now()

    def showEvent(self, event: QShowEvent) -> None:
        """The first address has the cursor; Qt would give it to a button."""
        super().showEvent(event)
        self.addresses.rest.setFocus(Qt.FocusReason.OtherFocusReason)

    def done(self, result: int) -> None:
        """Ask no more."""
        self._probing.forget()
        super().done(result)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in an address asks at once; elsewhere it saves."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and self.focusWidget() in (self.addresses.rest, self.addresses.grpc):
            self._ask_now()
            return
        super().keyPressEvent(event)

    def _save(self, *, use: bool) -> None:
        self.addresses.tidy()
        try:
            target = self.target
        except UsageError as error:
            self.complain(str(error))
            return
        self.use_button.setEnabled(False)
        self.save_button.setEnabled(False)
        self.saved.emit(target, use)

    def complain(self, text: str) -> None:
        """Say what is wrong and stay open."""
        self.wrong.setText(text)
        self.wrong.show()
        self.use_button.setEnabled(True)
        self.save_button.setEnabled(True)

    def show_tab(self, index: int) -> None:
        """Bring a tab to the front: 0 security, 1 sign-in, 2 limits."""
        self._tabs.setCurrentIndex(index)

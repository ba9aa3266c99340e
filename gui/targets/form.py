"""One target: where it is, how it is secured, who we are to it, and what is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QIcon, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from backend.clients.dialects.known import dialect_for
from backend.clients.probe import ProbeReport
from backend.core.addresses import target_from_text
from backend.core.errors import UsageError
from backend.core.target import Credentials, Dialect, Target, Tls
from backend.targets import check_name, check_target, free_name
from gui.targets.probe_card import ProbeCard
from gui.targets.probing import Probing
from gui.targets.saved import fit_name
from gui.targets.secret_texts import meant_secret, shown_secret
from gui.widgets.file_dialogs import ask_file
from gui.widgets.header_rows import HeaderRows
from gui.widgets.icons import tinted
from gui.widgets.language import tr
from gui.widgets.picker import dot_pixmap
from gui.widgets.theme import CONTROL_HEIGHT, GAP, GAP_LARGE, GAP_SMALL, Palette

COLOURS = ("", "#2f7de1", "#1f9d6b", "#d18b00", "#d5433b", "#a45bd0", "#7a8494")
"""No colour first; red is for what must not be disturbed."""

_FIELD = 300
_MIB = 1024 * 1024


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
        self._roles = palette
        self._showing = False
        self._browse: dict[QLineEdit, QToolButton] = {}
        probing.setParent(self)
        new = not target.name
        self.setWindowTitle(tr("Other server") if new else tr("Edit target"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._build(self.windowTitle())
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
        before = self._before
        kept = dict(before.credentials.headers)
        headers = tuple(
            (name, meant_secret(value, kept.get(name, ""))) for name, value in self.headers.headers
        )
        return Target(
            name=self.name.text().strip(),
            rest=self._rest_address(),
            grpc=self.grpc.text().strip(),
            dialect=Dialect(self.dialect.currentData()),
            colour=COLOURS[self._colours.checkedId()],
            tls=self._tls(),
            credentials=Credentials(
                meant_secret(self.token.text(), before.credentials.token), headers
            ),
            message_limit=self.message_limit.value() * _MIB,
            deadline_s=self.deadline.value(),
            connect_timeout_s=self.connect_timeout.value(),
        )

    def _rest_address(self) -> str:
        text = self.rest.text().strip()
        if text and "://" not in text and "${" not in text:
            return f"{'https' if self._tls() is not None else 'http'}://{text}"
        return text

    def _tls(self) -> Tls | None:
        choice = self.tls.currentData()
        if choice == "off":
            return None
        return Tls(
            verify=choice == "on",
            ca_file=self.ca_file.text().strip(),
            certificate_file=self.certificate.text().strip(),
            key_file=self.key.text().strip(),
            server_name=self.server_name.text().strip(),
        )

    def _suggestion(self, target: Target) -> str:
        address = target.rest or target.grpc
        return fit_name(address.partition("://")[2] or address)

    def _probed_target(self) -> Target:
        target = self._typed()
        return replace(target, name=target.name or self._suggestion(target) or tr("this target"))

    # -- building ------------------------------------------------------------------------------

    def _build(self, title: str) -> None:
        heading = QLabel(title)
        heading.setProperty("role", "title")
        self.wrong = QLabel()
        self.wrong.setProperty("role", "error")
        self.wrong.setWordWrap(True)
        self.wrong.hide()
        self.card = ProbeCard(self._roles)
        tabs = QTabWidget()
        tabs.setAccessibleName(tr("More of this target"))
        tabs.addTab(self._security(), tr("Security"))
        tabs.addTab(self._sign_in(), tr("Sign-in"))
        tabs.addTab(self._limits(), tr("Limits"))
        self.tabs = tabs
        left = QVBoxLayout()
        left.setSpacing(GAP_LARGE)
        left.addWidget(heading)
        left.addLayout(self._addresses())
        left.addWidget(tabs, 1)
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
        self.resize(900, 570)

    def _addresses(self) -> QFormLayout:
        self.rest = _line(tr("REST address"), "http://127.0.0.1:8000")
        self.grpc = _line(tr("gRPC address"), "127.0.0.1:8001")
        self.name = _line(tr("Name"), tr("as the address"))
        self.rest.setToolTip(tr("A URL; HOST:RESTPORT,GRPCPORT fills both addresses"))
        self.dialect = _choice(tr("Dialect"), [(each.value, _title(each)) for each in Dialect])
        self.dialect.setToolTip(tr("How the server is spoken to"))
        form = _form()
        for field in (self.rest, self.grpc, self.name):
            form.addRow(field.accessibleName(), field)
        form.addRow(tr("Colour"), self._colour_row())
        form.addRow(self.dialect.accessibleName(), self.dialect)
        return form

    def _colour_row(self) -> QWidget:
        names = (
            tr("No colour"),
            tr("Blue"),
            tr("Green"),
            tr("Amber"),
            tr("Red"),
            tr("Violet"),
            tr("Grey"),
        )
        widget = QWidget()
        row = QHBoxLayout(widget)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP_SMALL)
        self._colours = QButtonGroup(self)
        for index, (colour, name) in enumerate(zip(COLOURS, names, strict=True)):
            button = QToolButton()
            button.setProperty("role", "flat")
            button.setCheckable(True)
            button.setAccessibleName(name)
            button.setToolTip(name)
            button.setIcon(
                QIcon(dot_pixmap(colour)) if colour else tinted("close", self._roles.text_muted)
            )
            button.setFixedSize(CONTROL_HEIGHT, CONTROL_HEIGHT)
            button.setStyleSheet("padding: 0; min-height: 0;")
            self._colours.addButton(button, index)
            row.addWidget(button)
        row.addStretch(1)
        return widget

    def _security(self) -> QWidget:
        self.tls = _choice(
            "TLS",
            [
                ("off", tr("Off: plaintext")),
                ("on", tr("On")),
                ("unverified", tr("On, without verification")),
            ],
        )
        self.risk = QLabel(
            tr("Without verification anybody on the way could answer in the server's place.")
        )
        self.risk.setProperty("role", "warning")
        self.risk.setWordWrap(True)
        self.ca_file = _line(tr("Authority (CA)"), tr("the system's authorities"))
        self.certificate = _line(tr("Client certificate"), tr("none"))
        self.key = _line(tr("Client key"), tr("none"))
        self.server_name = _line(tr("Server name"), tr("the host's name"))
        self.server_name.setToolTip(tr("The name that the server's certificate must have"))
        widget, form = _tab()
        form.addRow("TLS", self.tls)
        form.addRow("", self.risk)
        for field in (self.ca_file, self.certificate, self.key):
            form.addRow(field.accessibleName(), self._with_browse(field))
        form.addRow(self.server_name.accessibleName(), self.server_name)
        return widget

    def _with_browse(self, field: QLineEdit) -> QWidget:
        button = QToolButton()
        button.setIcon(tinted("folder", self._roles.text_muted))
        button.setAccessibleName(tr("Choose {file}", file=field.accessibleName()))
        button.setToolTip(tr("Choose a PEM file"))
        button.setFixedSize(CONTROL_HEIGHT + 4, CONTROL_HEIGHT)
        button.setStyleSheet("padding: 0; min-height: 0;")
        button.clicked.connect(lambda: ask_file(self, field.accessibleName(), field.setText))
        self._browse[field] = button
        widget = QWidget()
        row = QHBoxLayout(widget)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP_SMALL)
        row.addWidget(field, 1)
        row.addWidget(button)
        return widget

    def _sign_in(self) -> QWidget:
        self.token = _line(tr("Bearer token"), tr("none, a token, or ${VARIABLE}"))
        self.token.setEchoMode(QLineEdit.EchoMode.PasswordEchoOnEdit)
        self.headers = HeaderRows(tr("Headers for every call"), editable=True)
        self.headers.setMinimumHeight(90)
        self.keeping = QLabel(tr("Looking where secrets can be kept..."))
        self.keeping.setProperty("role", "muted")
        self.keeping.setWordWrap(True)
        widget = QWidget()
        column = QVBoxLayout(widget)
        column.setContentsMargins(GAP, GAP, GAP, 0)
        column.setSpacing(GAP)
        form = _form()
        form.addRow(self.token.accessibleName(), self.token)
        column.addLayout(form)
        caption = QLabel(tr("Headers for every call; double-click the empty line to add one"))
        caption.setProperty("role", "caption")
        column.addWidget(caption)
        column.addWidget(self.headers, 1)
        column.addWidget(self.keeping)
        return widget

    def _limits(self) -> QWidget:
        self.message_limit = QSpinBox()
        self.message_limit.setRange(1, 2047)
        self.message_limit.setSuffix(" MiB")
        self.deadline = _seconds(0.1, 3600)
        self.connect_timeout = _seconds(0.1, 60)
        widget, form = _tab()
        for field, title, tip in (
            (
                self.message_limit,
                tr("Largest message"),
                tr("Larger requests are not sent, larger replies not read"),
            ),
            (self.deadline, tr("Reply within"), tr("After that, a request counts as failed")),
            (self.connect_timeout, tr("Connect within"), tr("After that, nobody is there")),
        ):
            field.setAccessibleName(title)
            field.setToolTip(tip)
            field.setFixedWidth(120)
            field.setAlignment(Qt.AlignmentFlag.AlignRight)
            form.addRow(title, field)
        return widget

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
        self.rest.setText(target.rest)
        self.grpc.setText(target.grpc)
        self.name.setText(target.name)
        self.dialect.setCurrentIndex(self.dialect.findData(target.dialect.value))
        known = COLOURS.index(target.colour) if target.colour in COLOURS else 0
        self._colours.button(known).setChecked(True)
        tls = target.tls
        choice = "off" if tls is None else "on" if tls.verify else "unverified"
        self.tls.setCurrentIndex(self.tls.findData(choice))
        shown = tls or Tls()
        self.ca_file.setText(shown.ca_file)
        self.certificate.setText(shown.certificate_file)
        self.key.setText(shown.key_file)
        self.server_name.setText(shown.server_name)
        self.token.setText(shown_secret(target.credentials.token))
        self.headers.show_headers(
            tuple((name, shown_secret(value)) for name, value in target.credentials.headers)
        )
        self.message_limit.setValue(max(1, round(target.message_limit / _MIB)))
        self.deadline.setValue(target.deadline_s)
        self.connect_timeout.setValue(target.connect_timeout_s)
        self._grey()
        self._showing = False

    def _listen(self) -> None:
        for field in (self.rest, self.grpc):
            field.textEdited.connect(self._changed)
            field.editingFinished.connect(self._tidy)
        for field in (self.ca_file, self.certificate, self.key, self.server_name, self.token):
            field.textChanged.connect(self._changed)
        self.headers.edited.connect(self._changed)
        self.tls.currentIndexChanged.connect(self._tls_chosen)
        self.dialect.currentIndexChanged.connect(self._changed)
        self.card.fix_wanted.connect(self.use_fix)
        self._probing.began.connect(self.card.show_asking)
        self._probing.answered.connect(self._answered)
        self._probing.failed.connect(self.card.show_error)

    def _grey(self) -> None:
        off = self.tls.currentData() == "off"
        reason = tr("Only with TLS.") if off else ""
        unverified = self.tls.currentData() == "unverified"
        self.risk.setVisible(unverified)
        for field in (self.ca_file, self.certificate, self.key, self.server_name):
            useless = unverified and field in (self.ca_file, self.server_name)
            field.setEnabled(not (off or useless))
            field.setToolTip(reason or (tr("Nothing is verified.") if useless else ""))
            if field in self._browse:
                self._browse[field].setEnabled(field.isEnabled())

    def say_where_secrets_go(self, problem: str) -> None:
        """Where a token or a header's value will be kept; `problem` is why not in the keyring."""
        self.keeping.setText(
            tr("Values are kept for this run only: {problem}", problem=problem)
            + tr(" ${VARIABLE} is read from the environment at every start.")
            if problem
            else tr(
                "Values are kept in the system's keyring, never in a file. ${VARIABLE} is read "
                "from the environment."
            )
        )

    # -- news ----------------------------------------------------------------------------------

    @Slot()
    def _changed(self) -> None:
        if self._showing:
            return
        self.wrong.hide()
        if self.rest.text().strip() or self.grpc.text().strip():
            self._probing.soon(self._probed_target())
        else:
            self._probing.forget()
            self.card.show_nothing()

    @Slot()
    def _tidy(self) -> None:
        """HOST:RESTPORT,GRPCPORT in either field fills both."""
        for field in (self.rest, self.grpc):
            if "," in field.text():
                try:
                    target = target_from_text(field.text())
                except UsageError:
                    continue
                self.rest.setText(target.rest)
                self.grpc.setText(target.grpc)
                self._changed()
                return

    @Slot()
    def _tls_chosen(self) -> None:
        secure = self.tls.currentData() != "off"
        text = self.rest.text()
        if not self._showing and "://" in text:
            self.rest.setText(f"{'https' if secure else 'http'}://{text.partition('://')[2]}")
        self._grey()
        self._changed()

    @Slot()
    def _ask_now(self) -> None:
        self._tidy()
        self._changed()
        self._probing.now()

    @Slot(object)
    def _answered(self, report: ProbeReport) -> None:
        self.card.show_report(report)

    @Slot(object)
    def use_fix(self, fixed: Target) -> None:
        """Take over what a fix changes; templates of secrets stay as they were typed."""
        target = replace(
            fixed, name=self.name.text().strip(), credentials=self._typed().credentials
        )
        before = self._before
        self._show(target)
        self._before = replace(before, credentials=target.credentials)
        self._changed()
        self._probing.now()

    def showEvent(self, event: QShowEvent) -> None:
        """The first address has the cursor; Qt would give it to a button."""
        super().showEvent(event)
        self.rest.setFocus(Qt.FocusReason.OtherFocusReason)

    def done(self, result: int) -> None:
        """Ask no more."""
        self._probing.forget()
        super().done(result)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in an address asks at once; elsewhere it saves."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and self.focusWidget() in (self.rest, self.grpc):
            self._ask_now()
            return
        super().keyPressEvent(event)

    def _save(self, *, use: bool) -> None:
        self._tidy()
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
        self.tabs.setCurrentIndex(index)


def _form() -> QFormLayout:
    form = QFormLayout()
    form.setHorizontalSpacing(GAP_LARGE)
    form.setVerticalSpacing(GAP)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return form


def _tab() -> tuple[QWidget, QFormLayout]:
    widget = QWidget()
    form = _form()
    form.setContentsMargins(GAP, GAP_LARGE, GAP, GAP)
    widget.setLayout(form)
    return widget, form


def _line(name: str, placeholder: str) -> QLineEdit:
    field = QLineEdit()
    field.setAccessibleName(name)
    field.setPlaceholderText(placeholder)
    field.setMinimumWidth(_FIELD)
    return field


def _choice(name: str, choices: Sequence[tuple[str, str]]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    for value, text in choices:
        box.addItem(text, value)
    return box


def _title(dialect: Dialect) -> str:
    """A product's name, or that the server is to be asked."""
    return tr("Ask the server") if dialect is Dialect.AUTO else dialect_for(dialect).title


def _seconds(low: float, high: float) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(low, high)
    box.setDecimals(1)
    box.setSuffix(" s")
    return box

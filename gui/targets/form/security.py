"""How the way to a target is secured: TLS, its authority, and the client's own certificate."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from backend.core.target import Tls
from gui.targets.form.fields import choice, line, small_button, tab_rows
from gui.widgets.file_dialogs import ask_file
from gui.widgets.icons import tinted
from gui.widgets.language import tr
from gui.widgets.theme import CONTROL_HEIGHT, GAP_SMALL, Palette


class SecurityTab(QWidget):
    """Fields that mean nothing as TLS is set are grey and say why."""

    changed = Signal()
    tls_chosen = Signal()

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._browse: dict[QLineEdit, QToolButton] = {}
        self.tls = choice(
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
        self.ca_file = line(tr("Authority (CA)"), tr("the system's authorities"))
        self.certificate = line(tr("Client certificate"), tr("none"))
        self.key = line(tr("Client key"), tr("none"))
        self.server_name = line(tr("Server name"), tr("the host's name"))
        self.server_name.setToolTip(tr("The name that the server's certificate must have"))
        form = tab_rows()
        form.addRow("TLS", self.tls)
        form.addRow("", self.risk)
        for field in (self.ca_file, self.certificate, self.key):
            form.addRow(field.accessibleName(), self._with_browse(field, palette))
        form.addRow(self.server_name.accessibleName(), self.server_name)
        self.setLayout(form)
        for field in self._fields():
            field.textChanged.connect(self.changed)
        self.tls.currentIndexChanged.connect(self._choose_tls)

    @property
    def secure(self) -> bool:
        """Whether TLS is on."""
        return bool(self.tls.currentData() != "off")

    @property
    def value(self) -> Tls | None:
        """As it stands, None without TLS."""
        if not self.secure:
            return None
        return Tls(
            verify=self.tls.currentData() == "on",
            ca_file=self.ca_file.text().strip(),
            certificate_file=self.certificate.text().strip(),
            key_file=self.key.text().strip(),
            server_name=self.server_name.text().strip(),
        )

    def show_tls(self, tls: Tls | None) -> None:
        """Show a target's."""
        chosen = "off" if tls is None else "on" if tls.verify else "unverified"
        self.tls.setCurrentIndex(self.tls.findData(chosen))
        shown = tls or Tls()
        self.ca_file.setText(shown.ca_file)
        self.certificate.setText(shown.certificate_file)
        self.key.setText(shown.key_file)
        self.server_name.setText(shown.server_name)
        self._grey()

    def _fields(self) -> tuple[QLineEdit, ...]:
        return self.ca_file, self.certificate, self.key, self.server_name

    def _grey(self) -> None:
        off = not self.secure
        reason = tr("Only with TLS.") if off else ""
        unverified = self.tls.currentData() == "unverified"
        self.risk.setVisible(unverified)
        for field in self._fields():
            useless = unverified and field in (self.ca_file, self.server_name)
            field.setEnabled(not (off or useless))
            field.setToolTip(reason or (tr("Nothing is verified.") if useless else ""))
            if field in self._browse:
                self._browse[field].setEnabled(field.isEnabled())

    def _with_browse(self, field: QLineEdit, palette: Palette) -> QWidget:
        name = tr("Choose {file}", file=field.accessibleName())
        button = small_button(name, tr("Choose a PEM file"), CONTROL_HEIGHT + 4)
        button.setIcon(tinted("folder", palette.text_muted))
        button.clicked.connect(lambda: ask_file(self, field.accessibleName(), field.setText))
        self._browse[field] = button
        widget = QWidget()
        row = QHBoxLayout(widget)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP_SMALL)
        row.addWidget(field, 1)
        row.addWidget(button)
        return widget

    @Slot()
    def _choose_tls(self) -> None:
        self._grey()
        self.tls_chosen.emit()

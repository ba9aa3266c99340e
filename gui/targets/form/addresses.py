"""Where a target is, what it is called, and how it is spoken to."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QWidget

from backend.clients.dialects.known import dialect_for
from backend.core.addresses import target_from_text
from backend.core.errors import UsageError
from backend.core.target import Dialect, Target
from gui.targets.form.fields import choice, line, rows, small_button
from gui.widgets.icons import tinted
from gui.widgets.language import marked, tr
from gui.widgets.picker import dot_pixmap
from gui.widgets.theme import GAP_SMALL, Palette

COLOURS = ("", "#2f7de1", "#1f9d6b", "#d18b00", "#d5433b", "#a45bd0", "#7a8494")
"""No colour first; red is for what must not be disturbed."""
_COLOUR_NAMES = (
    marked("No colour"),
    marked("Blue"),
    marked("Green"),
    marked("Amber"),
    marked("Red"),
    marked("Violet"),
    marked("Grey"),
)


class AddressRows(QWidget):
    """Both addresses, name, colour and dialect."""

    changed = Signal()
    """Somebody else would be asked, or in another way."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.rest = line(tr("REST address"), "http://127.0.0.1:8000")
        self.grpc = line(tr("gRPC address"), "127.0.0.1:8001")
        self.name = line(tr("Name"), tr("as the address"))
        self.rest.setToolTip(tr("A URL; HOST:RESTPORT,GRPCPORT fills both addresses"))
        self._dialect = choice(tr("Dialect"), [(each.value, _title(each)) for each in Dialect])
        self._dialect.setToolTip(tr("How the server is spoken to"))
        form = rows()
        form.setContentsMargins(0, 0, 0, 0)
        for field in (self.rest, self.grpc, self.name):
            form.addRow(field.accessibleName(), field)
        form.addRow(tr("Colour"), self._colour_row(palette))
        form.addRow(self._dialect.accessibleName(), self._dialect)
        self.setLayout(form)
        for field in (self.rest, self.grpc):
            field.textEdited.connect(self.changed)
            field.editingFinished.connect(self.tidy)
        self._dialect.currentIndexChanged.connect(self.changed)

    @property
    def dialect(self) -> Dialect:
        """How the server is spoken to."""
        return Dialect(self._dialect.currentData())

    @property
    def colour(self) -> str:
        """The colour as #rrggbb, '' for none."""
        return COLOURS[self._colours.checkedId()]

    @property
    def any(self) -> bool:
        """Whether there is an address at all."""
        return bool(self.rest.text().strip() or self.grpc.text().strip())

    def rest_url(self, *, secure: bool) -> str:
        """The REST address with the scheme that it has, or would have."""
        text = self.rest.text().strip()
        if text and "://" not in text and "${" not in text:
            return f"{'https' if secure else 'http'}://{text}"
        return text

    def set_scheme(self, *, secure: bool) -> None:
        """Change the scheme of a REST address that has one."""
        text = self.rest.text()
        if "://" in text:
            self.rest.setText(f"{'https' if secure else 'http'}://{text.partition('://')[2]}")

    def show_target(self, target: Target) -> None:
        """Show a target's."""
        self.rest.setText(target.rest)
        self.grpc.setText(target.grpc)
        self.name.setText(target.name)
        self._dialect.setCurrentIndex(self._dialect.findData(target.dialect.value))
        known = COLOURS.index(target.colour) if target.colour in COLOURS else 0
        self._colours.button(known).setChecked(True)

    @Slot()
    def tidy(self) -> None:
        """HOST:RESTPORT,GRPCPORT in either field fills both."""
        for field in (self.rest, self.grpc):
            if "," in field.text():
                try:
                    target = target_from_text(field.text())
                except UsageError:
                    continue
                self.rest.setText(target.rest)
                self.grpc.setText(target.grpc)
                self.changed.emit()
                return

    def _colour_row(self, palette: Palette) -> QWidget:
        widget = QWidget()
        row = QHBoxLayout(widget)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP_SMALL)
        self._colours = QButtonGroup(self)
        for index, (colour, name) in enumerate(zip(COLOURS, _COLOUR_NAMES, strict=True)):
            button = small_button(tr(name), tr(name))
            button.setProperty("role", "flat")
            button.setCheckable(True)
            button.setIcon(
                QIcon(dot_pixmap(colour)) if colour else tinted("close", palette.text_muted)
            )
            self._colours.addButton(button, index)
            row.addWidget(button)
        row.addStretch(1)
        return widget


def _title(dialect: Dialect) -> str:
    """A product's name, or that the server is to be asked."""
    return tr("Ask the server") if dialect is Dialect.AUTO else dialect_for(dialect).title

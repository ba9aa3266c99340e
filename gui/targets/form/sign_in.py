"""Who we are to a target: a token and headers, whose kept values are not shown."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

from backend.core.target import Credentials
from backend.targets import secret_ids
from gui.targets.form.fields import line, rows
from gui.widgets.header_rows import HeaderRows
from gui.widgets.language import tr
from gui.widgets.theme import GAP

_HIDDEN = "••••••••"


class SignInTab(QWidget):
    """Secrets that are kept come back as they were unless something else is typed."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.token = line(tr("Bearer token"), tr("none, a token, or ${VARIABLE}"))
        self.token.setEchoMode(QLineEdit.EchoMode.PasswordEchoOnEdit)
        self.headers = HeaderRows(tr("Headers for every call"), editable=True)
        self.headers.setMinimumHeight(90)
        self._keeping = QLabel(tr("Looking where secrets can be kept..."))
        self._keeping.setProperty("role", "muted")
        self._keeping.setWordWrap(True)
        form = rows()
        form.addRow(self.token.accessibleName(), self.token)
        caption = QLabel(tr("Headers for every call; double-click the empty line to add one"))
        caption.setProperty("role", "caption")
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP, GAP, GAP, 0)
        column.setSpacing(GAP)
        column.addLayout(form)
        column.addWidget(caption)
        column.addWidget(self.headers, 1)
        column.addWidget(self._keeping)
        self.token.textChanged.connect(self.changed)
        self.headers.edited.connect(self.changed)

    def credentials(self, before: Credentials) -> Credentials:
        """What is meant by what is shown; `before` is what that was made of."""
        kept = dict(before.headers)
        headers = tuple(
            (name, _meant(value, kept.get(name, ""))) for name, value in self.headers.headers
        )
        return Credentials(_meant(self.token.text(), before.token), headers)

    def show_credentials(self, credentials: Credentials) -> None:
        """Show a target's: `${ENV}` and typed text as they are, kept secrets hidden."""
        self.token.setText(_shown(credentials.token))
        self.headers.show_headers(
            tuple((name, _shown(value)) for name, value in credentials.headers)
        )

    def say_where_secrets_go(self, problem: str) -> None:
        """Where a token or a header's value will be kept; `problem` is why not in the keyring."""
        self._keeping.setText(
            tr("Values are kept for this run only: {problem}", problem=problem)
            + tr(" ${VARIABLE} is read from the environment at every start.")
            if problem
            else tr(
                "Values are kept in the system's keyring, never in a file. ${VARIABLE} is read "
                "from the environment."
            )
        )


def _shown(text: str) -> str:
    return _HIDDEN if secret_ids(text) else text


def _meant(shown: str, before: str) -> str:
    return before if shown == _HIDDEN else shown

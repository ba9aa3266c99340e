"""What the model gets: the picture as it sees it, and each tensor in numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QVBoxLayout, QWidget

from backend.core.choices import Payload
from backend.core.samples import AudioWindow, Sample
from backend.core.tensors import Array, Tensor
from backend.inspector.views import number_range
from backend.profiles.model_profile import ModelProfile
from backend.profiles.preview import tensor_preview
from gui.widgets.language import byte_size, significant, tr
from gui.widgets.theme import GAP, GAP_LARGE, GAP_SMALL

_WIDTH = 380
_LOWEST, _HIGHEST = 32, 320


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What the model sees, RGB uint8 [height, width, 3] or None, and its tensors in words."""

    picture: Array | None
    text: str
    sound: bool = False


def seen(profile: ModelProfile, sample: Sample, payload: Payload) -> Seen:
    """What a request for the sample would hold; may take a while, raises ConsoleError."""
    preview = tensor_preview(profile, sample, payload)
    lines = [_lines(tensor) for tensor in preview.tensors]
    text = "\n\n".join(lines) or tr("No tensor is sent.")
    return Seen(preview.picture, text, isinstance(sample, AudioWindow))


class TensorPane(QFrame):
    """Shows a TensorPreview, or says why there is none."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("thePreview")
        self.setAccessibleName(tr("What is sent"))
        self.setFixedWidth(_WIDTH)
        title = QLabel(tr("What is sent"))
        title.setProperty("role", "title")
        self.picture = _Picture()
        self.caption = QLabel()
        self.caption.setProperty("role", "muted")
        self.caption.setWordWrap(True)
        self.wrong = QLabel()
        self.wrong.setProperty("role", "error")
        self.wrong.setWordWrap(True)
        self.tensors = QLabel()
        self.tensors.setTextFormat(Qt.TextFormat.PlainText)
        self.tensors.setWordWrap(True)
        self.tensors.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP_LARGE, GAP_LARGE, GAP_LARGE, GAP_LARGE)
        column.setSpacing(GAP)
        for widget in (title, self.picture, self.caption, self.tensors, self.wrong):
            column.addWidget(widget)
        column.addStretch(1)
        self.say(tr("Stream something: the newest frame is shown here as the model sees it."))

    def say(self, text: str) -> None:
        """There is nothing to show yet."""
        self.picture.hide()
        self.tensors.clear()
        self.wrong.hide()
        self.caption.setText(text)

    def complain(self, text: str) -> None:
        """These options cannot be used; what was shown last stays."""
        self.wrong.setText(text)
        self.wrong.setVisible(bool(text))

    def show_seen(self, preview: Seen) -> None:
        """The exact tensors of a request for the newest sample."""
        self.wrong.hide()
        if preview.picture is not None:
            pixels = preview.picture
            height, width = pixels.shape[:2]
            data = np.ascontiguousarray(pixels).tobytes()
            image = QImage(data, width, height, 3 * width, QImage.Format.Format_RGB888)
            self.picture.show_image(image.copy())
            self.caption.setText(
                tr("As the model sees it, {width}×{height}", width=width, height=height)
            )
        else:
            self.picture.hide()
            self.caption.setText(
                tr("The newest window of sound.") if preview.sound else tr("The newest frame.")
            )
        self.tensors.setText(preview.text)


class _Picture(QWidget):
    """A picture that keeps its shape, smooth when it is made smaller, where texts need room too."""

    def __init__(self) -> None:
        super().__init__()
        self._image = QImage()
        self._wanted = QSize(_WIDTH, _LOWEST)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.setMinimumHeight(_LOWEST)

    def sizeHint(self) -> QSize:
        """As large as it is at its best."""
        return self._wanted

    def show_image(self, image: QImage) -> None:
        """Show this one."""
        self._image = image
        room = _WIDTH - 2 * GAP_LARGE - GAP_SMALL
        height = round(room * image.height() / image.width())
        self._wanted = QSize(_WIDTH, max(_LOWEST, min(_HIGHEST, height)))
        self.updateGeometry()
        self.show()
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Fit it in, in device pixels."""
        if self._image.isNull():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        scale = min(self.width() / self._image.width(), self.height() / self._image.height())
        width, height = self._image.width() * scale, self._image.height() * scale
        painter.drawImage(QRectF(0, 0, width, height), self._image)


def _lines(tensor: Tensor) -> str:
    """Name, datatype and shape; then the numbers and how many bytes they are."""
    head = f"{tensor.name}  {tensor.datatype}  [{', '.join(map(str, tensor.shape))}]"
    if tensor.data.dtype == object:
        sizes = [len(item) for item in tensor.data.reshape(-1)]
        return f"{head}\n{byte_size(sum(sizes))}"
    numbers = number_range(tensor)
    parts = [
        f"{word} {significant(value, 4)}"
        for word, value in (
            (tr("min"), numbers.low),
            (tr("mean"), numbers.mean),
            (tr("max"), numbers.high),
        )
        if value is not None
    ]
    return f"{head}\n{'   '.join((*parts, byte_size(tensor.data.nbytes)))}"

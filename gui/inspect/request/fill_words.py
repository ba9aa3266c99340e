"""What the fillings of an input are called, and the files that some of them take."""

from __future__ import annotations

from backend.inspector.forms import FillKind
from gui.widgets.language import marked

_PICTURES, _SOUNDS = "*.jpg *.jpeg *.png", "*.wav *.flac *.ogg"
FILLS = (
    (FillKind.ZEROS, marked("Zeros")),
    (FillKind.ONES, marked("Ones")),
    (FillKind.RANDOM, marked("Random")),
    (FillKind.CONSTANT, marked("Constant")),
    (FillKind.JSON, marked("JSON")),
    (FillKind.FILE, marked("File")),
    (FillKind.FRAME, marked("Current frame")),
    (FillKind.PICTURE, marked("Picture")),
    (FillKind.WINDOW, marked("Current sound")),
    (FillKind.SOUND, marked("Sound")),
)
TIPS = {
    FillKind.FRAME: marked("What the source shows now, prepared as in a run"),
    FillKind.PICTURE: marked("A picture file, prepared as in a run"),
    FillKind.WINDOW: marked("What the source sounds like now, prepared as in a run"),
    FillKind.SOUND: marked("A sound file, prepared as in a run"),
    FillKind.FILE: marked("A file's elements as they are"),
}
PLACEHOLDERS = {
    FillKind.CONSTANT: marked("0.5"),
    FillKind.JSON: marked("[1, 2, 3]"),
    FillKind.FILE: marked(".npy, .npz, picture, .wav or .json"),
    FillKind.PICTURE: marked(".jpg or .png"),
    FillKind.SOUND: marked(".wav, .flac or .ogg"),
}
FILE_FILTERS = {
    FillKind.FILE: (
        marked("Tensors, pictures, sound"),
        f"*.npy *.npz *.json {_PICTURES} {_SOUNDS}",
    ),
    FillKind.PICTURE: (marked("Pictures"), _PICTURES),
    FillKind.SOUND: (marked("Sound"), _SOUNDS),
}

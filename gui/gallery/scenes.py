"""Which picture of it at work a model gets, and under which heading it is found."""

from __future__ import annotations

from enum import StrEnum

from backend.gallery import GalleryEntry, Task
from gui.widgets.language import marked


class Scene(StrEnum):
    """What can be seen of a model at work."""

    THINGS = "things"
    FACES = "faces"
    MESH = "mesh"
    BODY = "body"
    HAND = "hand"
    MASK = "mask"
    REGIONS = "regions"
    CLASSES = "classes"
    SPEECH = "speech"
    WORDS = "words"
    TEXT = "text"


class Category(StrEnum):
    """The headings of the filter."""

    ALL = "all"
    OBJECTS = "objects"
    FACES = "faces"
    POSE = "pose"
    MASKS = "masks"
    CLASSES = "classes"
    SOUND = "sound"
    TEXT = "text"


CATEGORY_TITLES = {
    Category.ALL: marked("All"),
    Category.OBJECTS: marked("Objects"),
    Category.FACES: marked("Faces"),
    Category.POSE: marked("Pose"),
    Category.MASKS: marked("Segmentation"),
    Category.CLASSES: marked("Classes"),
    Category.SOUND: marked("Sound"),
    Category.TEXT: marked("Text"),
}
_OF_TASK = {
    Task.OBJECTS: Scene.THINGS,
    Task.CLASSES: Scene.CLASSES,
    Task.FACES: Scene.FACES,
    Task.POINTS: Scene.BODY,
    Task.MASKS: Scene.REGIONS,
    Task.SPEECH: Scene.SPEECH,
    Task.KEYWORDS: Scene.WORDS,
    Task.TEXT: Scene.TEXT,
}
_HANDS, _FACE, _SELFIE = ("hand", "palm"), "face", "selfie"
_CATEGORIES = {
    Scene.THINGS: Category.OBJECTS,
    Scene.FACES: Category.FACES,
    Scene.MESH: Category.FACES,
    Scene.BODY: Category.POSE,
    Scene.HAND: Category.POSE,
    Scene.MASK: Category.MASKS,
    Scene.REGIONS: Category.MASKS,
    Scene.CLASSES: Category.CLASSES,
    Scene.SPEECH: Category.SOUND,
    Scene.WORDS: Category.SOUND,
    Scene.TEXT: Category.TEXT,
}
_ICONS = {
    Category.ALL: "gallery",
    Category.OBJECTS: "box",
    Category.FACES: "face",
    Category.POSE: "pose",
    Category.MASKS: "mask",
    Category.CLASSES: "classes",
    Category.SOUND: "tone",
    Category.TEXT: "text",
}


def scene_of(entry: GalleryEntry) -> Scene:
    """The scene of a model: by its task, and by its name where it is about hands, faces or one
    person."""
    scene = _OF_TASK[entry.task]
    if scene in (Scene.BODY, Scene.THINGS) and any(word in entry.name for word in _HANDS):
        return Scene.HAND
    if scene is Scene.BODY and _FACE in entry.name:
        return Scene.MESH
    if scene is Scene.REGIONS and _SELFIE in entry.name:
        return Scene.MASK
    return scene


def category_of(entry: GalleryEntry) -> Category:
    """The heading under which it is found."""
    return _CATEGORIES[scene_of(entry)]


def icon_of(entry: GalleryEntry) -> str:
    """The name of its icon in assets/icons."""
    return _ICONS[category_of(entry)]

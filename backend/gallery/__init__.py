"""Well-known models, fetched on request into the user's model repository."""

from backend.gallery.cancelling import Cancellation
from backend.gallery.catalogue import Catalogue, read_catalogue
from backend.gallery.entry import (
    GalleryEntry,
    GalleryFile,
    GalleryList,
    Task,
    size_of,
    traffic_of,
)
from backend.gallery.faults import DownloadError, DownloadFault
from backend.gallery.gallery import (
    Fetchers,
    Gallery,
    GalleryRow,
    fetchers_for,
)
from backend.gallery.installed import InstallState
from backend.gallery.progress import OnProgress, Phase, Progress
from backend.gallery.speed import Speed

__all__ = [
    "Cancellation",
    "Catalogue",
    "DownloadError",
    "DownloadFault",
    "Fetchers",
    "Gallery",
    "GalleryEntry",
    "GalleryFile",
    "GalleryList",
    "GalleryRow",
    "InstallState",
    "OnProgress",
    "Phase",
    "Progress",
    "Speed",
    "Task",
    "fetchers_for",
    "read_catalogue",
    "size_of",
    "traffic_of",
]

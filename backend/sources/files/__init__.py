"""Pictures, folders of them, videos and sound files, at their own pace or as fast as taken."""

from backend.sources.files.audio import AudioFileSource
from backend.sources.files.folder import FolderSource
from backend.sources.files.image import ImageSource
from backend.sources.files.kinds import FileKind, kind_of_file
from backend.sources.files.pacing import Pace
from backend.sources.files.video import VideoSource

__all__ = [
    "AudioFileSource",
    "FileKind",
    "FolderSource",
    "ImageSource",
    "Pace",
    "VideoSource",
    "kind_of_file",
]

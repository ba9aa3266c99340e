"""Pictures, folders of them, videos and sound files, at their own pace or as fast as taken."""

from backend.sources.files.path import PATH, given_path

__all__ = ["PATH", "given_path"]

"""The gallery page: well-known models, got, measured, used and removed from one place."""

from gui.gallery.downloads import OpenGallery
from gui.gallery.page import GalleryPage

__all__ = ["GalleryPage", "OpenGallery"]

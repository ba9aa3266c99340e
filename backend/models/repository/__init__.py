"""The models on offer by name, and the folders that some of them come from."""

from backend.models.repository.adopt import Adopted, adopt, remove_adopted
from backend.models.repository.folders import ModelFolders
from backend.models.repository.loaded import LoadedModel
from backend.models.repository.registry import ModelRegistry
from backend.models.repository.states import UNLOADED, IndexEntry, ModelState
from backend.models.repository.user_folder import user_repository

__all__ = [
    "UNLOADED",
    "Adopted",
    "IndexEntry",
    "LoadedModel",
    "ModelFolders",
    "ModelRegistry",
    "ModelState",
    "adopt",
    "remove_adopted",
    "user_repository",
]

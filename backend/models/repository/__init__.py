"""The models on offer by name, and the folders that some of them come from."""

from backend.models.repository.adopt import Adopted, NotServable, adopt, remove_adopted
from backend.models.repository.adoption import Adoption, AdoptionProgress, AdoptionStep
from backend.models.repository.folders import ModelFolders
from backend.models.repository.found import FoundModels, find_models
from backend.models.repository.loaded import LoadedModel, instance_count
from backend.models.repository.model_files import model_name
from backend.models.repository.places import FILE_SUFFIXES
from backend.models.repository.registry import ModelRegistry
from backend.models.repository.states import UNLOADED, BrokenVersion, IndexEntry, ModelState
from backend.models.repository.user_folder import user_repository
from backend.models.repository.weights import weight_files

__all__ = [
    "FILE_SUFFIXES",
    "UNLOADED",
    "Adopted",
    "Adoption",
    "AdoptionProgress",
    "AdoptionStep",
    "BrokenVersion",
    "FoundModels",
    "IndexEntry",
    "LoadedModel",
    "ModelFolders",
    "ModelRegistry",
    "ModelState",
    "NotServable",
    "adopt",
    "find_models",
    "instance_count",
    "model_name",
    "remove_adopted",
    "user_repository",
    "weight_files",
]

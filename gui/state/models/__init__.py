"""Models that can be chosen: those of the embedded server, those that are added, and switching."""

from gui.state.models.adoption import AddedModel, ModelAdoption
from gui.state.models.offers import ModelOffer, model_offers
from gui.state.models.repositories import CodeQuestion, RepositoryControl
from gui.state.models.rows import ModelRepositories, ModelRow, Repository
from gui.state.models.switching import SwitchModel

__all__ = [
    "AddedModel",
    "CodeQuestion",
    "ModelAdoption",
    "ModelOffer",
    "ModelRepositories",
    "ModelRow",
    "Repository",
    "RepositoryControl",
    "SwitchModel",
    "model_offers",
]

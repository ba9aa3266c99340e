"""What a model reaches of the server around it."""

from __future__ import annotations

from dataclasses import dataclass, field

from backend.models.calls import ModelCalls
from backend.models.code import CodePermission, NoCode
from backend.models.custom_metrics import CustomMetrics
from backend.models.loaded_models import LoadedModels
from backend.models.loads import Loads


@dataclass(frozen=True, slots=True)
class ModelServices:
    """The way to other models, which of them are loaded or being loaded, and where to measure.

    `code` says whether a model that is a program may run.
    """

    calls: ModelCalls = field(default_factory=ModelCalls)
    metrics: CustomMetrics = field(default_factory=CustomMetrics)
    models: LoadedModels = field(default_factory=LoadedModels)
    loads: Loads = field(default_factory=Loads)
    code: CodePermission = field(default_factory=NoCode)

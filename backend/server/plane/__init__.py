"""The data plane: models and what can be asked of them, without any transport."""

from backend.server.plane.about import (
    ENGINE_EXTENSIONS,
    SERVER_NAME,
    model_config,
    model_metadata,
    model_rows,
    server_metadata,
)
from backend.server.plane.context import Readiness, ServerContext, make_context
from backend.server.plane.data_plane import (
    DataPlane,
    Engine,
    ModelStatus,
    StreamAnswer,
)
from backend.server.plane.inner_calls import InnerCalls
from backend.server.plane.items import numbers
from backend.server.plane.load_parameters import LoadTerms, load_terms
from backend.server.plane.local import LocalDataPlane
from backend.server.plane.metrics import CONTENT_TYPE, ServerMetrics, metrics_page
from backend.server.plane.output_delivery import NO_SHARED_MEMORY, OutputDelivery
from backend.server.plane.registry_engine import RegistryEngine, check_answers_once
from backend.server.plane.request_log import RequestLog, RequestRecord

__all__ = [
    "CONTENT_TYPE",
    "ENGINE_EXTENSIONS",
    "NO_SHARED_MEMORY",
    "SERVER_NAME",
    "DataPlane",
    "Engine",
    "InnerCalls",
    "LoadTerms",
    "LocalDataPlane",
    "ModelStatus",
    "OutputDelivery",
    "Readiness",
    "RegistryEngine",
    "RequestLog",
    "RequestRecord",
    "ServerContext",
    "ServerMetrics",
    "StreamAnswer",
    "check_answers_once",
    "load_terms",
    "make_context",
    "metrics_page",
    "model_config",
    "model_metadata",
    "model_rows",
    "numbers",
    "server_metadata",
]

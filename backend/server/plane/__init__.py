"""The data plane: models and what can be asked of them, without any transport."""

from backend.server.plane.about import SERVER_NAME, model_metadata, server_metadata
from backend.server.plane.context import ServerContext, make_context
from backend.server.plane.data_plane import DataPlane, ModelStatus, model_rows
from backend.server.plane.inner_calls import InnerCalls
from backend.server.plane.items import numbers
from backend.server.plane.load_parameters import LoadTerms, load_terms
from backend.server.plane.metrics import CONTENT_TYPE, ServerMetrics, metrics_page
from backend.server.plane.output_delivery import NO_SHARED_MEMORY, OutputDelivery
from backend.server.plane.readiness import Readiness
from backend.server.plane.request_log import RequestLog, RequestRecord

__all__ = [
    "CONTENT_TYPE",
    "NO_SHARED_MEMORY",
    "SERVER_NAME",
    "DataPlane",
    "InnerCalls",
    "LoadTerms",
    "ModelStatus",
    "OutputDelivery",
    "Readiness",
    "RequestLog",
    "RequestRecord",
    "ServerContext",
    "ServerMetrics",
    "load_terms",
    "make_context",
    "metrics_page",
    "model_metadata",
    "model_rows",
    "numbers",
    "server_metadata",
]

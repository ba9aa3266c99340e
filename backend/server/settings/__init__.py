"""What a server is started with: addresses, limits, time-outs, TLS, token."""

from backend.server.settings.limits import Limits
from backend.server.settings.log_settings import LogSettings, LogValue
from backend.server.settings.options import UPLOAD_OPTION, ModelControl, ServerOptions
from backend.server.settings.ports import address, bind_address, check_free, listen
from backend.server.settings.security import ASK_FOR_IT, check_tls, grpc_credentials, shows_token
from backend.server.settings.trace_settings import TraceSettings

__all__ = [
    "ASK_FOR_IT",
    "UPLOAD_OPTION",
    "Limits",
    "LogSettings",
    "LogValue",
    "ModelControl",
    "ServerOptions",
    "TraceSettings",
    "address",
    "bind_address",
    "check_free",
    "check_tls",
    "grpc_credentials",
    "listen",
    "shows_token",
]

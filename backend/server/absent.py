"""What Triton has and this server does not, and how that is said."""

from __future__ import annotations

NO_CUDA = "CUDA shared memory is not supported by this server"
NO_TRACE = "tracing is not supported by this server; replies carry their own durations"
NO_LOGGING = "log settings are not supported by this server"

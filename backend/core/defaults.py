"""What holds without an option: the default of each, and the limits and time-outs people meet.

The tables of options, the values that a server or a run is made from, and the saved targets all
take it from here. `*_S` are seconds.
"""

from __future__ import annotations

MIB = 1024 * 1024

# Of a target.
DEADLINE_S = 5.0
"""From sending a request to its reply, in a run."""
CONNECT_TIMEOUT_S = 3.0
DEFAULT_MESSAGE_LIMIT = 64 * MIB
"""Largest message either side accepts, in bytes."""

# Of a call by hand.
CALL_DEADLINE_S = 30.0
"""Streams have none."""
METHODS_DEADLINE_S = 3.0
"""For a server to describe its methods."""
PROBE_TIMEOUT_S = 2.0
"""For a server to say who it is."""

# Of a run.
JPEG_QUALITY = 85
SCREENSHOT_SECONDS = 20.0

# Of a camera.
CAMERA_CONNECT_S = 30.0
"""Drivers take up to ten seconds; a camera that dribbles its answer would take for ever."""
NETWORK_CAMERA_CONNECT_S = 15.0
NETWORK_CAMERA_TIMEOUT_S = 3.0
"""Longest wait for a connection, an answer or the next bytes."""
FIRST_PICTURE_S = 5.0
SILENT_AFTER_S = 4.0
"""Without a picture for so long, a camera is given up."""

# Of a server.
SERVER_START_S = 10.0
SERVER_STOP_S = 2.0
HOST = "127.0.0.1"
DRAIN_S = 1.5
"""For requests to finish after a signal."""
QUEUE_LIMIT = 512
"""How many requests may wait for one model, unless its configuration says otherwise.

More than all REST connections can bring at once, and room for load tests over gRPC beside them.
"""
HEADER_BYTES = 64 * 1024
HEADER_LIMIT = 128
TENSOR_LIMIT = 256
NESTING_LIMIT = 100
STREAM_LIMIT = 128
CONNECTION_LIMIT = 256
CONNECTIONS_PER_ADDRESS = 224
CALL_LIMIT = 1024

# Of the gallery.
MIRROR_VARIABLE = "INFERDECK_GALLERY_MIRROR"
"""The environment variable that names a mirror for whoever names none."""
DOWNLOAD_CONNECT_S = 10.0
DOWNLOAD_STALL_S = 30.0
"""Longest wait for the next bytes; in so long, some must have come in any case."""
PIP_TIME_LIMIT_S = 600.0
SPEED_TIME_LIMIT_S = 60.0
"""For a model to be loaded and timed."""

# Of an export.
KSERVE_IMAGE = "inferdeck-models:latest"

# Of a recording.
RECENT_SECONDS = 30.0
RECENT_BYTES = 512 * MIB
"""What is kept of a run in memory to be saved later."""

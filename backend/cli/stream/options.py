"""The options of `stream`."""

from __future__ import annotations

from pathlib import Path

from backend.cli.target_options import SECURITY, SPEECH, TARGETED
from backend.core.choices import Api, Compression, ImageEncoding, Transport
from backend.core.defaults import DEADLINE_S, JPEG_QUALITY
from backend.core.options import Option, OptionGroup, OptionParser, common
from backend.core.options.values import number, seconds, whole_number
from backend.sources.kind import Pace

STREAMED = OptionGroup("", (common.SOURCE.but(required=True), TARGETED))

THROUGH = OptionGroup(
    "",
    (
        common.MODEL,
        Option(
            "--model-file",
            "a model file (.onnx, .tflite) for the embedded server to serve where it is; what a "
            "guess of its profile rests on goes to stderr",
            parse=Path,
            metavar="FILE",
        ),
    ),
    exclusive=True,
    required=True,
)

WAY = (
    common.PROFILE,
    common.API.but(default=Api.OIP),
    common.TRANSPORT.but(default=Transport.GRPC_STREAM),
    common.SERIALIZATION.but(default_text="binary over REST, raw over gRPC"),
)
BOUNDS = (
    common.COMPRESSION.but(default=Compression.NONE),
    common.IN_FLIGHT,
    common.DEADLINE.but(default_text=f"the target's, {DEADLINE_S:g}"),
)
"""With `WAY`, how every command that streams samples sends them."""

SENDING = OptionGroup(
    "",
    (
        *WAY,
        common.IMAGE.but(default=ImageEncoding.RAW),
        Option(
            "--jpeg-quality",
            "of pictures sent as JPEG",
            parse=whole_number(),
            default=JPEG_QUALITY,
            metavar="1-100",
        ),
        *BOUNDS,
        Option("--loop", "play files again and again", switch=True),
        Option(
            "--pace",
            "files: at their own speed, or free (as fast as the answers come)",
            choices=Pace,
            default=Pace.OWN,
        ),
        Option(
            "--speed",
            "files: a factor of their own pace, 0.1 to 8",
            parse=number(0.1, 8.0),
            default=1.0,
            metavar="X",
        ),
    ),
)

RECORD = Option(
    "--record",
    "write everything into this new file as well: samples, predictions, times, settings, notices",
    parse=Path,
    metavar="FILE.mcap",
)
COMPLETE = Option(
    "--record-complete",
    "let the stream wait for a slow disk; without it the recording loses what is too much",
    switch=True,
)
RECORDING = OptionGroup("", (RECORD, COMPLETE))

END = OptionGroup(
    "",
    (
        Option("--seconds", "stop after so long", parse=seconds(), unit="s", metavar="S"),
        Option("--frames", "stop after so many results", parse=whole_number(1), metavar="N"),
    ),
    exclusive=True,
)

STREAM = (STREAMED, THROUGH, SECURITY, SPEECH, SENDING, RECORDING, END)


def parser() -> OptionParser:
    """What reads the command's arguments."""
    return OptionParser(
        prog="main.py stream",
        description="Stream a source through a model; one JSON object per sample on stdout, "
        'answered or not, and {"word": ...} for each word heard; then {"summary": ...}. '
        '{"warning": ...} is for replies that are not what was asked for. '
        "Exit codes: 0 done, 2 wrong usage, source or recording, 3 target unreachable, 4 error "
        "from the server, 5 no reply before the deadline.",
        groups=STREAM,
    )

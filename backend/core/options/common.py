"""The options that several commands take, or a command and the window."""

from __future__ import annotations

from pathlib import Path

from backend.core.choices import Api, Compression, ImageEncoding, Serialization, Transport, listed
from backend.core.defaults import DEFAULT_MESSAGE_LIMIT, MIB
from backend.core.options.option import Option
from backend.core.options.values import seconds, whole_number

SOURCE = Option(
    "--source",
    "pattern; tone; sweep; noise; webcam, webcam:NUMBER, webcam:/dev/videoN, webcam:NAME or "
    "webcam:NAME?size=WxH&fps=N&format=mjpeg; an http://, https:// or rtsp:// address; the path of "
    "a picture, folder, video, sound file or recording",
    metavar="SPEC",
)
"""The kinds of `backend.sources.registry` (a test compares them), which bring their libraries."""
MODEL = Option("--model", "name of the model", metavar="M")
PROFILE = Option(
    "--profile",
    "profile.toml that says how the model is fed and read",
    default="",
    default_text="guessed",
    metavar="FILE",
)
TARGET = Option(
    "--target",
    "embedded, the name of a saved target, or HOST:RESTPORT,GRPCPORT (HOST:RESTPORT, "
    "HOST:,GRPCPORT)",
    metavar="TARGET",
)
API = Option("--api", "oip: Open Inference Protocol", choices=Api)
TRANSPORT = Option("--transport", "how requests travel", choices=Transport)
SERIALIZATION = Option(
    "--serialization",
    f"{listed(Serialization.of(rest=True))} belong to REST, "
    f"{listed(Serialization.of(rest=False))} to gRPC",
    choices=Serialization,
)
IMAGE = Option("--image", "how pictures are encoded", choices=ImageEncoding)
COMPRESSION = Option("--compression", "of the whole message", choices=Compression)
IN_FLIGHT = Option(
    "--in-flight",
    "requests on their way at once",
    parse=whole_number(1),
    default_text="automatic",
    metavar="N",
)
DEADLINE = Option("--deadline", "until the reply", parse=seconds(), unit="s", metavar="S")
HEADER = Option("--header", "a header or metadata", repeatable=True, metavar="NAME:VALUE")

REST_PORT = Option(
    "--rest-port",
    "port for REST, 0: the system chooses",
    parse=whole_number(0, 65_535, what="a port"),
    default=0,
    metavar="N",
)
GRPC_PORT = REST_PORT.but(flag="--grpc-port", help="port for gRPC, 0: the system chooses")
MESSAGE_LIMIT_MIB = Option(
    "--message-limit-mib",
    "largest request and reply",
    parse=whole_number(),
    default=DEFAULT_MESSAGE_LIMIT // MIB,
    unit="MiB",
    metavar="N",
)
MODEL_REPOSITORY = Option(
    "--model-repository",
    "a folder with one folder per model, in Triton's layout",
    parse=Path,
    repeatable=True,
    metavar="DIR",
)
ALLOW_PYTHON_MODELS = Option(
    "--allow-python-models",
    "run the Python models of the repositories: they are programs, and run with your rights "
    "(without it they are refused, and the other models served)",
    switch=True,
)

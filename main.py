"""Inferdeck: the window, or one of the commands that need none."""

from __future__ import annotations

import sys
from importlib import import_module

from backend.core.process import tune_process
from backend.core.release import VERSION

_COMMANDS = ("serve", "stream", "call", "targets")

_HELP = """\
usage: python main.py [window options]   open the window
       python main.py serve [options]    run the model server alone
       python main.py stream [options]   send a source through a model, print JSON lines
       python main.py call [options]     call any method of a server, JSON in and out
       python main.py targets [action]   list, add, remove, import and export saved targets

Each command explains its options: python main.py serve --help

window options (each also holds at the next start, but for those of a picture and the server):
  --source SPEC            pattern, tone, sweep, noise, webcam, webcam:N, webcam:/dev/videoN,
                           microphone, microphone:NAME, a path of an image, a video, a sound file or
                           a folder of images, or an address: http, https, rtsp, rtsps
  --model M                name of a model: shapes, faces, people, qr_codes, pitch, voice_activity,
                           identity, identity_fp32, ...
  --target T               embedded, or HOST:RESTPORT,GRPCPORT (HOST:RESTPORT, HOST:,GRPCPORT)
  --api A                  serving or oip (Open Inference Protocol)
  --transport T            rest, grpc or grpc_stream
  --serialization S        json or binary (rest), typed or raw (grpc, grpc_stream)
  --image E                raw, jpeg or png
  --compression C          none or gzip
  --in-flight N            requests on their way at once, 1 to 64 (default: automatic)
  --theme T                system, light or dark
  --size WxH               size of the window, such as 1280x800
  --rest-port N            REST port of the embedded server (default: any free one)
  --grpc-port N            gRPC port of the embedded server (default: any free one)
  --model-repository DIR   serve the models of this folder too, in Triton's layout; repeatable
  --allow-python-models    run the Python models of these folders without asking: they are programs
  --screenshot FILE        stream for --seconds S, save a picture of the window, print the summary,
                           exit; settings are neither read nor written
  --seconds S              how long (default: 20)

  --version                print the version
  --help                   print this
"""


def main(argv: list[str]) -> int:
    """Run what the arguments name; returns the exit code."""
    tune_process()
    first = argv[0] if argv else ""
    if first in ("-h", "--help"):
        print(_HELP, end="")
        return 0
    if first == "--version":
        print(f"inferdeck {VERSION}")
        return 0
    # Imported only now: a command needs no window, and nothing may come before the tuning.
    if first in _COMMANDS:
        return int(import_module(f"backend.cli.{first}").main(argv[1:]))
    return int(import_module("gui.shell.app").main(argv))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

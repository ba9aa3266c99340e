"""The same frames and models on real servers, on every road they have: the same predictions?

    .venv/bin/python -m tests.peers.same_predictions PHOTO_FOLDER MODEL [MODEL ...] \\
        --triton PROGRAM --mlserver PROGRAM --kserve PYTHON --ray PYTHON

Each ONNX or TensorFlow Lite file, with its outputs as they are, is served by our own server (as a
folder with nothing but the file), here and on Ray Serve, by Triton and KServe (as
`repository export` writes that folder for them) and by MLServer (as custom models, ONNX alone). A
profile is guessed from what the server says of the model; the photos and a few frames of the test
pattern are streamed with four requests in flight, over every transport with every serialisation
and compression. What is predicted has to be what our server predicts over a gRPC stream, frame by
frame. One line for each road; the exit code is 0 if all agree. The programs are those of
``record_dialects``.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from backend.clients.control.client import ServerControlClient
from backend.clients.probe.probing import probe
from backend.core.choices import Compression, Payload, RunSettings, Serialization, Transport
from backend.core.predictions import Detections
from backend.core.samples import Captured, Frame
from backend.core.status import Result
from backend.core.target import Target
from backend.models.catalogue import repository_registry
from backend.profiles.guess.whole import guess
from backend.profiles.model_profile import ModelProfile
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.options import ServerOptions
from backend.session.run.live import Session
from backend.sources.generated.pattern import TestPattern
from backend.wire.media.images import decode_image
from tests.peers import peer_servers
from tests.peers.peer_models import write_repository
from tests.session.list_source import ListSource
from tests.session.running import on_result

RUN_S = 120.0
IN_FLIGHT = 4
PEERS = ("triton", "mlserver", "kserve", "ray")
BOX_TOLERANCE_PX = 0.05
SCORE_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Road:
    """One way to a server."""

    transport: Transport
    serialization: Serialization
    compression: Compression

    def __str__(self) -> str:
        return f"{self.transport} {self.serialization} {self.compression}"


REFERENCE = Road(Transport.GRPC_STREAM, Serialization.RAW, Compression.NONE)
ROADS = [
    Road(transport, serialization, compression)
    for transport, serializations in (
        (Transport.REST, (Serialization.JSON, Serialization.BINARY)),
        (Transport.GRPC, (Serialization.TYPED, Serialization.RAW)),
        (Transport.GRPC_STREAM, (Serialization.TYPED, Serialization.RAW)),
    )
    for serialization in serializations
    for compression in Compression
]


def frames_of(folder: Path) -> list[Captured]:
    """The photos by name, then frames of the test pattern."""
    pictures = [decode_image(path.read_bytes()) for path in sorted(folder.glob("*.jpg"))]
    pattern = TestPattern(width=320, height=240)
    pictures += [pattern.paint(number, 0) for number in range(2)]
    return [Frame(number, 0, pixels) for number, pixels in enumerate(pictures)]


def profile_of(target: Target, model: str) -> ModelProfile:
    """What is guessed from the server's own words."""
    client = ServerControlClient(target)
    try:
        return guess(client.model_metadata(model), client.model_config(model)).profile
    finally:
        client.close()


def run(
    target: Target, profile: ModelProfile, road: Road, frames: list[Captured]
) -> tuple[list[Result], str]:
    """The answers in order, and what went wrong or ''."""
    results: list[Result] = []
    session = Session(
        RunSettings(
            target,
            profile.model,
            transport=road.transport,
            payload=Payload(road.serialization, compression=road.compression),
            in_flight=IN_FLIGHT,
            deadline_s=30.0,
        ),
        ListSource(frames),
        retry=False,
        profiles=lambda _: profile,
    )
    on_result(session, results.append)
    session.start()
    if not session.join(RUN_S):
        session.request_stop()
        session.join(10)
        return results, f"not done after {RUN_S:g} s"
    problem = session.error or session.last_failure
    return results, "" if problem is None else str(problem)


def difference(mine: list[Result], other: list[Result]) -> str:
    """How the answers differ from the reference's, or ''."""
    if [result.seq for result in mine] != [result.seq for result in other]:
        return f"answered {len(mine)} of {len(other)} frames"
    for one, two in zip(mine, other, strict=True):
        (left,), (right,) = one.predictions, two.predictions
        if not isinstance(left, Detections) or not isinstance(right, Detections):
            return f"frame {one.seq}: {type(left).__name__} instead of boxes"
        if len(left.items) != len(right.items):
            return f"frame {one.seq}: {len(left.items)} boxes, not {len(right.items)}"
        for a, b in zip(left.items, right.items, strict=True):
            near = all(
                math.isclose(x, y, abs_tol=BOX_TOLERANCE_PX)
                for x, y in zip(a.box, b.box, strict=True)
            )
            if not near or a.label != b.label or abs(a.score - b.score) > SCORE_TOLERANCE:
                return f"frame {one.seq}: {a} is not {b}"
    return ""


@contextmanager
def our_server(folder: Path, models: dict[str, Path]) -> Iterator[Target]:
    """The embedded server with the models as folders."""
    repository = folder / "ours"
    write_repository(repository, models)
    registry = repository_registry([repository], bundled=False)
    registry.load_all()
    server = EmbeddedServer(registry, ServerOptions())
    server.start()
    try:
        yield Target("embedded", server.rest_url, server.grpc_address)
    finally:
        server.stop()


def compare(targets: list[Target], model: str, frames: list[Captured]) -> int:
    """How many roads do not lead to the reference's predictions; the first target's are it."""
    reference, problem = run(targets[0], profile_of(targets[0], model), REFERENCE, frames)
    if problem:
        raise SystemExit(f"The reference run failed: {problem}")
    counts = [
        len(prediction.items)
        for result in reference
        for prediction in result.predictions
        if isinstance(prediction, Detections)
    ]
    print(f"{model}: {counts} boxes in the frames")
    wrong = 0
    for target in targets:
        profile = profile_of(target, model)
        for road in ROADS:
            results, problem = run(target, profile, road, frames)
            refused = bool(problem) and not results
            differs = "" if refused else problem or difference(results, reference)
            wrong += bool(differs)
            verdict = f"not offered: {problem}" if refused else differs or "the same"
            print(f"  {target.name:9} {road!s:28} {verdict}", flush=True)
    return wrong


def main() -> None:
    """Serve, stream, compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("models", type=Path, nargs="+")
    for server in PEERS:
        parser.add_argument(f"--{server}", metavar="PROGRAM")
    wanted = parser.parse_args()
    models = {path.stem.lower().replace("-", "_"): path for path in wanted.models}
    frames = frames_of(wanted.photos)
    with tempfile.TemporaryDirectory() as place, ExitStack() as servers:
        folder = Path(place)
        targets = [servers.enter_context(our_server(folder, models))]
        for server in PEERS:
            if program := getattr(wanted, server):
                start = getattr(peer_servers, server)
                targets.append(servers.enter_context(start(program, folder, models)))
        for target in targets:
            print(f"{target.name}: {probe(target).sentence}")
        wrong = sum(compare(targets, model, frames) for model in models)
    print("All agree." if not wrong else f"{wrong} roads do not agree.")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()

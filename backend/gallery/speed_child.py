"""The process in which a model is timed: what crashes or hangs there hurts nobody.

``python -m backend.gallery.speed_child REPOSITORY NAME SECONDS`` prints a `Timing` as JSON. It ends
with its standard input, which is the life of whoever started it.
"""

from __future__ import annotations

import statistics
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
from google.protobuf.json_format import MessageToDict

from backend.core.description import ModelDescription
from backend.core.errors import ConsoleError
from backend.core.process import exit_at_once, tune_process, wait_for_end_of_input
from backend.gallery.speed import TIME_OVER, Timing
from backend.models.made_requests import asked_inputs, made_request, made_tensors
from backend.models.repository import LoadedModel, ModelFolders
from backend.models.runtimes.choice import standard_runtimes
from backend.models.servable import ModelRequest, ModelResponse, Servable
from backend.profiles.guess import guess
from backend.profiles.model_profile import ModelProfile

WARM_UPS = 3
MOST_RUNS = 50
LONGEST_S = 3.0
"""Of the timed runs together, once there are enough of them."""
LEAST_RUNS = 5
_SEQUENCE = 1


def main(arguments: Sequence[str]) -> int:
    """Time the model; 1 with the reason on stderr if that cannot be done."""
    root, name, seconds = Path(arguments[0]), arguments[1], float(arguments[2])
    watchdog = threading.Timer(seconds, exit_at_once, (TIME_OVER,))
    watchdog.daemon = True
    watchdog.start()
    threading.Thread(target=_end_with_input, name="stdin", daemon=True).start()
    try:
        timing = timed(root, name)
    except ConsoleError as error:
        print(error, file=sys.stderr)  # noqa: T201 - it is read by the parent
        exit_at_once(1)
    print(msgspec.json.encode(timing).decode())  # noqa: T201
    # What the runtimes keep open is of no use any more, and may take its time to end.
    exit_at_once(0)


def _end_with_input() -> None:
    wait_for_end_of_input()
    exit_at_once(1)


def timed(root: Path, name: str) -> Timing:
    """The speed of the newest version of a model; raises ConsoleError."""
    began = time.perf_counter()
    folders = ModelFolders((root,), standard_runtimes())
    models = [model for model in folders.load(name) if isinstance(model, LoadedModel)]
    load_s = time.perf_counter() - began
    model = models[-1]
    if not model.instances:
        raise ConsoleError("an ensemble has no speed of its own")
    requests = _Requests(model.servable)
    for index in range(WARM_UPS):
        _run(model, requests(index))
    times: list[float] = []
    until = time.perf_counter() + LONGEST_S
    while len(times) < MOST_RUNS and (len(times) < LEAST_RUNS or time.perf_counter() < until):
        request = requests(WARM_UPS + len(times))
        before = time.perf_counter()
        _run(model, request)
        times.append(1000 * (time.perf_counter() - before))
    return Timing(
        round(statistics.median(times), 3),
        round(min(times), 3),
        round(max(times), 3),
        len(times),
        round(1000 * load_s, 1),
    )


class _Requests:
    """The requests of a run, all alike; for a model with state, those of one sequence."""

    def __init__(self, servable: Servable) -> None:
        self._servable = servable
        self._tensors = made_tensors(servable, servable.profile or _guessed(servable))

    def __call__(self, index: int) -> ModelRequest:
        return made_request(self._servable, self._tensors, _SEQUENCE, start=index == 0, end=False)


def _run(model: LoadedModel, request: ModelRequest) -> None:
    responses: list[ModelResponse] = []
    over = threading.Event()

    def respond(_index: int, response: ModelResponse | None, final: bool) -> None:
        if response is not None:
            responses.append(response)
        if final:
            over.set()

    model.instances[0].execute([request], respond)
    over.wait()  # the watchdog bounds it
    for response in responses:
        if response.error is not None:
            raise response.error


def _guessed(servable: Servable) -> ModelProfile:
    description = ModelDescription(servable.name, asked_inputs(servable), servable.outputs)
    config = MessageToDict(servable.config, preserving_proto_field_name=True)
    return guess(description, config).profile


if __name__ == "__main__":
    tune_process()
    sys.exit(main(sys.argv[1:]))

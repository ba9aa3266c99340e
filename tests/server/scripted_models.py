"""Small real models whose timing and failures a test decides."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from backend.core.samples import MediaKind
from backend.core.tensors import Array, Datatype, Tensor, TensorSpec
from backend.models.contract import BundledModel
from backend.models.inputs import picture
from backend.profiles.inputs.recipe import Elements, OurInputs
from backend.profiles.model_profile import ModelProfile
from backend.profiles.names import AUDIO, IMAGE, IMAGE_ENCODED
from backend.profiles.outputs.bundled import PlainTensors

WAIT_S = 60.0


def profile(
    name: str,
    inputs: tuple[TensorSpec, ...],
    outputs: tuple[TensorSpec, ...],
    *,
    kind: MediaKind = MediaKind.BYTES,
) -> ModelProfile:
    return ModelProfile(
        model=name,
        kind=kind,
        inputs=inputs,
        outputs=outputs,
        decoder=PlainTensors(),
        recipe=Elements() if kind is MediaKind.BYTES else OurInputs(),
    )


class Gated(BundledModel):
    """Gives back its bytes, once the test opens the gate; remembers what it computed and where."""

    def __init__(self, name: str = "gated") -> None:
        super().__init__(
            profile(
                name,
                (TensorSpec("INPUT0", Datatype.UINT8, (-1,)),),
                (TensorSpec("OUTPUT0", Datatype.UINT8, (-1,)),),
            )
        )
        self.gate = threading.Event()
        self.entered = threading.Semaphore(0)
        self.computed: list[int] = []
        self.threads: set[str] = set()

    def prepare(self, inputs: Mapping[str, Tensor]) -> Array:
        return inputs["INPUT0"].data

    def infer(self, prepared: Array) -> Array:
        self.threads.add(threading.current_thread().name)
        self.computed.append(int(prepared[0]))
        self.entered.release()
        assert self.gate.wait(WAIT_S)
        return prepared

    def finish(self, raw: Array) -> tuple[Tensor, ...]:
        return (Tensor("OUTPUT0", Datatype.UINT8, raw),)


class Failing(Gated):
    """Raises what a broken model raises."""

    def __init__(self) -> None:
        super().__init__("failing")

    def infer(self, prepared: Array) -> Array:
        raise ZeroDivisionError("the weights are gone")


class Pair(BundledModel):
    """Two inputs and two outputs of different kinds."""

    instant = True

    def __init__(self) -> None:
        super().__init__(
            profile(
                "pair",
                (
                    TensorSpec("A", Datatype.FP32, (-1, 2)),
                    TensorSpec("B", Datatype.INT32, (1,)),
                ),
                (
                    TensorSpec("SCALED", Datatype.FP32, (-1, 2)),
                    TensorSpec("NAME", Datatype.BYTES, (1,)),
                ),
            )
        )

    def prepare(self, inputs: Mapping[str, Tensor]) -> tuple[Array, int]:
        return inputs["A"].data, int(inputs["B"].data[0])

    def infer(self, prepared: tuple[Array, int]) -> Array:
        values, factor = prepared
        return values * factor

    def finish(self, raw: Array) -> tuple[Tensor, ...]:
        return Tensor("SCALED", Datatype.FP32, raw), Tensor.of_bytes("NAME", b"pair")


class Seen(BundledModel):
    """Gives back the picture it was shown, as pixels."""

    def __init__(self) -> None:
        super().__init__(
            profile(
                "seen",
                (
                    TensorSpec(IMAGE, Datatype.UINT8, (-1, -1, 3), optional=True),
                    TensorSpec(IMAGE_ENCODED, Datatype.BYTES, (1,), optional=True),
                ),
                (TensorSpec("PIXELS", Datatype.UINT8, (-1, -1, 3)),),
                kind=MediaKind.IMAGE,
            )
        )

    def prepare(self, inputs: Mapping[str, Tensor]) -> Array:
        return picture(inputs)

    def infer(self, prepared: Array) -> Array:
        return prepared

    def finish(self, raw: Array) -> tuple[Tensor, ...]:
        return (Tensor("PIXELS", Datatype.UINT8, raw),)


class Heard(BundledModel):
    """Gives back the sound it was played, as samples at 16 kHz."""

    def __init__(self) -> None:
        super().__init__(
            profile(
                "heard",
                (TensorSpec(AUDIO, Datatype.FP32, (-1,)),),
                (TensorSpec("SAMPLES", Datatype.FP32, (-1,)),),
                kind=MediaKind.AUDIO,
            )
        )

    def prepare(self, inputs: Mapping[str, Tensor]) -> Array:
        return inputs[AUDIO].data

    def infer(self, prepared: Array) -> Array:
        return prepared

    def finish(self, raw: Array) -> tuple[Tensor, ...]:
        return (Tensor("SAMPLES", Datatype.FP32, raw),)

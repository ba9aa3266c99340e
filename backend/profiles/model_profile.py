"""A model profile: how a sample becomes input tensors, and output tensors become predictions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from backend.core.choices import Api, ImageEncoding, Payload
from backend.core.errors import InvalidInput, ReplyMismatch
from backend.core.predictions import Predictions
from backend.core.samples import Frame, MediaKind, Sample
from backend.core.tensors import Tensor, TensorSpec
from backend.profiles.geometry import Geometry
from backend.profiles.inputs.constants import ConstantInput
from backend.profiles.inputs.pictures import EncodedPicture
from backend.profiles.inputs.recipe import Elements, InputRecipe, OurInputs, frame_file
from backend.profiles.names import IMAGE_ENCODED
from backend.profiles.outputs.view import SampleView
from backend.wire.media.images import decode_image


class OutputDecoder(Protocol):
    """Turns a model's outputs, by name, into predictions; a frozen value."""

    def decode(self, outputs: Mapping[str, Tensor], view: SampleView) -> Predictions:
        """Raise KeyError for an output that is missing, ValueError for one of a wrong form."""
        ...


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """The sound a model wants: samples per second, and seconds per window and between windows.

    `margin_s` of silence stand before the beginning and after the end, for models that look at
    the middle of a window: without them, what is there first and last would never be in it.
    """

    rate: int
    window_s: float
    hop_s: float
    margin_s: float = 0.0

    @property
    def window(self) -> int:
        """Samples in a window."""
        return round(self.rate * self.window_s)

    @property
    def hop(self) -> int:
        """Samples from one window's start to the next."""
        return round(self.rate * self.hop_s)

    @property
    def margin(self) -> int:
        """Samples of silence at either end, at most a window of them."""
        return min(max(0, round(self.rate * self.margin_s)), self.window)


DEFAULT_AUDIO = AudioFormat(rate=16_000, window_s=0.5, hop_s=0.1)
"""For models that take any bytes and so ask for no format."""


@dataclass(frozen=True, slots=True)
class ModelProfile:
    """One model's inputs, outputs and meaning.

    `kind` says what it takes; a model of kind BYTES takes anything. `recipe` makes the tensors
    that depend on the sample, `constants` are sent with every request, and `decoder` reads the
    outputs. `labels` are the names of its classes, by index. `sequence` is for a model that
    remembers: a run's samples are then one sequence, in their order.
    """

    model: str
    kind: MediaKind
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    decoder: OutputDecoder
    labels: tuple[str, ...] = ()
    audio: AudioFormat = DEFAULT_AUDIO
    description: str = ""
    recipe: InputRecipe = OurInputs()
    constants: tuple[ConstantInput, ...] = ()
    sequence: bool = False

    def encode(self, sample: Sample, payload: Payload) -> list[Tensor]:
        """The input tensors for a sample; raises InvalidInput if the model takes another kind."""
        picture = isinstance(sample, Frame)
        if self.kind is MediaKind.AUDIO and picture:
            raise InvalidInput(f"Model '{self.model}' takes sound, got a picture.")
        if self.kind is MediaKind.IMAGE and not picture:
            raise InvalidInput(f"Model '{self.model}' takes pictures, got sound.")
        return self.complete(self.recipe.tensors(sample, payload, self.inputs))

    def with_file(self, sample: Sample, payload: Payload, api: Api) -> Sample:
        """The sample with the file it travels as, if it is a picture that is sent as one.

        One that is made smaller before it is sent has none, since its pixels are not the file's.
        """
        if (
            not isinstance(sample, Frame)
            or payload.image is ImageEncoding.RAW
            or not payload.serialization.carries_files
            or self.kind is MediaKind.AUDIO
            or self.why_not_image(payload.image, api)
            or (isinstance(self.recipe, EncodedPicture) and self.recipe.longest_side)
        ):
            return sample
        return replace(sample, file=frame_file(sample, payload))

    def complete(self, tensors: Iterable[Tensor]) -> list[Tensor]:
        """The tensors that a sample gave, and the constant ones."""
        return [*tensors, *(constant.tensor() for constant in self.constants)]

    def encode_file(self, data: bytes) -> tuple[list[Tensor], Sample | None]:
        """The input tensors for the bytes of a JPEG or PNG file, and what they show if needed."""
        if self.kind is MediaKind.AUDIO:
            raise InvalidInput(f"Model '{self.model}' takes sound, got a picture.")
        if isinstance(self.recipe, OurInputs):
            return self.complete([Tensor.of_bytes(IMAGE_ENCODED, data)]), None
        if isinstance(self.recipe, Elements):
            held = self.recipe.holding(np.frombuffer(data, np.uint8), self.inputs)
            return self.complete([held]), None
        frame = Frame(0, 0, decode_image(data))
        if isinstance(self.recipe, EncodedPicture) and not self.recipe.longest_side:
            return self.complete([self.recipe.holding(data, self.inputs)]), frame
        return self.encode(frame, Payload()), frame

    def decode(self, outputs: Iterable[Tensor], sample: Sample | None = None) -> Predictions:
        """What the outputs mean, in pixels of the sample that they answer.

        Without the sample, coordinates stay those of what the model saw. Raises ReplyMismatch if
        an output that the profile needs is missing or of a wrong form.
        """
        by_name = {tensor.name: tensor for tensor in outputs}
        try:
            with np.errstate(all="ignore"):  # a model may answer anything, NaN and infinity too
                return self.decoder.decode(by_name, self.view(sample))
        except (KeyError, IndexError, ValueError, TypeError) as error:
            wrong = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise ReplyMismatch(
                f"The server's '{self.model}' does not answer as its profile says: {wrong}.",
                hint=f"Expected {listed(self.outputs)}; got {listed(by_name.values())}.",
            ) from error

    def why_not_image(self, encoding: ImageEncoding, api: Api) -> str:
        """Why pictures for this model are not written so, or '' if they can be."""
        files = isinstance(self.recipe, (OurInputs, Elements, EncodedPicture))
        if encoding is ImageEncoding.RAW or api is Api.SERVING or files:
            return ""
        return f"'{self.model}' takes pixels as numbers; {encoding.upper()} is not sent to it."

    def view(self, sample: Sample | None) -> SampleView:
        """What a decoder needs to know about a sample."""
        if not isinstance(sample, Frame):
            seen = self.recipe.geometry(1, 1, self.inputs)
            return SampleView(Geometry.same(seen.model_width, seen.model_height), self.labels)
        return SampleView(
            self.recipe.geometry(sample.width, sample.height, self.inputs), self.labels
        )


def listed(tensors: Iterable[Tensor | TensorSpec]) -> str:
    """Names, datatypes and shapes, for messages."""
    return ", ".join(f"{t.name} {t.datatype} {list(t.shape)}" for t in tensors) or "no outputs"

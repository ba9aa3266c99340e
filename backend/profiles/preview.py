"""What a profile makes of a sample, to be looked at before it is sent."""

from __future__ import annotations

from dataclasses import dataclass

from backend.core.choices import Payload
from backend.core.samples import Frame, Sample
from backend.core.tensors import Array, Tensor
from backend.profiles.inputs.pictures import EncodedPicture, PictureRecipe
from backend.profiles.inputs.recipe import OurInputs
from backend.profiles.model_profile import ModelProfile
from backend.wire.media.images import decode_image


@dataclass(frozen=True, slots=True, eq=False)
class TensorPreview:
    """The exact tensors, and what the model sees: RGB uint8 [height, width, 3], None for sound."""

    tensors: tuple[Tensor, ...]
    picture: Array | None = None


def tensor_preview(profile: ModelProfile, sample: Sample, payload: Payload) -> TensorPreview:
    """The tensors of a request for a sample; raises what `ModelProfile.encode` raises."""
    tensors = tuple(profile.encode(sample, payload))
    return TensorPreview(tensors, _picture(profile, sample, tensors))


def _picture(profile: ModelProfile, sample: Sample, tensors: tuple[Tensor, ...]) -> Array | None:
    if not isinstance(sample, Frame):
        return None
    match profile.recipe:
        case PictureRecipe() as recipe:
            return recipe.picture(sample, profile.inputs)
        case EncodedPicture():
            return decode_image(tensors[0].data.reshape(-1)[0])
        case OurInputs():
            data = tensors[0].data
            return data if data.ndim == 3 else decode_image(data[0])
    return None

"""A bundled model has answered once before it is served."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from backend.core.samples import MediaKind
from backend.core.tensors import Array, Tensor
from backend.models.bundled import Faces
from backend.models.catalogue import BundledFactory, bundled_models
from backend.profiles.bundled import BUNDLED


class CountedFaces(Faces):
    """Keeps what it was given and what it answered."""

    def prepare(self, inputs: Mapping[str, Tensor]) -> Array:
        """Count the input."""
        self.given = dict(inputs)
        return super().prepare(inputs)

    def finish(self, raw: list) -> tuple[Tensor, ...]:  # type: ignore[type-arg]
        """Count the answer."""
        self.answer = super().finish(raw)
        return self.answer


def test_the_first_answer_is_given_at_load() -> None:
    model = BundledFactory("faces", CountedFaces)()
    assert isinstance(model, CountedFaces)
    assert list(model.given) == ["IMAGE"]
    assert len(model.answer) == len(model.outputs)


@pytest.mark.parametrize("name", list(BUNDLED))
def test_every_bundled_model_is_made(name: str) -> None:
    (factory,) = [factory for factory in bundled_models() if factory.name == name]
    assert factory().name == name


def test_models_of_pictures_and_sound_are_called_and_plain_ones_have_no_need() -> None:
    kinds = {model.name: model().profile.kind for model in bundled_models()}
    assert {name for name, kind in kinds.items() if kind is MediaKind.BYTES} == {
        "identity",
        "identity_fp32",
    }

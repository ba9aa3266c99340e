"""Any profile at all, for properties that hold for every one of them."""

from __future__ import annotations

import dataclasses
import math
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from hypothesis import strategies as st

from backend.core.errors import UsageError
from backend.core.samples import MediaKind
from backend.core.tensors import Datatype, TensorSpec
from backend.profiles.inputs.constants import ConstantInput
from backend.profiles.kinds import DECODERS, RECIPES
from backend.profiles.model_profile import AudioFormat, ModelProfile
from backend.profiles.options import Option, options_of

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_SMALL = 1e6


def _values(hint: Any, option: Option | None = None) -> st.SearchStrategy[Any]:
    low = -_SMALL if option is None or option.low is None else option.low
    high = _SMALL if option is None or option.high is None else option.high
    parts = get_args(hint)
    if get_origin(hint) in (Union, UnionType):
        return st.one_of(*(st.none() if part is NoneType else _values(part) for part in parts))
    if get_origin(hint) is tuple:
        if parts[-1] is Ellipsis:
            return st.lists(_values(parts[0]), min_size=1, max_size=3).map(tuple)
        whole = st.integers(0, 255)
        return st.tuples(*(whole for _ in parts))
    if issubclass(hint, StrEnum):
        return st.sampled_from(hint)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return instances(hint)
    plain = {
        bool: st.booleans(),
        int: st.integers(math.ceil(low), math.floor(high)),
        float: st.floats(low, high),
        str: texts,
    }
    return plain[hint]


@st.composite
def instances(draw: st.DrawFn, kind: type[Any]) -> Any:
    """A recipe, decoder or part of one with any options that go together."""
    changed = draw(st.sets(st.sampled_from([o.name for o in options_of(kind)] or [""])))
    chosen = {
        option.name: draw(_values(option.type, option))
        for option in options_of(kind)
        if option.name in changed
    }
    try:
        return kind(**chosen)
    except UsageError:
        return kind()


specs = st.lists(
    st.builds(
        TensorSpec,
        texts,
        st.sampled_from(Datatype),
        st.lists(st.integers(-1, 5000), max_size=4).map(tuple),
        st.booleans(),
    ),
    max_size=2,
).map(tuple)

constants = st.one_of(
    st.builds(
        ConstantInput,
        texts,
        st.sampled_from([d for d in Datatype if d is not Datatype.BYTES]),
        st.sampled_from([(3,), (1, 3), (3, 1)]),
        st.tuples(*[st.integers(0, 100) | st.floats(-10, 10) | st.booleans()] * 3),
    ),
    st.builds(ConstantInput, texts, st.just(Datatype.BYTES), st.just((1,)), st.tuples(texts)),
)

profiles = st.builds(
    ModelProfile,
    model=texts,
    kind=st.sampled_from(MediaKind),
    inputs=specs,
    outputs=specs,
    decoder=st.sampled_from(list(DECODERS.values())).flatmap(instances),
    labels=st.lists(texts, max_size=3).map(tuple),
    audio=st.builds(
        AudioFormat, st.integers(1000, 768_000), st.floats(0.001, 20), st.floats(0.001, 20)
    ),
    description=texts,
    recipe=st.sampled_from(list(RECIPES.values())).flatmap(instances),
    constants=st.lists(constants, max_size=2).map(tuple),
    sequence=st.booleans(),
)

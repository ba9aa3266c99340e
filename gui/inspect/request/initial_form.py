"""The form that a model begins with: what the source shows, if it can be fed with that."""

from __future__ import annotations

from dataclasses import replace

from backend.core.choices import Payload
from backend.core.errors import ConsoleError
from backend.core.samples import Frame, MediaKind, Sample
from backend.inspector.forms import Fill, FillKind, TensorForm
from backend.profiles.model_profile import ModelProfile
from gui.inspect.catalogue import DescribedModel


def first_form(model: DescribedModel, sample: Sample | None) -> TensorForm:
    """Zeros for everything that is needed, or the sample where the profile would send it.

    Of inputs that are all optional one is sent.
    """
    form = replace(TensorForm.of(model.description), media=media_of(model.profile))
    kind = FillKind.FRAME if isinstance(sample, Frame) else FillKind.WINDOW
    for name in _fed(model.profile, sample):
        if name in (row.spec.name for row in form.rows):
            form = form.with_row(name, fill=Fill(kind), sent=True)
    if form.rows and not any(row.sent for row in form.rows):
        return form.with_row(form.rows[0].spec.name, sent=True)
    return form


def media_of(profile: ModelProfile | None) -> MediaKind | None:
    """What a model's inputs are made of, None if nobody knows."""
    return profile.kind if profile is not None else None


def _fed(profile: ModelProfile | None, sample: Sample | None) -> tuple[str, ...]:
    """Names of the inputs that the profile makes of a sample."""
    if profile is None or sample is None:
        return ()
    constant = {one.tensor().name for one in profile.constants}
    try:
        tensors = profile.encode(sample, Payload())
    except ConsoleError:
        return ()
    return tuple(tensor.name for tensor in tensors if tensor.name not in constant)

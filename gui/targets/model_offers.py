"""The models that another server offers, and which of them to begin with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from backend.clients.control import ModelListing
from backend.core.samples import MediaKind
from backend.profiles.book import ProfileChoice, ProfileOrigin
from gui.state.models import ModelOffer
from gui.targets.catalogue import TargetCatalogue
from gui.targets.known_model import KnownModel
from gui.widgets.language import sentence_start, tr

_READY = ("READY", "")


def foreign_offers(catalogue: TargetCatalogue, chosen: str) -> tuple[ModelOffer, ...]:
    """Every model that the server lists, and the chosen one if it is known all the same."""
    listed = [_offer(model, catalogue.known(model.name)) for model in catalogue.listed]
    known = catalogue.known(chosen)
    if known is not None and chosen not in {offer.name for offer in listed}:
        listed.append(_offer(ModelListing(chosen), known))
    return tuple(listed)


def own_offers(offers: Sequence[ModelOffer], catalogue: TargetCatalogue) -> tuple[ModelOffer, ...]:
    """The models of our own server, those of repositories with what their profiles take."""
    found = []
    for offer in offers:
        known = catalogue.known(offer.name)
        if known is None or offer.blocked:
            found.append(offer)
            continue
        described = _offer(ModelListing(offer.name), known)
        if known.choice is not None and known.choice.origin is ProfileOrigin.BUNDLED:
            described = replace(described, origin="")
        found.append(replace(described, description=offer.description or described.description))
    return tuple(found)


def model_to_begin_with(offers: Sequence[ModelOffer], chosen: str, kind: MediaKind) -> str:
    """The chosen model if it is offered, else the first that takes what the source gives."""
    if any(offer.name == chosen for offer in offers):
        return chosen
    able = [offer for offer in offers if not offer.why_not(kind)]
    exact = [offer for offer in able if offer.kind is kind]
    return next((offer.name for offer in (*exact, *able, *offers)), chosen)


def origin_word(choice: ProfileChoice) -> str:
    """Where a profile comes from, in a word."""
    return {
        ProfileOrigin.SAVED: tr("saved profile"),
        ProfileOrigin.BUNDLED: tr("built in"),
        ProfileOrigin.GUESSED: tr("guessed profile"),
    }[choice.origin]


def guess_in_words(choice: ProfileChoice) -> tuple[str, tuple[str, ...]]:
    """How a model will be fed and read, in one line, and what of it is only assumed."""
    line = choice.summary or "; ".join(choice.reasons)
    return line, choice.doubts


def _offer(listing: ModelListing, known: KnownModel | None) -> ModelOffer:
    choice = known.choice if known is not None else None
    profile = choice.profile if choice is not None else None
    return ModelOffer(
        listing.name,
        profile.kind if profile is not None else MediaKind.BYTES,
        _description(choice) if choice is not None else "",
        _why_not(listing, known),
        origin_word(choice) if choice is not None else "",
    )


def _description(choice: ProfileChoice) -> str:
    description = choice.profile.description
    if choice.origin is ProfileOrigin.BUNDLED and description:
        return description
    what = choice.summary or "; ".join(choice.reasons)
    return f"{sentence_start(origin_word(choice))}: {what}." if what else description


def _why_not(listing: ModelListing, known: KnownModel | None) -> str:
    if listing.state not in _READY:
        reason = f" {listing.reason.rstrip('.')}." if listing.reason else ""
        return tr("{model} is not loaded.", model=listing.name) + reason
    if known is not None and known.error is not None:
        return str(known.error)
    return ""

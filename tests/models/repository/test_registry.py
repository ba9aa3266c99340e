"""The registry gives models by name and version, and says clearly what it does not have."""

from __future__ import annotations

import pytest

from backend.core.errors import NotFound, UsageError
from backend.models.bundled.identity import Identity
from backend.models.catalogue import bundled_registry
from backend.models.repository.registry import ModelRegistry
from backend.profiles.bundled import BUNDLED, profile_for


def test_every_bundled_profile_has_its_model() -> None:
    registry = bundled_registry()
    assert set(registry.names()) == set(BUNDLED)
    for name in registry.names():
        model = registry.get(name)
        assert model.name == name
        assert model.profile is profile_for(name)
        assert model.version == "1"
        assert model.config.platform
    registry.close()
    assert registry.names() == ()


def test_the_default_is_the_model_of_the_test_pattern() -> None:
    assert bundled_registry().default == "shapes"


def test_only_identities_run_on_the_event_loop() -> None:
    registry = bundled_registry()
    instant = {name for name in registry.names() if registry.get(name).instant}
    assert instant == {"identity", "identity_fp32"}


def test_an_unknown_model_or_version_is_not_found() -> None:
    registry = ModelRegistry([Identity(profile_for("identity"))])
    assert registry.get("identity", "1") is registry.get("identity")
    with pytest.raises(NotFound, match="Request for unknown model: 'M' is not found") as caught:
        registry.get("M")
    assert "identity" in caught.value.hint
    with pytest.raises(NotFound, match="'identity' version 2 is not found"):
        registry.get("identity", "2")


def test_a_name_is_offered_once_and_can_be_withdrawn() -> None:
    registry = ModelRegistry([Identity(profile_for("identity"))])
    with pytest.raises(UsageError, match="already loaded"):
        registry.add(Identity(profile_for("identity")))
    registry.remove("identity")
    assert registry.default == ""
    with pytest.raises(NotFound):
        registry.remove("identity")

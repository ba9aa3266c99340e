"""The configuration object that a Python model's `auto_complete_config` fills."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Properties: TypeAlias = dict[str, Any]

_UNSET_TYPE = "TYPE_INVALID"
_SCHEDULERS = ("sequence_batching", "ensemble_scheduling")
_NEEDED = ("name", "data_type", "dims")


class ModelConfig:
    """A model configuration; what the file says is kept, and what contradicts it is refused."""

    def __init__(self, model_config: str) -> None:
        self._config: Properties = json.loads(model_config)

    def as_dict(self) -> Properties:
        """The configuration as it stands."""
        return self._config

    def set_max_batch_size(self, max_batch_size: int) -> None:
        """The largest batch; raises ValueError if the file asks for more."""
        configured = self._config["max_batch_size"]
        if configured > max_batch_size:
            raise ValueError(
                f"config.pbtxt has max_batch_size {configured}, but the model takes "
                f"at most {max_batch_size}"
            )
        self._config["max_batch_size"] = max_batch_size

    def set_dynamic_batching(self) -> None:
        """Batch requests; raises ValueError if the file asks for another scheduler."""
        for scheduler in _SCHEDULERS:
            if scheduler in self._config:
                raise ValueError(
                    f"config.pbtxt asks for {scheduler}, the model for dynamic_batching"
                )
        self._config.setdefault("dynamic_batching", {})

    def set_model_transaction_policy(self, transaction_policy_dict: Mapping[str, Any]) -> None:
        """Whether it is decoupled; raises ValueError if the file says otherwise."""
        _refuse_others(transaction_policy_dict, ("decoupled",), "the model transaction policy")
        policy = self._config.setdefault("model_transaction_policy", {})
        for key, value in transaction_policy_dict.items():
            if policy.get(key, value) != value:
                raise ValueError(
                    f"config.pbtxt has {key} {policy[key]} in model_transaction_policy, "
                    f"but the model sets {value}"
                )
            policy[key] = value

    def add_input(self, input: Properties) -> None:  # noqa: A002 - the name models know
        """Declare an input; raises ValueError if the file declares it differently."""
        self._add("input", input, (*_NEEDED, "optional"))

    def add_output(self, output: Properties) -> None:
        """Declare an output; raises ValueError if the file declares it differently."""
        self._add("output", output, _NEEDED)

    def _add(self, role: str, given: Properties, allowed: Sequence[str]) -> None:
        what = f"{role} '{given.get('name', '')}'"
        _refuse_others(given, allowed, what)
        for key in _NEEDED:
            if key not in given:
                raise ValueError(f"{what} has no '{key}'")
        for known in self._config[role]:
            if known["name"] == given["name"]:
                _merge(known, given, what)
                return
        self._config[role].append(given)


def _merge(known: Properties, given: Properties, what: str) -> None:
    for key, value in given.items():
        configured = known.get(key)
        if configured not in (None, [], _UNSET_TYPE, value) and not _is_default(key, configured):
            raise ValueError(
                f"{what} has {key} {configured} in config.pbtxt, but the model sets {value}"
            )
        known[key] = value


def _is_default(key: str, configured: object) -> bool:
    """A file that says nothing of `optional` reads as false."""
    return key == "optional" and configured is False


def _refuse_others(given: Mapping[str, Any], allowed: Sequence[str], what: str) -> None:
    for key in given:
        if key not in allowed:
            raise ValueError(f"{what} has '{key}'; expected {', '.join(allowed)}")

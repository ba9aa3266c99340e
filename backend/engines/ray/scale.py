"""How many replicas a model gets and what each reserves: the table ``[ray]`` of its profile.toml.

```
[ray]
replicas = 2            # or: min_replicas = 1, max_replicas = 4, target_in_flight = 2
cpus = 1.0              # what Ray reserves for a replica
```

Without `cpus` a replica reserves one for each instance of the configuration's `instance_group`, and
a tenth of one if there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from backend.core.errors import UsageError
from backend.models.repository import instance_count
from backend.models.servable import ModelLoadError
from backend.profiles.file import PROFILE_FILE, read_engine_table
from backend.wire.generated import open_inference_pb2 as pb

TABLE = "ray"
_MOST_REPLICAS = 1024
_UNCLAIMED_CPUS = 0.1
_COUNTS = ("replicas", "min_replicas", "max_replicas")


@dataclass(frozen=True, slots=True)
class Scale:
    """The table; counts of replicas, `cpus` in cores, delays in seconds, None for the default."""

    replicas: int | None = None
    min_replicas: int | None = None
    max_replicas: int | None = None
    target_in_flight: float | None = None
    upscale_delay_s: float | None = None
    downscale_delay_s: float | None = None
    cpus: float | None = None

    def check(self) -> None:
        """Raise UsageError for numbers that do not go together."""
        for name in _COUNTS:
            count = getattr(self, name)
            if count is not None and not 1 <= count <= _MOST_REPLICAS:
                raise UsageError(f"{name} is to be 1 to {_MOST_REPLICAS}, got {count}.")
        for name in ("target_in_flight", "upscale_delay_s", "downscale_delay_s", "cpus"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1e6:  # NaN too
                raise UsageError(f"{name} is to be a number from 0 on, got {value}.")
        if self.target_in_flight == 0:
            raise UsageError("target_in_flight is to be above 0: no load would be below it.")
        if self.replicas is not None and (self.min_replicas or self.max_replicas):
            raise UsageError(
                "replicas is a fixed number: give it, or min_replicas and max_replicas."
            )
        if (self.min_replicas or 1) > (self.max_replicas or _MOST_REPLICAS):
            raise UsageError(
                f"min_replicas ({self.min_replicas}) is above max_replicas ({self.max_replicas})."
            )

    def options(self, config: pb.ModelConfig) -> dict[str, Any]:
        """The options of a Serve deployment for a model of that configuration."""
        instances = instance_count(config)
        claimed = float(instances) if config.instance_group else _UNCLAIMED_CPUS
        options: dict[str, Any] = {
            "ray_actor_options": {"num_cpus": claimed if self.cpus is None else self.cpus}
        }
        if self.max_replicas is None and self.min_replicas is None:
            return options | {"num_replicas": self.replicas or 1}
        scaling = {
            "min_replicas": self.min_replicas or 1,
            "max_replicas": self.max_replicas or max(self.min_replicas or 1, 1),
            "target_ongoing_requests": self.target_in_flight or 2.0 * instances,
            "upscale_delay_s": self.upscale_delay_s,
            "downscale_delay_s": self.downscale_delay_s,
        }
        chosen = {name: value for name, value in scaling.items() if value is not None}
        return options | {"autoscaling_config": chosen}


NO_SCALE = Scale()


def scale_in(folder: Path) -> Scale:
    """The table of a model's folder; raises ModelLoadError for one that is wrong."""
    path = folder / PROFILE_FILE
    if not path.exists():
        return NO_SCALE
    place = PROFILE_FILE
    try:
        table = read_engine_table(path, TABLE)
        place = f"{PROFILE_FILE}: [{TABLE}]"
        return NO_SCALE if table is None else _scale(table)
    except UsageError as error:
        raise ModelLoadError(f"{place}: {error}") from None


def _scale(table: Mapping[str, Any]) -> Scale:
    keys = [field.name for field in fields(Scale)]
    for name, value in table.items():
        if name not in keys:
            raise UsageError(f"it has no key '{name}'.", hint=f"Its keys are {', '.join(keys)}.")
        whole = name in _COUNTS
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
            kind = "whole number" if whole else "number"
            raise UsageError(f"{name} is to be a {kind}, got {value!r}.")
    scale = Scale(**table)
    scale.check()
    return scale

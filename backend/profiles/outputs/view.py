"""What a decoder knows about the sample that was sent."""

from __future__ import annotations

from dataclasses import dataclass

from backend.profiles.geometry import Geometry


@dataclass(frozen=True, slots=True)
class SampleView:
    """Where the model's coordinates lie in the source, and what its classes are called."""

    geometry: Geometry = Geometry.same()
    labels: tuple[str, ...] = ()

    def label(self, index: int) -> str:
        """The name of a class; one without a name is shown by its number."""
        return self.labels[index] if 0 <= index < len(self.labels) else f"class {index}"

"""Which object is which from result to result, and what is told of that."""

from gui.state.tracking.class_counts import ClassCounts
from gui.state.tracking.smoother import BoxSmoother

__all__ = ["BoxSmoother", "ClassCounts"]

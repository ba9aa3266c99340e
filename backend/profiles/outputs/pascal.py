"""The class names of the PASCAL VOC data set, which many public segmentations use."""

from __future__ import annotations

PASCAL_LABELS = (
    "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair",
    "cow", "dining table", "dog", "horse", "motorbike", "person", "potted plant", "sheep", "sofa",
    "train", "tv monitor",
)  # fmt: skip
"""The background and 20 classes."""

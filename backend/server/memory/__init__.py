"""System shared memory that local clients register."""

from backend.server.memory.regions import (
    NO_CUDA,
    Region,
    SharedMemory,
    cuda_regions,
    shared_memory_works,
)
from backend.server.memory.trimming import Trimmer

__all__ = ["NO_CUDA", "Region", "SharedMemory", "Trimmer", "cuda_regions", "shared_memory_works"]

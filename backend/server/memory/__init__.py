"""System shared memory that local clients register."""

from backend.server.memory.regions import (
    NO_CUDA,
    Region,
    SharedMemory,
    cuda_regions,
    shared_memory_works,
)

__all__ = ["NO_CUDA", "Region", "SharedMemory", "cuda_regions", "shared_memory_works"]

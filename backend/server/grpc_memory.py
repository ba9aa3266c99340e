"""The shared memory extensions over gRPC."""

from __future__ import annotations

from backend.core.errors import Unsupported
from backend.server.delivery import NO_SHARED_MEMORY
from backend.server.grpc_edge import Answer, Note
from backend.server.hall import Hall
from backend.server.shared_memory import NO_CUDA, Region, SharedMemory, cuda_regions
from backend.wire.generated import open_inference_pb2 as pb
from backend.wire.messages import parse


def memory_methods(hall: Hall) -> dict[str, Answer]:
    """System shared memory, and CUDA's, which never has a region."""
    memory = _Memory(hall)
    return {
        "SystemSharedMemoryStatus": memory.status,
        "SystemSharedMemoryRegister": memory.register,
        "SystemSharedMemoryUnregister": memory.unregister,
        "CudaSharedMemoryStatus": _cuda_status,
        "CudaSharedMemoryRegister": _cuda_register,
        "CudaSharedMemoryUnregister": _cuda_unregister,
    }


class _Memory:
    """Each method from its message's bytes to its reply's bytes."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall

    async def status(self, data: bytes, _note: Note) -> bytes:
        request = parse(pb.SystemSharedMemoryStatusRequest, data)
        status = pb.SystemSharedMemoryStatusResponse()
        for region in self._memory.status(request.name):
            said = status.regions[region.name]
            said.name, said.key = region.name, region.key
            said.offset, said.byte_size = region.offset, region.byte_size
        return status.SerializeToString()

    async def register(self, data: bytes, _note: Note) -> bytes:
        request = parse(pb.SystemSharedMemoryRegisterRequest, data)
        self._memory.register(Region(request.name, request.key, request.offset, request.byte_size))
        return pb.SystemSharedMemoryRegisterResponse().SerializeToString()

    async def unregister(self, data: bytes, _note: Note) -> bytes:
        request = parse(pb.SystemSharedMemoryUnregisterRequest, data)
        memory = self._memory
        if request.name:
            memory.unregister(request.name)
        else:
            memory.unregister_all()
        return pb.SystemSharedMemoryUnregisterResponse().SerializeToString()

    @property
    def _memory(self) -> SharedMemory:
        if self._hall.memory is None:
            raise Unsupported(NO_SHARED_MEMORY)
        return self._hall.memory


async def _cuda_status(data: bytes, _note: Note) -> bytes:
    cuda_regions(parse(pb.CudaSharedMemoryStatusRequest, data).name)
    return pb.CudaSharedMemoryStatusResponse().SerializeToString()


async def _cuda_register(data: bytes, _note: Note) -> bytes:
    parse(pb.CudaSharedMemoryRegisterRequest, data)
    raise Unsupported(NO_CUDA)


async def _cuda_unregister(data: bytes, _note: Note) -> bytes:
    """No region is ever registered: to forget one, or all, is done at once."""
    parse(pb.CudaSharedMemoryUnregisterRequest, data)
    return pb.CudaSharedMemoryUnregisterResponse().SerializeToString()

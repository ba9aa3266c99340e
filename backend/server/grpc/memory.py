"""The shared memory extensions over gRPC."""

from __future__ import annotations

from backend.core.errors import Unsupported
from backend.server.grpc.edge import Answer, CallNote
from backend.server.memory import NO_CUDA, Region, SharedMemory, cuda_regions
from backend.server.plane import NO_SHARED_MEMORY, ServerContext
from backend.wire.generated import open_inference_pb2 as pb
from backend.wire.protobuf.fields import parse


def memory_methods(server_context: ServerContext) -> dict[str, Answer]:
    """System shared memory, and CUDA's, which never has a region."""
    memory = _Memory(server_context)
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

    def __init__(self, server_context: ServerContext) -> None:
        self._server_context = server_context

    async def status(self, data: bytes, _note: CallNote) -> bytes:
        request = parse(pb.SystemSharedMemoryStatusRequest, data)
        status = pb.SystemSharedMemoryStatusResponse()
        for region in self._memory.status(request.name):
            row = status.regions[region.name]
            row.name, row.key = region.name, region.key
            row.offset, row.byte_size = region.offset, region.byte_size
        return status.SerializeToString()

    async def register(self, data: bytes, _note: CallNote) -> bytes:
        request = parse(pb.SystemSharedMemoryRegisterRequest, data)
        self._memory.register(Region(request.name, request.key, request.offset, request.byte_size))
        return pb.SystemSharedMemoryRegisterResponse().SerializeToString()

    async def unregister(self, data: bytes, _note: CallNote) -> bytes:
        request = parse(pb.SystemSharedMemoryUnregisterRequest, data)
        memory = self._memory
        if request.name:
            memory.unregister(request.name)
        else:
            memory.unregister_all()
        return pb.SystemSharedMemoryUnregisterResponse().SerializeToString()

    @property
    def _memory(self) -> SharedMemory:
        if self._server_context.memory is None:
            raise Unsupported(NO_SHARED_MEMORY)
        return self._server_context.memory


async def _cuda_status(data: bytes, _note: CallNote) -> bytes:
    cuda_regions(parse(pb.CudaSharedMemoryStatusRequest, data).name)
    return pb.CudaSharedMemoryStatusResponse().SerializeToString()


async def _cuda_register(data: bytes, _note: CallNote) -> bytes:
    parse(pb.CudaSharedMemoryRegisterRequest, data)
    raise Unsupported(NO_CUDA)


async def _cuda_unregister(data: bytes, _note: CallNote) -> bytes:
    """No region is ever registered: to forget one, or all, is done at once."""
    parse(pb.CudaSharedMemoryUnregisterRequest, data)
    return pb.CudaSharedMemoryUnregisterResponse().SerializeToString()

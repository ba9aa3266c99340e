"""The barest servers that give a message's bytes back: the floor that ours is compared with.

`python -m tests.benchmarks.bare_echo` prints {"rest": URL, "grpc": HOST:PORT} and runs until its
standard input ends. Both are tuned as ours are: same event loop, same memory settings.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from backend.core.process import tune_process

tune_process()

import grpc  # noqa: E402 - after the process is tuned
import uvicorn  # noqa: E402

from backend.server.settings.ports import listen  # noqa: E402

_LIMIT = 256 * 1024 * 1024


class _Echo(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic in the stubs only
    """Answers every method, unary or streaming, with the request's own bytes."""

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        if details.method.endswith("StreamInfer"):
            return grpc.stream_stream_rpc_method_handler(self._stream)
        return grpc.unary_unary_rpc_method_handler(self._unary)

    async def _stream(self, _requests: Any, context: Any) -> None:
        while (message := await context.read()) is not grpc.aio.EOF:  # type: ignore[attr-defined]
            await context.write(message)

    async def _unary(self, request: bytes, _context: Any) -> bytes:
        return request


async def _rest(scope: Any, receive: Any, send: Any) -> None:
    """ASGI: the body as it came."""
    body, more = [], True
    while more:
        message = await receive()
        body.append(message.get("body", b""))
        more = message.get("more_body", False)
    data = b"".join(body)
    headers = [(b"content-length", str(len(data)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": data})


async def _main() -> None:
    options = [
        ("grpc.max_send_message_length", _LIMIT),
        ("grpc.max_receive_message_length", _LIMIT),
    ]
    server = grpc.aio.server(options=options)
    server.add_generic_rpc_handlers((_Echo(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    listener = listen("127.0.0.1", 0)
    rest = uvicorn.Server(
        uvicorn.Config(_rest, http="httptools", lifespan="off", log_config=None, access_log=False)
    )
    serving = asyncio.create_task(rest.serve(sockets=[listener]))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    print(json.dumps({"rest": url, "grpc": f"127.0.0.1:{port}"}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    rest.should_exit = True
    await serving
    await server.stop(0)


if __name__ == "__main__":
    asyncio.run(_main())

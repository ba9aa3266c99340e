"""The flows of Triton's client examples that there are over gRPC only."""

from __future__ import annotations

import queue
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from tests.peers.example_clients import (
    CLASSES,
    ONE,
    OTHER,
    PIXELS,
    VALUES,
    WAIT_S,
    Clients,
    Flow,
    check_sequences,
    check_sums,
    texts,
)
from tests.peers.example_flows_aio import aio, aio_infer, aio_sequence_stream


def sequence_stream(clients: Clients, *, dyna: bool) -> None:
    model = "simple_dyna_sequence" if dyna else "simple_sequence"
    of_text = "simple_string_dyna_sequence" if dyna else "simple_sequence"
    found: queue.Queue[Any] = queue.Queue()
    plans: list[tuple[str, Any, tuple[int, ...]]] = [
        (model, 1000, (0, *VALUES)),
        (model, 1001, (100, *(-value for value in VALUES))),
        (of_text, "1003", (20, *(-value for value in VALUES))),
    ]
    with clients.make() as client:
        client.start_stream(lambda result, error: found.put(error or result))
        for name, sequence_id, values in plans:
            for index, value in enumerate(values):
                client.async_stream_infer(
                    name,
                    clients.inputs(INPUT=np.full((1, 1), value, np.int32)),
                    request_id=f"{sequence_id}_{index}",
                    sequence_id=sequence_id,
                    sequence_start=index == 0,
                    sequence_end=index == len(values) - 1,
                )
        results = [found.get(timeout=WAIT_S) for _ in range(3 * 8)]
    seen: dict[str, list[int]] = {}
    for result in results:
        name = result.get_response().id.split("_")[0]
        seen.setdefault(name, []).append(int(result.as_numpy("OUTPUT").item()))
    check_sequences(seen, dyna=dyna)


def repeat(clients: Clients) -> None:
    found: queue.Queue[Any] = queue.Queue()
    data = np.array([4, 2, 0, 1], np.int32)
    with clients.make() as client:
        client.start_stream(lambda result, error: found.put(error or result))
        client.async_stream_infer(
            "repeat_int32",
            clients.inputs(IN=data, DELAY=np.full(4, 5, np.uint32), WAIT=np.array([5], np.uint32)),
            request_id="0",
            outputs=clients.outputs("OUT", "IDX"),
        )
        results = [found.get(timeout=WAIT_S) for _ in data]
    assert [int(one.as_numpy("OUT")[0]) for one in results] == data.tolist()
    assert [int(one.as_numpy("IDX")[0]) for one in results] == [0, 1, 2, 3]


def stub_of(address: str) -> tuple[Any, Any]:
    grpc, service = import_module("grpc"), import_module("tritonclient.grpc.service_pb2_grpc")
    channel = grpc.insecure_channel(address)
    return import_module("tritonclient.grpc.service_pb2"), service.GRPCInferenceServiceStub(channel)


def explicit(clients: Clients, model: str, datatype: str, field: str) -> None:
    """Typed contents in, raw contents out."""
    pb, stub = stub_of(clients.address)
    request = pb.ModelInferRequest(model_name=model)
    as_text = datatype == "BYTES"
    for name, array in (("INPUT0", ONE), ("INPUT1", OTHER)):
        tensor = request.inputs.add(name=name, datatype=datatype, shape=[1, 16])
        elements = texts(array) if as_text else array
        getattr(tensor.contents, field).extend(elements.ravel().tolist())
    request.outputs.add(name="OUTPUT0")
    request.outputs.add(name="OUTPUT1")
    reply = stub.ModelInfer(request)
    utils = import_module("tritonclient.utils")
    for raw, expected in zip(reply.raw_output_contents, (ONE + OTHER, ONE - OTHER), strict=True):
        if as_text:
            found = utils.deserialize_bytes_tensor(raw).astype(int)
        else:
            found = np.frombuffer(raw, utils.triton_to_np_dtype(datatype))
        assert found.tolist() == expected.ravel().tolist()


def stubs(clients: Clients) -> None:
    pb, stub = stub_of(clients.address)
    name = "densenet_onnx"
    assert stub.ServerLive(pb.ServerLiveRequest()).live
    assert stub.ServerReady(pb.ServerReadyRequest()).ready
    assert stub.ModelReady(pb.ModelReadyRequest(name=name)).ready
    assert stub.ServerMetadata(pb.ServerMetadataRequest()).extensions
    assert stub.ModelMetadata(pb.ModelMetadataRequest(name=name)).platform
    assert stub.ModelConfig(pb.ModelConfigRequest(name=name)).config.max_batch_size == 8
    request = pb.ModelInferRequest(model_name=name, id="my request id")
    request.inputs.add(name="data_0", datatype="FP32", shape=[1, 3, 224, 224])
    request.outputs.add(name="fc6_1").parameters["classification"].int64_param = 3
    request.raw_input_contents.append(PIXELS.tobytes())
    reply = stub.ModelInfer(request)
    assert reply.id == "my request id"
    found = import_module("tritonclient.utils").deserialize_bytes_tensor(
        reply.raw_output_contents[0]
    )
    assert [text.decode().split(":")[1:] for text in found] == CLASSES
    (streamed,) = stub.ModelStreamInfer(iter([request]))
    assert streamed.infer_response.raw_output_contents == reply.raw_output_contents


def with_options(clients: Clients, **how: Any) -> None:
    client = clients.make(**how)
    check_sums(client.infer("simple", clients.inputs(INPUT0=ONE, INPUT1=OTHER)))


def keepalive(module: Any) -> Any:
    return module.KeepAliveOptions(
        keepalive_time_ms=2**31 - 1,
        keepalive_timeout_ms=20_000,
        keepalive_permit_without_calls=False,
        http2_max_pings_without_data=2,
    )


def grpc_flows(clients: Clients) -> dict[str, Flow]:
    """The flows that there are over gRPC only."""
    options = [("grpc.max_receive_message_length", -1), ("grpc.lb_policy_name", "pick_first")]
    return {
        "simple_grpc_sequence_stream_infer_client": partial(sequence_stream, clients, dyna=False),
        "simple_grpc_sequence_stream_infer_client --dyna": partial(
            sequence_stream, clients, dyna=True
        ),
        "simple_grpc_aio_sequence_stream_infer_client": aio(clients, aio_sequence_stream),
        "simple_grpc_custom_repeat": partial(repeat, clients),
        "simple_grpc_custom_args_client": partial(with_options, clients, channel_args=options),
        "simple_grpc_aio_custom_args_client": aio(clients, aio_infer, channel_args=options),
        "simple_grpc_keepalive_client": partial(
            with_options, clients, keepalive_options=keepalive(clients.module)
        ),
        "simple_grpc_aio_keepalive_client": aio(
            clients, aio_infer, keepalive_options=keepalive(clients.module)
        ),
        "grpc_explicit_int_content_client": partial(
            explicit, clients, "simple", "INT32", "int_contents"
        ),
        "grpc_explicit_int8_content_client": partial(
            explicit, clients, "simple_int8", "INT8", "int_contents"
        ),
        "grpc_explicit_byte_content_client": partial(
            explicit, clients, "simple_string", "BYTES", "bytes_contents"
        ),
        "grpc_client, grpc_image_client": partial(stubs, clients),
    }

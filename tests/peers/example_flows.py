"""What Triton's public client examples do, call by call, with the tritonclient of this Python.

    python -m tests.peers.example_flows --rest HOST:PORT --grpc HOST:PORT

The server has the models of `example_models`. Each flow is named after the examples that it stands
for; those that need a GPU, vLLM or an ensemble have none. Prints one line a flow.
"""

from __future__ import annotations

import argparse
import json
import queue
import sys
import traceback
from functools import partial
from typing import Any

import numpy as np

from tests.peers.example_clients import (
    CLASSES,
    ONE,
    OTHER,
    PIXELS,
    ROOM,
    VALUES,
    WAIT_S,
    Clients,
    Flow,
    as_json,
    check_sums,
    refused,
    regions,
    texts,
)
from tests.peers.example_flows_aio import aio_flows
from tests.peers.example_flows_grpc import grpc_flows


def infer(clients: Clients) -> None:
    client = clients.make()
    plain = clients.kind == "grpc"
    ways: list[dict[str, Any]] = [{}, {"outputs": clients.outputs("OUTPUT0", "OUTPUT1")}]
    for packing in ("gzip", "deflate"):
        names = ("request_compression_algorithm", "response_compression_algorithm")
        ways.append(dict.fromkeys(("compression_algorithm",) if plain else names, packing))
    for how in ways:
        check_sums(client.infer("simple", clients.inputs(INPUT0=ONE, INPUT1=OTHER), **how))
    for binary in () if plain else (True, False):
        given = clients.inputs(INPUT0=ONE, INPUT1=OTHER)
        given[1].set_data_from_numpy(OTHER, binary_data=binary)
        wanted = clients.outputs("OUTPUT0") + clients.outputs("OUTPUT1", binary_data=binary)
        check_sums(client.infer("simple", given, outputs=wanted))
    stats = client.get_inference_statistics("simple", **as_json(clients))
    assert len(stats["model_stats"]) == 1
    refused(
        lambda: client.infer("wrong_model_name", clients.inputs(INPUT0=ONE, INPUT1=OTHER)),
        "Request for unknown model",
    )


def infer_async(clients: Clients) -> None:
    client = clients.make(**({"concurrency": 4} if clients.kind == "http" else {}))
    given = clients.inputs(INPUT0=ONE, INPUT1=OTHER)
    if clients.kind == "http":
        for pending in [client.async_infer("simple", given) for _ in range(10)]:
            check_sums(pending.get_result())
        return
    found: queue.Queue[Any] = queue.Queue()
    for _ in range(10):
        client.async_infer("simple", given, lambda result, error: found.put(error or result))
    for _ in range(10):
        check_sums(found.get(timeout=WAIT_S))


def strings(clients: Clients) -> None:
    client = clients.make()
    for one in (texts(ONE), texts(ONE).astype(np.str_).astype(object)):
        check_sums(client.infer("simple_string", clients.inputs(INPUT0=one, INPUT1=texts(OTHER))))
    with_nul = np.array([[b"he\0llo", b"", b"\xff"]], object)
    result = client.infer("simple_identity", clients.inputs(INPUT0=with_nul))
    assert result.as_numpy("OUTPUT0").tolist() == with_nul.tolist()


def health(clients: Clients) -> None:
    client = clients.make()
    more: dict[str, Any] = {"headers": {"test": "1", "dummy": "2"}}
    if clients.kind == "http":
        more["query_params"] = {"test_1": 1, "test_2": "dummy"}
    assert client.is_server_live(**more)
    assert client.is_server_ready()
    assert client.is_model_ready("simple")
    assert clients.name_of(client.get_server_metadata()) in ("triton", "inferdeck")
    assert clients.name_of(client.get_model_metadata("simple", **more)) == "simple"
    refused(lambda: client.get_model_metadata("wrong_model_name"), "Request for unknown model")
    config = client.get_model_config("simple")
    assert clients.name_of(config if clients.kind == "http" else config.config) == "simple"


def control(clients: Clients) -> None:
    client, shown = clients.make(), as_json(clients)
    assert client.get_model_repository_index(**shown)
    client.load_model("simple")
    assert client.is_model_ready("simple")
    wrong = '"parameters": {"config": {{"max_batch_size": "16"}}}'
    refused(lambda: client.load_model("simple", config=wrong), "failed to load")
    client.load_model(
        "simple", config=_with_batch_of_16(client.get_model_config("simple", **shown))
    )
    assert "16" in json.dumps(client.get_model_config("simple", **shown))
    client.unload_model("simple")
    assert not client.is_model_ready("simple")
    refused(lambda: client.load_model("wrong_model_name"), "failed to load")
    client.load_model("simple")


def _with_batch_of_16(config: Any) -> str:
    """The whole configuration, since Triton keeps nothing of the one on disk beside it."""
    return json.dumps(dict(config.get("config", config), max_batch_size=16))


def shared_memory(clients: Clients, one: Any, other: Any, model: str) -> None:
    """Inputs and outputs in shared memory; then the same objects without it, and with it again."""
    client = clients.make()
    client.unregister_system_shared_memory()
    client.unregister_cuda_shared_memory()
    given = clients.inputs(INPUT0=one, INPUT1=other)
    wanted = clients.outputs("OUTPUT0", "OUTPUT1")
    with regions(one, other) as shared:
        for place in shared.places:
            client.register_system_shared_memory(*place)
        for in_memory in (True, False, True):
            for number, array in enumerate((one, other)):
                if in_memory:
                    given[number].set_shared_memory(f"in{number}", shared.sizes[number])
                    wanted[number].set_shared_memory(f"out{number}", ROOM)
                else:
                    given[number].set_data_from_numpy(array)
                    wanted[number].unset_shared_memory()
            result = client.infer(model, given, outputs=wanted)
            if in_memory:
                shared.check(clients, result)
            else:
                check_sums(result)
        status = client.get_system_shared_memory_status(**as_json(clients))
        assert all(name in json.dumps(status) for name, _, _ in shared.places)
        client.unregister_system_shared_memory()


def sequence(clients: Clients, model: str) -> None:
    client = clients.make()
    for named, sequence_id in enumerate((1001, "seq") if model == "simple_sequence" else (1002,)):
        seen = []
        for index, value in enumerate((named, *VALUES)):
            result = client.infer(
                model,
                clients.inputs(INPUT=np.full((1, 1), value, np.int32)),
                sequence_id=sequence_id,
                sequence_start=index == 0,
                sequence_end=index == len(VALUES),
            )
            seen.append(int(result.as_numpy("OUTPUT").item()))
        ends_with = 1002 if model != "simple_sequence" else 0
        assert seen == [named + 1, *VALUES[:-1], VALUES[-1] + ends_with], seen


def image(clients: Clients) -> None:
    """Classification of pictures: one, a batch, asynchronous, and in a stream."""
    client = clients.make()
    shown = as_json(clients)
    metadata = client.get_model_metadata("densenet_onnx", **shown)
    config = client.get_model_config("densenet_onnx", **shown)
    config = config.get("config", config)
    assert (len(metadata["inputs"]), len(metadata["outputs"])) == (1, 1)
    assert config["input"][0]["format"] == "FORMAT_NCHW"
    for size in (1, 2):
        given = clients.inputs(data_0=np.repeat(PIXELS, size, 0))
        wanted = clients.outputs("fc6_1", class_count=3)
        result = client.infer("densenet_onnx", given, outputs=wanted, request_id="1")
        check_classes(result, size)
    if clients.kind == "http":
        pending = client.async_infer("densenet_onnx", given, outputs=wanted)
        check_classes(pending.get_result(), 2)
        return
    found: queue.Queue[Any] = queue.Queue()
    client.start_stream(lambda result, error: found.put(error or result))
    client.async_stream_infer("densenet_onnx", given, outputs=wanted)
    check_classes(found.get(timeout=WAIT_S), 2)
    client.stop_stream()


def check_classes(result: Any, size: int) -> None:
    rows = result.as_numpy("fc6_1")
    assert rows.shape == (size, 3)
    for row in rows:
        assert [text.decode().split(":")[1:] for text in row] == CLASSES


def many(clients: Clients) -> None:
    client = clients.make()
    for _ in range(500):
        check_sums(client.infer("simple", clients.inputs(INPUT0=ONE, INPUT1=OTHER)))


def flows(rest: str, grpc: str) -> dict[str, Flow]:
    """Every flow by the names of the examples."""
    found: dict[str, Flow] = {}
    for clients in (Clients("http", rest), Clients("grpc", grpc)):
        kind = clients.kind
        found |= {
            f"simple_{kind}_infer_client": partial(infer, clients),
            f"simple_{kind}_async_infer_client": partial(infer_async, clients),
            f"simple_{kind}_string_infer_client": partial(strings, clients),
            f"simple_{kind}_health_metadata": partial(health, clients),
            f"simple_{kind}_model_control": partial(control, clients),
            f"simple_{kind}_sequence_sync_infer_client": partial(
                sequence, clients, "simple_sequence"
            ),
            f"simple_{kind}_sequence_sync_infer_client --dyna": partial(
                sequence, clients, "simple_dyna_sequence"
            ),
            f"simple_{kind}_shm_client": partial(shared_memory, clients, ONE, OTHER, "simple"),
            f"simple_{kind}_shm_string_client": partial(
                shared_memory, clients, texts(ONE), texts(OTHER), "simple_string"
            ),
            f"image_client -i {kind}": partial(image, clients),
            f"memory_growth_test -i {kind}": partial(many, clients),
            f"reuse_infer_objects_client -i {kind}": partial(
                shared_memory, clients, ONE, OTHER, "simple"
            ),
        }
        found |= aio_flows(clients)
    return found | grpc_flows(clients)


def main() -> int:
    """Run every flow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rest", required=True, help="host:port")
    parser.add_argument("--grpc", required=True, help="host:port")
    parser.add_argument("--only", default="", help="flows whose name has this in it")
    given = parser.parse_args()
    failed = 0
    for name, flow in flows(given.rest, given.grpc).items():
        if given.only not in name:
            continue
        try:
            flow()
        except Exception:
            failed += 1
            print(f"FAILED  {name}\n{traceback.format_exc()}", flush=True)
        else:
            print(f"ok      {name}", flush=True)
    print(f"{failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""Models written for Triton's python backend run as they are."""

from __future__ import annotations

import json
import logging
import threading
from pathlib import Path

import numpy as np
import pytest

from backend.core.errors import (
    AlreadyExists,
    Cancelled,
    InvalidInput,
    ModelFailed,
    NotFound,
    NotReady,
    RequestError,
    UnknownFailure,
    Unsupported,
)
from backend.models.runtimes.python.instance import PythonInstance
from backend.models.runtimes.python.loader import PythonRuntime
from backend.models.servable import ModelLoadError, ModelRequest, SequenceStep
from backend.wire.generated import open_inference_pb2 as pb
from tests.models.python_models import (
    Answers,
    config,
    execute,
    outputs,
    request,
    serving,
    tensor,
    trusting,
    write,
)

ADD_SUB = """
    import json
    import numpy as np
    import triton_python_backend_utils as pb_utils

    class TritonPythonModel:
        def initialize(self, args):
            config = json.loads(args["model_config"])
            out = pb_utils.get_output_config_by_name(config, "OUTPUT0")
            self.kind = pb_utils.triton_string_to_numpy(out["data_type"])

        def execute(self, requests):
            responses = []
            for request in requests:
                a = pb_utils.get_input_tensor_by_name(request, "INPUT0").as_numpy()
                b = pb_utils.get_input_tensor_by_name(request, "INPUT1").as_numpy()
                responses.append(pb_utils.InferenceResponse(output_tensors=[
                    pb_utils.Tensor("OUTPUT0", (a + b).astype(self.kind)),
                    pb_utils.Tensor("OUTPUT1", (a - b).astype(self.kind)),
                ]))
            return responses
"""
ADD_SUB_CONFIG = """
    input { name: "INPUT0" data_type: TYPE_FP32 dims: 4 }
    input { name: "INPUT1" data_type: TYPE_FP32 dims: 4 }
    output { name: "OUTPUT0" data_type: TYPE_FP32 dims: 4 }
    output { name: "OUTPUT1" data_type: TYPE_FP32 dims: 4 }
"""
ECHO_ARGS = """
    import json, os, sys
    import numpy as np
    import triton_python_backend_utils as pb_utils

    class TritonPythonModel:
        def initialize(self, args):
            self.args = args

        def execute(self, requests):
            said = [self.told(request) for request in requests]
            return [
                pb_utils.InferenceResponse([pb_utils.Tensor("TOLD", np.array([s], dtype=object))])
                for s in said
            ]

        def told(self, request):
            return json.dumps(self.args)
"""


def told(instance: PythonInstance, one: ModelRequest) -> dict[str, object]:
    made = outputs(instance, one)
    answer: dict[str, object] = json.loads(made["TOLD"].data[0])
    return answer


def test_add_and_subtract(tmp_path: Path) -> None:
    a, b = np.arange(4, dtype=np.float32), np.full(4, 2, np.float32)
    with serving(tmp_path, ADD_SUB, ADD_SUB_CONFIG) as (servable, instance):
        made = outputs(instance, request(tensor("INPUT0", a), tensor("INPUT1", b)))
        times = instance.execute([request(tensor("INPUT0", a), tensor("INPUT1", b))] * 3, Answers())
    assert made["OUTPUT0"].data.tolist() == [2, 3, 4, 5]
    assert made["OUTPUT1"].data.tolist() == [-2, -1, 0, 1]
    assert min(times.input_ns, times.infer_ns) > 0
    assert times.output_ns >= 0
    assert [spec.name for spec in servable.inputs] == ["INPUT0", "INPUT1"]


def test_a_model_is_told_what_triton_tells_it(tmp_path: Path) -> None:
    text = 'max_batch_size: 8 instance_group { count: 2 } instance_group { name: "more" }'
    write(tmp_path, "named", ECHO_ARGS)
    servable = PythonRuntime(around=trusting()).load(
        config("named", text), tmp_path / "named" / "1"
    )
    instances = [servable.make_instance(index) for index in range(3)]
    try:
        answers = [told(instance, request()) for instance in instances]
    finally:
        for instance in instances:
            instance.close()
    assert [one["model_instance_name"] for one in answers] == ["named_0_0", "named_0_1", "more_0"]
    first = answers[0]
    model_config = json.loads(str(first.pop("model_config")))
    assert first == {
        "model_instance_kind": "CPU",
        "model_instance_name": "named_0_0",
        "model_instance_device_id": "0",
        "model_repository": str(tmp_path / "named"),
        "model_version": "1",
        "model_name": "named",
    }
    assert model_config["max_batch_size"] == 8
    assert model_config["input"] == []
    assert model_config["instance_group"][0]["count"] == 2
    assert model_config["instance_group"][0]["kind"] == "KIND_CPU"
    assert model_config["default_model_filename"] == "model.py"
    assert model_config["version_policy"] == {"latest": {"num_versions": 1}}
    assert "dynamic_batching" not in model_config


def test_a_model_is_told_all_of_its_request(tmp_path: Path) -> None:
    source = ECHO_ARGS.replace(
        "return json.dumps(self.args)",
        """return json.dumps({
                "id": request.request_id(), "sequence": request.correlation_id(),
                "flags": request.flags(), "timeout": request.timeout(),
                "parameters": json.loads(request.parameters()),
                "cancelled": request.is_cancelled(),
            })""",
    )
    parameters = {"text": "æ", "flag": True, "count": 3, "part": 0.5}
    with serving(tmp_path, source) as (_, instance):
        plain = told(instance, request())
        full = told(
            instance,
            request(
                id="r 1",
                parameters=parameters,
                timeout_us=900,
                sequence=SequenceStep("s1", start=True, end=True),
                cancelled=lambda: True,
            ),
        )
    assert plain == {
        "id": "", "sequence": 0, "flags": 0, "timeout": 0, "parameters": {}, "cancelled": False,
    }  # fmt: skip
    assert full == {
        "id": "r 1", "sequence": "s1", "flags": 3, "timeout": 900, "cancelled": True,
        "parameters": {"text": "æ", "flag": True, "count": 3, "part": 0.5},
    }  # fmt: skip


def test_nothing_heavy_of_ours_is_in_the_models_process(tmp_path: Path) -> None:
    source = ECHO_ARGS.replace("json.dumps(self.args)", "json.dumps(sorted(sys.modules))")
    with serving(tmp_path, source) as (_, instance):
        names = set(told(instance, request()))
    assert {"numpy", "triton_python_backend_utils", "1.model"} <= names
    assert not names & {"backend", "gui", "grpc", "google.protobuf", "cv2", "PySide6", "orjson"}


def test_modules_beside_the_model_are_found_even_if_named_like_ours(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    source = """
        import numpy as np
        import triton_python_backend_utils as pb_utils
        from .beside import one
        from backend.shared import two
        import inputs

        class TritonPythonModel:
            def execute(self, requests):
                made = pb_utils.Tensor("OUT", np.array([one, two, inputs.three]))
                return [pb_utils.InferenceResponse([made])]
    """
    (folder / "1").mkdir(parents=True)
    (folder / "1" / "beside.py").write_text("one = 1\n")
    (folder / "1" / "inputs.py").write_text("three = 3\n")
    (folder / "backend").mkdir()
    (folder / "backend" / "shared.py").write_text("two = 2\n")
    write(tmp_path / "source", "m", source)
    (tmp_path / "source" / "m" / "1" / "model.py").rename(folder / "1" / "model.py")
    instance = PythonRuntime(around=trusting()).load(config("m"), folder / "1").make_instance(0)
    try:
        assert outputs(instance, request())["OUT"].data.tolist() == [1, 2, 3]
    finally:
        instance.close()


def test_a_model_may_spawn_processes_of_its_own(tmp_path: Path) -> None:
    source = """
        import multiprocessing
        import numpy as np
        import triton_python_backend_utils as pb_utils

        def double(number):
            return 2 * number

        class TritonPythonModel:
            def initialize(self, args):
                self.pool = multiprocessing.get_context("spawn").Pool(1)

            def execute(self, requests):
                made = pb_utils.Tensor("OUT", np.array(self.pool.map(double, [1, 2])))
                return [pb_utils.InferenceResponse([made])]

            def finalize(self):
                self.pool.terminate()
                self.pool.join()
    """
    with serving(tmp_path, source) as (_, instance):
        assert outputs(instance, request())["OUT"].data.tolist() == [2, 4]


CODES = """
    import triton_python_backend_utils as pb_utils

    class TritonPythonModel:
        def execute(self, requests):
            made = []
            for request in requests:
                code = int(pb_utils.get_input_tensor_by_name(request, "CODE").as_numpy()[0])
                error = pb_utils.TritonError(f"code {code}", code)
                made.append(pb_utils.InferenceResponse(error=error))
            return made
"""


def test_each_request_has_its_own_error(tmp_path: Path) -> None:
    kinds: list[type[RequestError]] = [
        UnknownFailure, ModelFailed, NotFound, InvalidInput, NotReady, Unsupported, AlreadyExists,
        Cancelled, ModelFailed,
    ]  # fmt: skip
    batch = [request(tensor("CODE", np.array([code]))) for code in range(len(kinds))]
    with serving(tmp_path, CODES) as (_, instance):
        answers = execute(instance, *batch)
    assert [type(answers.error(index)) for index in range(len(kinds))] == kinds
    assert answers.error(3).message == "code 3"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise ValueError('no such thing')", "ValueError: no such thing"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("raise pb_utils.TritonModelException('not today')", "not today"),
        ("raise pb_utils.TritonModelException('half ' + chr(0xD800))", "half ?"),
        ("return []", "0 responses for 2 requests"),
        ("return [1, 2]", "InferenceResponse objects, got int"),
        ("return None", "gave no response"),
    ],
)
def test_a_failing_execute_fails_its_requests_and_nothing_else(
    tmp_path: Path, body: str, said: str
) -> None:
    source = f"""
        import triton_python_backend_utils as pb_utils

        class TritonPythonModel:
            def execute(self, requests):
                if len(requests) == 1:
                    return [pb_utils.InferenceResponse([])]
                {body}
    """
    with serving(tmp_path, source) as (servable, instance):
        answers = execute(instance, request(), request())
        assert execute(instance, request()).responses[0][0].error is None
        assert servable.trouble == ""
    for index in (0, 1):
        assert isinstance(answers.error(index), ModelFailed)
        assert said in answers.error(index).message
    assert sorted(answers.finals) == [0, 1]


def test_an_async_execute_is_awaited(tmp_path: Path) -> None:
    source = """
        import asyncio
        import numpy as np
        import triton_python_backend_utils as pb_utils

        class TritonPythonModel:
            async def execute(self, requests):
                await asyncio.sleep(0)
                made = pb_utils.Tensor("OUT", np.array([5]))
                return [pb_utils.InferenceResponse([made]) for _ in requests]
    """
    with serving(tmp_path, source) as (_, instance):
        assert outputs(instance, request())["OUT"].data.tolist() == [5]


def test_a_request_may_be_executed_once_more(tmp_path: Path) -> None:
    source = """
        import numpy as np
        import triton_python_backend_utils as pb_utils

        class TritonPythonModel:
            def initialize(self, args):
                self.times = 0

            def execute(self, requests):
                self.times += 1
                if self.times < 3:
                    for request in requests:
                        request.set_release_flags(
                            pb_utils.TRITONSERVER_REQUEST_RELEASE_RESCHEDULE)
                    return [None for _ in requests]
                made = pb_utils.Tensor("OUT", np.array([self.times]))
                return [pb_utils.InferenceResponse([made]) for _ in requests]
    """
    with serving(tmp_path, source) as (_, instance):
        assert outputs(instance, request())["OUT"].data.tolist() == [3]


DECOUPLED = "model_transaction_policy { decoupled: true }"
REPEAT = """
    import threading, time
    import numpy as np
    import triton_python_backend_utils as pb_utils

    class TritonPythonModel:
        def execute(self, requests):
            for request in requests:
                count = int(pb_utils.get_input_tensor_by_name(request, "COUNT").as_numpy()[0])
                sender = request.get_response_sender()
                threading.Thread(target=self.repeat, args=(sender, count)).start()
            return None

        def repeat(self, sender, count):
            for number in range(count):
                made = pb_utils.Tensor("OUT", np.array([number], np.int32))
                sender.send(pb_utils.InferenceResponse([made]))
            sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
"""


def test_a_decoupled_model_gives_any_number_of_responses(tmp_path: Path) -> None:
    batch = [request(tensor("COUNT", np.array([number]))) for number in (0, 1, 40)]
    with serving(tmp_path, REPEAT, DECOUPLED) as (servable, instance):
        assert servable.decoupled
        answers = execute(instance, *batch)
        answers.wait(finals=3)
        more = execute(instance, batch[1])
        more.wait()
    assert answers.numbers(0) == []
    assert answers.numbers(1) == [[0]]
    assert answers.numbers(2) == [[number] for number in range(40)]
    assert sorted(answers.finals) == [0, 1, 2]
    assert more.numbers(0) == [[0]]


@pytest.mark.parametrize(
    ("body", "responses", "said"),
    [
        ("pass", 0, ""),
        ("requests[0].get_response_sender()", 0, ""),
        ("raise ValueError('broken')", 1, "ValueError: broken"),
        ("return [pb_utils.InferenceResponse([])]", 1, "must return None"),
        ("self.answer(requests); self.answer(requests)", 2, "sent already"),
    ],
)
def test_a_decoupled_request_always_ends(
    tmp_path: Path, body: str, responses: int, said: str
) -> None:
    source = f"""
        import triton_python_backend_utils as pb_utils

        class TritonPythonModel:
            def execute(self, requests):
                {body}

            def answer(self, requests):
                try:
                    requests[0].get_response_sender().send(pb_utils.InferenceResponse([]), 1)
                except pb_utils.TritonModelException as error:
                    print(error)
    """
    with serving(tmp_path, source, DECOUPLED) as (_, instance):
        answers = execute(instance, request())
        answers.wait()
    if "sent already" in said:
        assert len(answers.responses[0]) == 1
        assert answers.responses[0][0].error is None
    else:
        assert len(answers.responses.get(0, [])) == responses
        if said:
            assert said in answers.error().message


SENDING = """
    import triton_python_backend_utils as pb_utils

    class TritonPythonModel:
        def execute(self, requests):
            for request in requests:
                sender, made = request.get_response_sender(), pb_utils.InferenceResponse([])
                match request.request_id():
                    case "response, flag":
                        sender.send(made)
                        sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
                    case "together":
                        sender.send(made, pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
                    case "response":
                        sender.send(made)
                    case "flag":
                        sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
                    case "two responses":
                        sender.send(made)
                        self.refused(sender.send, made)
                    case "two flags":
                        sender.send(made)
                        sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
                        self.refused(sender.send, flags=1)

        def refused(self, send, *given, **more):
            try:
                send(*given, **more)
            except pb_utils.TritonModelException:
                return
            raise AssertionError("it was sent")
"""


def test_a_model_with_one_response_may_use_senders_as_others_do(tmp_path: Path) -> None:
    ways = ("response, flag", "together", "response", "two responses", "two flags", "flag")
    with serving(tmp_path, SENDING) as (_, instance):
        answers = execute(instance, *(request(id=way) for way in ways))
    assert sorted(answers.finals) == list(range(len(ways)))
    errors = [answers.responses[index][0].error for index in range(len(ways))]
    assert errors[:-1] == [None] * (len(ways) - 1)
    assert "gave no response" in str(errors[-1])


def test_decoupled_async_requests_overlap(tmp_path: Path) -> None:
    source = """
        import asyncio
        import numpy as np
        import triton_python_backend_utils as pb_utils

        class TritonPythonModel:
            def initialize(self, args):
                self.second = None

            async def execute(self, requests):
                if self.second is None:
                    self.second = asyncio.Event()
                    await self.second.wait()
                self.second.set()
                for request in requests:
                    if request.request_id() == "bad":
                        raise ValueError("bad id")
                    request.get_response_sender().send(flags=1)
    """
    with serving(tmp_path, source, DECOUPLED) as (_, instance):
        first = execute(instance, request())
        second = execute(instance, request(id="bad"))
        first.wait()
        second.wait()
    assert first.responses == {}
    assert "bad id" in second.error().message


def test_a_decoupled_model_learns_that_nobody_waits(tmp_path: Path) -> None:
    source = """
        import threading, time
        import triton_python_backend_utils as pb_utils

        class TritonPythonModel:
            def execute(self, requests):
                for request in requests:
                    sender = request.get_response_sender()
                    threading.Thread(target=self.wait, args=(sender,)).start()

            def wait(self, sender):
                while not sender.is_cancelled():
                    time.sleep(0.01)
                sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
    """
    gone = threading.Event()
    with serving(tmp_path, source, DECOUPLED) as (_, instance):
        answers = execute(instance, request(cancelled=gone.is_set))
        assert answers.finals == []
        gone.set()
        answers.wait()


def test_what_a_model_prints_and_logs_goes_to_our_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = """
        import os, sys
        import triton_python_backend_utils as pb_utils

        class TritonPythonModel:
            def initialize(self, args):
                print("printed")
                print("to stderr", file=sys.stderr)
                os.write(1, b"from below\\n")
                pb_utils.Logger.log_warn("careful\\nnow")
                pb_utils.Logger.log("wrong", pb_utils.Logger.ERROR)
                input_left = sys.stdin.read()
                assert input_left == ""

            def execute(self, requests):
                return [pb_utils.InferenceResponse([]) for _ in requests]

            def finalize(self):
                print("finalized")
    """
    with caplog.at_level(logging.INFO, "inferdeck.models.python"), serving(tmp_path, source):
        pass
    seen = {(record.levelname, record.getMessage()) for record in caplog.records}
    assert seen == {
        ("INFO", "m_0: printed"),
        ("INFO", "m_0: to stderr"),
        ("INFO", "m_0: from below"),
        ("WARNING", "m_0: careful\nnow"),
        ("ERROR", "m_0: wrong"),
        ("INFO", "m_0: finalized"),
    }


def test_a_model_completes_its_configuration(tmp_path: Path) -> None:
    source = """
        class TritonPythonModel:
            @staticmethod
            def auto_complete_config(config):
                assert config.as_dict()["input"] == []
                config.add_input({"name": "IN", "data_type": "TYPE_FP32", "dims": [4, -1],
                                  "optional": True})
                config.add_output({"name": "OUT", "data_type": "TYPE_STRING", "dims": [1]})
                config.set_max_batch_size(16)
                config.set_dynamic_batching()
                config.set_model_transaction_policy({"decoupled": True})
                return config

            def execute(self, requests):
                pass
    """
    folder = write(tmp_path, "m", source)
    made = PythonRuntime(around=trusting()).complete(pb.ModelConfig(name="m"), folder)
    assert (made.name, made.backend, made.max_batch_size) == ("m", "python", 16)
    assert made.HasField("dynamic_batching")
    assert made.model_transaction_policy.decoupled
    assert (made.input[0].name, list(made.input[0].dims), made.input[0].optional) == (
        "IN", [4, -1], True,
    )  # fmt: skip
    assert made.output[0].data_type == pb.TYPE_STRING


@pytest.mark.parametrize(
    ("text", "call", "said"),
    [
        (
            'input { name: "IN" data_type: TYPE_INT8 dims: 4 }',
            "add_input({'name': 'IN', 'data_type': 'TYPE_FP32', 'dims': [4]})",
            "input 'IN' has data_type TYPE_INT8 in config.pbtxt, but the model sets TYPE_FP32",
        ),
        ("max_batch_size: 32", "set_max_batch_size(4)", "max_batch_size 32"),
        ("sequence_batching {}", "set_dynamic_batching()", "sequence_batching"),
        ("", "add_output({'name': 'X', 'dims': [1]})", "output 'X' has no 'data_type'"),
        ("", "add_output({'name': 'X', 'kind': 1})", "output 'X' has 'kind'"),
        (
            "",
            "add_output({'name': 'X', 'data_type': 'FP32', 'dims': [1]})",
            "auto_complete_config gave a wrong configuration",
        ),
    ],
)
def test_a_completion_that_contradicts_the_file_is_refused(
    tmp_path: Path, text: str, call: str, said: str
) -> None:
    source = f"""
        class TritonPythonModel:
            @staticmethod
            def auto_complete_config(config):
                config.{call}
                return config

            def execute(self, requests):
                pass
    """
    folder = write(tmp_path, "m", source)
    with pytest.raises(ModelLoadError) as caught:
        PythonRuntime(around=trusting()).complete(config("m", text), folder)
    assert said in caught.value.message


def test_the_runtime_knows_its_models_by_backend_or_file(tmp_path: Path) -> None:
    runtime = PythonRuntime(around=trusting())
    folder = write(tmp_path, "m", "").parent
    assert runtime.handles(pb.ModelConfig(), folder)
    assert runtime.handles(pb.ModelConfig(backend="python"), tmp_path)
    assert not runtime.handles(pb.ModelConfig(), tmp_path)
    assert not runtime.handles(pb.ModelConfig(platform="onnxruntime_onnx"), folder)
    assert runtime.handles(pb.ModelConfig(default_model_filename="other.py"), tmp_path)
    with pytest.raises(ModelLoadError, match=r"no file 1/other\.py"):
        runtime.load(pb.ModelConfig(name="m", default_model_filename="other.py"), folder / "1")
    with pytest.raises(ModelLoadError, match="in the version folder"):
        runtime.load(pb.ModelConfig(name="m", default_model_filename="../x.py"), folder / "1")

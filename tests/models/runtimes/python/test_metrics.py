"""What a Python model measures itself is on the server's page of metrics."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
import requests

from backend.models.custom_metrics import CustomMetrics
from backend.models.repository.registry import ModelRegistry
from backend.models.runtimes.python.loader import PythonRuntime
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.plane.metrics import metrics_page
from backend.server.settings.options import ServerOptions
from tests.models.python_models import (
    QUICK,
    WAIT_S,
    config,
    execute,
    request,
    trusting,
    write,
)
from tests.waiting import wait_for

MEASURING = """
    import triton_python_backend_utils as pb_utils

    class TritonPythonModel:
        def initialize(self, args):
            kinds = pb_utils.MetricFamily
            made = kinds(name="asked_total", description="Requests\\nso far", kind=kinds.COUNTER)
            self.asked = made.Metric(labels={"model": args["model_name"], "who": 'a "b"'})
            self.level = kinds("level", "A level", kinds.GAUGE).Metric()
            times = kinds("took_ms", "Durations", kinds.HISTOGRAM)
            self.took = times.Metric(labels={}, buckets=[1, 10.5])

        def execute(self, requests):
            self.asked.increment(len(requests))
            self.level.set(-0.5)
            for value in (0.5, 5, 50):
                self.took.observe(value)
            values = [self.asked.value(), self.level.value()]
            for wrong in (lambda: self.asked.increment(-1), lambda: self.asked.set(3)):
                try:
                    wrong()
                except pb_utils.TritonModelException:
                    values.append("refused")
            error = pb_utils.TritonError(str(values))
            return [pb_utils.InferenceResponse(error=error)] * len(requests)
"""
PAGE = """\
# HELP asked_total Requests\\nso far
# TYPE asked_total counter
asked_total{model="m",who="a \\"b\\""} 3.0
# HELP level A level
# TYPE level gauge
level -0.5
# HELP took_ms Durations
# TYPE took_ms histogram
took_ms_bucket{le="1"} 2.0
took_ms_bucket{le="10.5"} 4.0
took_ms_bucket{le="+Inf"} 6.0
took_ms_sum 111.0
took_ms_count 6.0
"""


def page(metrics: CustomMetrics) -> str:
    return metrics_page(metrics).decode()


def change(metrics: CustomMetrics, **more: object) -> None:
    said = {"name": "x", "about": "", "kind": 0, "labels": {}, "do": "add", "value": 1, **more}
    metrics.change("owner", json.dumps(said).encode())


def test_copies_of_a_model_are_added_up_and_gone_with_it(tmp_path: Path) -> None:
    around = trusting()
    runtime = PythonRuntime(QUICK, around)
    servable = runtime.load(config("m"), write(tmp_path, "m", MEASURING))
    instances = [servable.make_instance(index) for index in range(2)]
    try:
        first = execute(instances[0], request(), request())
        assert "[2.0, -0.5, 'refused', 'refused']" in str(first.error())
        execute(instances[1], request())
        wait_for(lambda: page(around.metrics) == PAGE)
    finally:
        for instance in instances:
            instance.close()
        servable.close()
    assert page(around.metrics) == ""


def test_they_are_on_the_page_beside_the_servers_own() -> None:
    registry = ModelRegistry()
    change(registry.around.metrics, value=2)
    server = EmbeddedServer(registry, ServerOptions())
    server.start()
    try:
        text = requests.get(f"{server.rest_url}/metrics", timeout=WAIT_S).text
    finally:
        server.stop()
    assert "nv_inference_count" in text
    assert text.endswith("# TYPE x counter\nx 2.0\n")


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"name": "nv_inference_count"}, "no name for one"),
        ({"name": "a b"}, "no name for one"),
        ({"kind": 1}, "is a counter already, not a gauge"),
        ({"kind": 9}, "out of range"),
        ({"labels": {"a-b": 1}}, "has a label"),
        ({"value": float("nan")}, "was given NaN"),
        ({"value": None}, "must be"),
        ({"labels": {"a": "\ud800"}}, "is described or labelled with"),
        ({"name": "y", "about": "\ud800"}, "is described or labelled with"),
    ],
)
def test_what_prometheus_could_not_read_is_left_out(
    more: dict[str, object], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    metrics = CustomMetrics()
    change(metrics)
    before = page(metrics)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            change(metrics, **more)
    assert page(metrics) == before
    assert [reason in record.getMessage() for record in caplog.records] == [True]


def test_a_counter_keeps_the_name_it_was_given() -> None:
    metrics = CustomMetrics()
    for name in ("x_total", "x", "x_total_total"):
        change(metrics, name=name)
    change(metrics, name="y", about="# TYPE z_total counter")
    change(metrics, name="y_total", kind=1, do="set")
    headers = [line for line in page(metrics).splitlines() if line.startswith("# TYPE")]
    assert headers == [
        "# TYPE x counter",
        "# TYPE x_total counter",
        "# TYPE x_total_total counter",
        "# TYPE y counter",
        "# TYPE y_total gauge",
    ]
    samples = [line for line in page(metrics).splitlines() if not line.startswith("#")]
    assert samples == ["x 1.0", "x_total 1.0", "x_total_total 1.0", "y 1.0", "y_total 1.0"]


def test_a_histogram_keeps_its_sum_and_its_labels() -> None:
    metrics = CustomMetrics()
    change(metrics, kind=2, do="observe", buckets=[-2, 1e7], labels={"z": "1"}, value=12_345_678)
    change(metrics, kind=2, do="observe", buckets=[-2, 1e7], labels={"z": "1"}, value=-3)
    assert page(metrics).splitlines()[2:] == [
        'x_bucket{le="-2",z="1"} 1.0',
        'x_bucket{le="10000000",z="1"} 1.0',
        'x_bucket{le="+Inf",z="1"} 2.0',
        'x_sum{z="1"} 1.2345675e+07',
        'x_count{z="1"} 2.0',
    ]


def test_there_is_room_for_so_many_and_no_more() -> None:
    metrics = CustomMetrics()
    for number in range(1100):
        change(metrics, labels={"n": number})
    assert page(metrics).count("x{") == 1000

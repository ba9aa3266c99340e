"""docs/server.md lists what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import requests

from backend.cli.serve import command as serve
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.plane.about import ENGINE_EXTENSIONS, server_metadata
from backend.server.plane.metrics import ServerMetrics, metrics_page
from backend.wire.generated import modelserving_pb2, open_inference_pb2

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "server.md").read_text(encoding="utf-8")
SHORT = {"model": "M", "version": "V", "region": "R", "repository": "NAME"}


def expanded(page: str) -> str:
    """The page's routes without their optional parts written in brackets, and with them."""
    with_parts = re.sub(r"\[(/[^\]]*)\]", r"\1", page)
    return page + re.sub(r"\[/[^\]]*\]", "", page) + with_parts


@pytest.mark.parametrize("file", [open_inference_pb2, modelserving_pb2])
def test_every_method_is_listed(file: object) -> None:
    for service in file.DESCRIPTOR.services_by_name.values():  # type: ignore[attr-defined]
        assert service.full_name in PAGE
        for method in service.methods:
            assert re.search(rf"\b{method.name}\b", PAGE), method.name


def test_every_route_is_listed(server: EmbeddedServer) -> None:
    page = expanded(PAGE)
    paths = requests.get(f"{server.rest_url}/openapi.json", timeout=30).json()["paths"]
    for path in paths:
        said = path.format(**SHORT).replace("/v2/repository/NAME/", "/v2/repository/")
        assert said in page, said


def test_every_option_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        serve.main(["--help"])
    for option in set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out)) - {"--help"}:
        assert f"`{option}" in PAGE, option


def test_every_metric_and_own_extension_is_listed() -> None:
    for name in re.findall(r"# TYPE (\w+)", metrics_page(ServerMetrics(())).decode()):
        assert f"`{name}`" in PAGE, name
    for name in ("inferdeck_timing", "inferdeck_typed"):
        assert f"`{name}`" in PAGE, name
    assert server_metadata(ENGINE_EXTENSIONS, shared_memory=True).name in PAGE

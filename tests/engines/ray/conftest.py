"""One cluster of two nodes, and our server on it, for all tests of a module."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.engines.ray.models import SERVED, write_models
from tests.engines.ray.two_nodes import Cluster, Served, cluster, lacks, served


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The nodes; skips where there can be none."""
    pytest.importorskip("ray", reason="`make test-cluster` installs Ray")
    if reason := lacks():
        pytest.skip(reason)
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.lower().endswith("_proxy"):  # it would not find the nodes
                patch.delenv(name)
        with cluster(tmp_path_factory.mktemp("cluster")) as found:
            yield found


@pytest.fixture(scope="module")
def server(nodes: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Our server with the models of `write_models`, of which `SERVED` are loaded."""
    folder = tmp_path_factory.mktemp("served")
    options = ["--model-control-mode", "explicit"]
    for name in SERVED:
        options += ["--load-model", name]
    with served(nodes, folder, write_models(folder / "models"), *options) as found:
        yield found

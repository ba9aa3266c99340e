"""Is the manifest that `repository export --for kserve` writes one that KServe's own classes take?

    .venv/bin/python -m tests.peers.kserve_manifest PYTHON

PYTHON is that of an environment with the package `kserve`, whose classes are made from the schema
of its custom resources. A small model is exported for images of several names; every field of each
manifest has to be one of those classes and of its type, and every class has to be made of it.
What those schemas do not say, Kubernetes and Knative do, and is held here too: names, one container
of a known name, one port. Misspelt manifests have to be refused. One line for each; the exit code
is 0 if all is as it should be.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from copy import deepcopy
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
IMAGES = (
    "inferdeck-models:latest",
    "registry.example:5000/team/My_Models.v2:1.0",
    f"registry.example/models@sha256:{'0' * 64}",
    f"registry.example/{'long-' * 20}name:1",
    "registry.example/7",
)
MANIFEST = "inferenceservice.yaml"
_LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_LONGEST = 53
"""Of a service's name, to which KServe adds `-predictor`, and that is a label of 63 at the most."""
_LISTED = re.compile(r"[lL]ist\[(.+)\]")
_MAPPED = re.compile(r"dict\(str, (.+)\)|Dict\[str, (.+)\]")
_PLAIN: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "ResourceQuantity": (str, int),
    "object": (object,),
    "IntOrString": (int, str),
}
_MISSPELT: dict[str, Callable[[Any], Any]] = {
    "a field that is none": lambda top: top["spec"]["predictor"].update(container=[]),
    "a port that is a text": lambda top: _container(top)["ports"][0].update(containerPort="8080"),
    "no name of a container": lambda top: _container(top).pop("name"),
    "another kind": lambda top: top.update(kind="InferenceServices"),
    "two ports": lambda top: _container(top)["ports"].append({"containerPort": 8081}),
    "a name with capitals": lambda top: top["metadata"].update(name="Models"),
}


def _container(top: Any) -> Any:
    return top["spec"]["predictor"]["containers"][0]


class Refused(Exception):
    """What is wrong with a manifest."""


def read(kind: str, value: Any, place: str) -> Any:
    """The value as one of the classes; raises Refused."""
    if listed := _LISTED.fullmatch(kind):
        if not isinstance(value, list):
            raise Refused(f"{place} is no list")
        return [read(listed[1], one, f"{place}[{index}]") for index, one in enumerate(value)]
    if mapped := _MAPPED.fullmatch(kind):
        inner = mapped[1] or mapped[2]
        return {name: read(inner, one, f"{place}.{name}") for name, one in value.items()}
    if kind in _PLAIN:
        if not isinstance(value, _PLAIN[kind]) or (kind == "int" and isinstance(value, bool)):
            raise Refused(f"{place} is to be {kind}, not {value!r}")
        return value
    return _read_object(_class(kind), value, place)


def _read_object(type_: Any, value: Any, place: str) -> Any:
    if not isinstance(value, dict):
        raise Refused(f"{place} is to be {type_.__name__}, not {value!r}")
    names = {key: name for name, key in type_.attribute_map.items()}
    if unknown := set(value) - set(names):
        raise Refused(f"{place} of {type_.__name__} has no {', '.join(sorted(unknown))}")
    given = {
        names[key]: read(type_.openapi_types[names[key]], one, f"{place}.{key}")
        for key, one in value.items()
    }
    try:
        return type_(**given)
    except ValueError as error:  # a field that must be there is not
        raise Refused(f"{place}: {error}") from None


def _class(name: str) -> Any:
    for module in ("kserve.models", "kserve", "kubernetes.client"):
        if hasattr(import_module(module), name):
            return getattr(import_module(module), name)
    raise LookupError(f"no class {name}")


def check(top: Any) -> None:
    """Raise Refused for what is no InferenceService that can be applied."""
    read("V1beta1InferenceService", top, "manifest")
    constants: Any = import_module("kserve.constants.constants")
    group = f"{constants.KSERVE_GROUP}/{constants.KSERVE_V1BETA1_VERSION}"
    wanted = (group, constants.KSERVE_KIND_INFERENCESERVICE)
    if (top["apiVersion"], top["kind"]) != wanted:
        raise Refused(f"it is to be {' '.join(wanted)}")
    name = top["metadata"]["name"]
    if not _LABEL.fullmatch(name) or len(name) > _LONGEST:
        raise Refused(f"'{name}' is no name of a service")
    (container,) = top["spec"]["predictor"]["containers"]
    if container["name"] != "kserve-container":
        raise Refused("KServe takes the container 'kserve-container' for the predictor")
    if len(container["ports"]) != 1:
        raise Refused("Knative takes one port")


def judged(files: list[Path]) -> Iterator[tuple[str, str, bool]]:
    """Name, what was wrong, and whether that is as it should be, for each manifest."""
    yaml: Any = import_module("yaml")
    manifests = [yaml.safe_load(file.read_text("utf-8")) for file in files]
    for top in manifests:
        wrong = _wrong(top)
        yield f"{top['metadata']['name']} ({_container(top)['image']})", wrong, not wrong
    for name, misspell in _MISSPELT.items():
        top = deepcopy(manifests[0])
        misspell(top)
        wrong = _wrong(top)
        yield name, wrong, bool(wrong)


def _wrong(top: Any) -> str:
    try:
        check(top)
    except Refused as error:
        return " ".join(str(error).split())
    return ""


def judge(files: list[Path]) -> int:
    """Print one line for each manifest; the exit code."""
    failed = 0
    for name, wrong, right in judged(files):
        print(f"{'ok  ' if right else 'FAIL'} {name}{wrong and f': {wrong}'}", flush=True)
        failed += not right
    return int(bool(failed))


def write(folder: Path) -> list[Path]:
    """Export a model for each image; the manifests."""
    from backend.core.tensors import Datatype
    from tests.models.onnx_folders import identity

    identity(folder / "repository" / "echo", Datatype.FP32, (4,))
    files = []
    for number, image in enumerate(IMAGES):
        to = folder / f"export-{number}"
        command = [sys.executable, str(ROOT / "main.py"), "repository", "export", "--for", "kserve"]
        given = ["--model-repository", str(folder / "repository"), "--to", str(to)]
        subprocess.run([*command, *given, "--image", image], check=True, stdout=subprocess.DEVNULL)
        files.append(to / MANIFEST)
    return files


def main() -> int:
    """Export here, and judge with the other Python."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("python", nargs="?", help="the Python that has kserve")
    parser.add_argument("--judge", nargs="+", type=Path, help="manifests, with this Python")
    given = parser.parse_args()
    if given.judge:
        return judge(given.judge)
    if not given.python:
        parser.error("name the Python that has kserve")
    with tempfile.TemporaryDirectory() as folder:
        files = [str(file) for file in write(Path(folder))]
        command = [given.python, __file__, "--judge", *files]
        return subprocess.run(command, check=False, timeout=600).returncode


if __name__ == "__main__":
    sys.exit(main())

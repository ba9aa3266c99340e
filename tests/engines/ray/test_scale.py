"""The table [ray] of a model's profile.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.engines.ray.scale import NO_SCALE, Scale, scale_in
from backend.models.servable import ModelLoadError
from backend.profiles.file import is_for_engines_only
from backend.wire.generated import open_inference_pb2 as pb

PLAIN = pb.ModelConfig()
TWO = pb.ModelConfig(instance_group=[pb.ModelInstanceGroup(count=2)])


def written(folder: Path, text: str) -> Path:
    (folder / "profile.toml").write_text(text)
    return folder


def test_a_folder_without_the_table_gets_one_replica(tmp_path: Path) -> None:
    assert scale_in(tmp_path) is NO_SCALE
    text = 'version = 1\n[input]\nkind = "picture"\n[output]\nkind = "scalars"\n'
    assert scale_in(written(tmp_path, text)) is NO_SCALE
    assert NO_SCALE.options(PLAIN)["num_replicas"] == 1


def test_a_file_with_nothing_else_is_no_profile(tmp_path: Path) -> None:
    written(tmp_path, "[ray]\nreplicas = 3\n")
    assert is_for_engines_only(tmp_path / "profile.toml")
    assert scale_in(tmp_path) == Scale(replicas=3)


def test_a_replica_reserves_a_cpu_for_each_instance_that_the_configuration_claims() -> None:
    assert NO_SCALE.options(PLAIN)["ray_actor_options"] == {"num_cpus": 0.1}
    assert NO_SCALE.options(TWO)["ray_actor_options"] == {"num_cpus": 2.0}
    assert Scale(cpus=0.5).options(TWO)["ray_actor_options"] == {"num_cpus": 0.5}


def test_limits_make_it_scale_with_the_requests_in_flight() -> None:
    options = Scale(min_replicas=1, max_replicas=4, downscale_delay_s=5.0).options(TWO)
    assert options["autoscaling_config"] == {
        "min_replicas": 1,
        "max_replicas": 4,
        "target_ongoing_requests": 4.0,
        "downscale_delay_s": 5.0,
    }
    assert "num_replicas" not in options


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("replicas = 0", "1 to 1024, got 0"),
        ("replicas = 'two'", "replicas is to be a whole number, got 'two'"),
        ("max_replicas = 1.5", "max_replicas is to be a whole number, got 1.5"),
        ("cpus = true", "cpus is to be a number, got True"),
        (
            "replica = 2",
            "it has no key 'replica'. Its keys are replicas, min_replicas, ",
        ),
        ("max_replicas = 2\ntarget_in_flight = 0", "target_in_flight is to be above 0"),
        ("replicas = 2\nmax_replicas = 3", "a fixed number"),
        ("min_replicas = 3\nmax_replicas = 2", "min_replicas (3) is above max_replicas (2)"),
        ("cpus = -1.0", "from 0 on"),
        ("cpus = nan", "from 0 on"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ModelLoadError, match=r"profile\.toml: \[ray\]: ") as caught:
        scale_in(written(tmp_path, f"[ray]\n{text}\n"))
    assert words in str(caught.value)


def test_a_table_that_is_none_and_toml_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ModelLoadError, match="a table"):
        scale_in(written(tmp_path, "ray = 3\n"))
    with pytest.raises(ModelLoadError, match="not valid TOML"):
        scale_in(written(tmp_path, "[ray\n"))

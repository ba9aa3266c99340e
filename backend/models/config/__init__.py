"""What stands beside a model's file: its configuration, labels, profile and versions."""

from backend.models.config.checks import check_config, without_gpus
from backend.models.config.files import (
    file_of_version,
    inside,
    legible,
    profile_in,
    read_labels,
)
from backend.models.config.text import CONFIG_FILE, MAX_BYTES, parse_config, parse_config_json
from backend.models.config.types import (
    config_type,
    datatype_of,
    describe,
    input_specs,
    output_specs,
)
from backend.models.config.version_policy import chosen_versions, versions_in

__all__ = [
    "CONFIG_FILE",
    "MAX_BYTES",
    "check_config",
    "chosen_versions",
    "config_type",
    "datatype_of",
    "describe",
    "file_of_version",
    "input_specs",
    "inside",
    "legible",
    "output_specs",
    "parse_config",
    "parse_config_json",
    "profile_in",
    "read_labels",
    "versions_in",
    "without_gpus",
]

"""Which way to a model is best: the same sample over many combinations of settings, measured."""

from backend.compare.bench.against import Change, changes
from backend.compare.bench.answers import Cpu, Window
from backend.compare.bench.cells import PRESETS, Cell, Matrix, way_of
from backend.compare.bench.conditions import parse_condition, violations
from backend.compare.bench.export import as_csv, as_markdown, as_table, changes_as_table
from backend.compare.bench.noise import tied
from backend.compare.bench.payloads import BenchPayload, payload_of, payload_of_size, size_name
from backend.compare.bench.phrases import PHRASES, STAGE_PHRASES, Language
from backend.compare.bench.result import (
    FIGURES,
    LARGEST_FILE,
    BenchResult,
    CellResult,
    Figure,
    decode_result,
    encode_result,
    read_result,
    result_of,
)
from backend.compare.bench.run import Bench, Plan, Progress
from backend.compare.bench.schedule import Load
from backend.compare.bench.verdict import Verdict, knee, verdict_of
from backend.core.bench_choices import Arrivals, Preset, Timed

__all__ = [
    "FIGURES",
    "LARGEST_FILE",
    "PHRASES",
    "PRESETS",
    "STAGE_PHRASES",
    "Arrivals",
    "Bench",
    "BenchPayload",
    "BenchResult",
    "Cell",
    "CellResult",
    "Change",
    "Cpu",
    "Figure",
    "Language",
    "Load",
    "Matrix",
    "Plan",
    "Preset",
    "Progress",
    "Timed",
    "Verdict",
    "Window",
    "as_csv",
    "as_markdown",
    "as_table",
    "changes",
    "changes_as_table",
    "decode_result",
    "encode_result",
    "knee",
    "parse_condition",
    "payload_of",
    "payload_of_size",
    "read_result",
    "result_of",
    "size_name",
    "tied",
    "verdict_of",
    "violations",
    "way_of",
]

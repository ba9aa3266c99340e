"""Records a run into a file, keeps its last seconds at hand, and exports what was recorded."""

from backend.recording.export import Contents, contents_of, export_csv, export_json_lines
from backend.recording.recent import Recent
from backend.recording.recorder import QUEUE_BYTES, QUEUE_ITEMS, Recorder
from backend.recording.report import write_report
from backend.recording.showing import Showing
from backend.wire.recording.output import OutputFile, create

__all__ = [
    "QUEUE_BYTES",
    "QUEUE_ITEMS",
    "Contents",
    "OutputFile",
    "Recent",
    "Recorder",
    "Showing",
    "contents_of",
    "create",
    "export_csv",
    "export_json_lines",
    "write_report",
]

"""A run as one page that opens in any browser and needs nothing else."""

from backend.recording.report.page import write_report

__all__ = ["write_report"]

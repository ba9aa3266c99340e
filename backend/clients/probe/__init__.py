"""Who is at an address, what was wrong about it, and how to put it right."""

from backend.clients.probe.probing import probe
from backend.clients.probe.report import AddressReport, ProbeReport

__all__ = ["AddressReport", "ProbeReport", "probe"]

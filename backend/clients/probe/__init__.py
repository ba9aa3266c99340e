"""What is at a target, found out within two seconds."""

from backend.clients.probe.probing import probe
from backend.clients.probe.report import AddressReport, ProbeReport

__all__ = ["AddressReport", "ProbeReport", "probe"]

"""The form of one target, and the probe that looks what is there while it is filled in."""

from gui.targets.form.dialog import TargetForm
from gui.targets.form.probing import Probing

__all__ = ["Probing", "TargetForm"]

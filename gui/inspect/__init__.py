"""The inspect page: any endpoint by hand."""

from gui.inspect.engine import Engine
from gui.inspect.page import InspectPage

__all__ = ["Engine", "InspectPage"]

"""Options, each declared once: the command line, its help and the documentation read the tables."""

from backend.core.options.option import Option, OptionGroup
from backend.core.options.parser import OptionParser
from backend.core.options.reference import options_table

__all__ = ["Option", "OptionGroup", "OptionParser", "options_table"]

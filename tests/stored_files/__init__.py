"""Files as version 1 of each has them, to the byte: every later version reads them."""

from pathlib import Path

FOLDER = Path(__file__).parent

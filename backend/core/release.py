"""Which Inferdeck this is, and where its program stands."""

from pathlib import Path

VERSION = "0.1.0"
"""The same as in pyproject.toml, which is not installed and so cannot be asked."""
PROGRAM = Path(__file__).resolve().parents[2] / "main.py"

"""Which Inferdeck this is."""

VERSION = "0.1.0"
"""The same as in pyproject.toml, which is not installed and so cannot be asked."""

"""A detector and a model of landmarks served as one: what is found is cut out and looked at."""

from backend.models.runtimes.chain.loader import ChainRuntime
from backend.models.runtimes.chain.settings import PLATFORM, links_of

__all__ = ["PLATFORM", "ChainRuntime", "links_of"]

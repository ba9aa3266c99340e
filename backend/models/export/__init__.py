"""Models of a repository, written for the servers of others."""

from backend.models.export.kserve import KServe
from backend.models.export.triton import TRITON
from backend.models.export.writing import Exported, Server, export

__all__ = ["TRITON", "Exported", "KServe", "Server", "export"]

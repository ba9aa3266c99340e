"""Models of a repository, written for the servers of others."""

from backend.models.export.kserve import IMAGE, KServe
from backend.models.export.triton import TRITON
from backend.models.export.writing import Exported, Server, export

__all__ = ["IMAGE", "TRITON", "Exported", "KServe", "Server", "export"]

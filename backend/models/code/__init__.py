"""Which programs among the models may run: asked once for each content, and remembered."""

from backend.models.code.digest import code_digest
from backend.models.code.permission import ALLOWING_OPTION, AllCode, CodePermission, NoCode
from backend.models.code.remembered import FILE, Decision, ModelCode, RememberedCode

__all__ = [
    "ALLOWING_OPTION",
    "FILE",
    "AllCode",
    "CodePermission",
    "Decision",
    "ModelCode",
    "NoCode",
    "RememberedCode",
    "code_digest",
]

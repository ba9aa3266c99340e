"""An import-linter contract: a package is entered through its `__init__`, its face."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output
from importlinter.domain.helpers import module_expressions_to_modules
from importlinter.domain.imports import ModuleExpression


class FaceContract(Contract):
    """Nobody outside a package imports one of its modules; what others may use, it exports.

    A package that holds other packages is a corridor: what stands in it is a face of its own, but
    for those named by `closed`, which have a face for everything in them. So are the modules of
    the packages named by `open`, which are vocabularies of many small modules.
    """

    type_name = "faces"

    open = fields.SetField(subfield=fields.ModuleExpressionField(), required=False)
    closed = fields.SetField(subfield=fields.ModuleExpressionField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Find every import of a closed package's module from outside of it."""
        opened, closed = _named(graph, self.open), _named(graph, self.closed)
        past_faces = sorted(
            (importer, module, package)
            for package in graph.modules
            if package in closed or (package not in opened and _is_room(graph, package))
            for module in graph.find_descendants(package)
            for importer in graph.find_modules_that_directly_import(module)
            if importer != package and not importer.startswith(f"{package}.")
        )
        return ContractCheck(kept=not past_faces, metadata={"past_faces": past_faces})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name each import, and what to import instead."""
        for importer, module, package in check.metadata["past_faces"]:
            output.print_error(f"{importer} imports {module}; import from {package} instead")


def _named(graph: ImportGraph, expressions: object) -> set[str]:
    modules = cast("Iterable[ModuleExpression]", expressions or ())
    return {module.name for module in module_expressions_to_modules(graph, modules)}


def _is_room(graph: ImportGraph, package: str) -> bool:
    """Whether it holds modules and no package."""
    if graph.is_module_squashed(package):  # an external library
        return False
    children = graph.find_children(package)
    return bool(children) and not any(graph.find_children(child) for child in children)

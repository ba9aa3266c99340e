"""A value to begin with for a JSON schema of an OpenAPI document.

A document may refer to one part from everywhere, so what is made of it has a bound of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from backend.inspector.methods.samples import MAX_FIELDS

_MAX_DEPTH = 8
_MAX_REFERENCES = 8
"""Most references that lead from one to the next."""
_LONGEST_REFERENCE = 500
_LARGEST_EXAMPLE = 16 * 1024
"""Characters and values of all examples that one sample shows; others give way to plain values."""

_FIELDS_OF_ALL = 40_000
_EXAMPLES_OF_ALL = 250_000
"""The same for all samples of a document; those that are left have plain values."""

_PLAIN: Mapping[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": False}


def resolved(document: Mapping[str, Any], described: Any) -> Mapping[str, Any]:
    """The object itself, or what its $ref leads to within the document."""
    found = object_of(described)
    for _ in range(_MAX_REFERENCES):
        reference = found.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return found
        if len(reference) > _LONGEST_REFERENCE:
            break
        at: Any = document
        for step in reference[2:].split("/"):
            at = object_of(at).get(step.replace("~1", "/").replace("~0", "~"))
        found = object_of(at)
    return {}


def object_of(value: Any) -> Mapping[str, Any]:
    """The value if it is an object, an empty one otherwise."""
    return value if isinstance(value, dict) else {}


_NOTHING = object()
_Within = tuple[int, ...]
"""Which schemas a value lies in, by identity."""


class Sampler:
    """Makes samples for the schemas of one document, each within a bound and all within another."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._fields = self._examples = 0
        self._fields_of_all, self._examples_of_all = _FIELDS_OF_ALL, _EXAMPLES_OF_ALL

    def media(self, described: Any) -> Any:
        """The example of a media type, or what its schema allows, as far as its plain parts say.

        Has at most MAX_FIELDS fields. A schema within itself is left out, and so is what lies too
        deep.
        """
        media = object_of(described)
        fields = self._fields = min(MAX_FIELDS, self._fields_of_all)
        examples = self._examples = min(_LARGEST_EXAMPLE, self._examples_of_all)
        if self._takes(media.get("example", _NOTHING)):
            value = media["example"]
        else:
            value = self._sample(media.get("schema"), ())
        self._fields_of_all -= fields - self._fields
        self._examples_of_all -= examples - self._examples
        return value

    def _sample(self, described: Any, within: _Within) -> Any:
        """A value of a schema; None for one that lies too deep, or within itself."""
        schema = resolved(self._document, described)
        inner = (*within, id(schema))
        for example in _examples(schema):
            if self._takes(example):
                return example
        for key in ("oneOf", "anyOf", "allOf"):
            ways = schema.get(key)
            if isinstance(ways, list) and ways:
                shown = next((way for way in ways[:_MAX_DEPTH] if self._shown(way, inner)), None)
                return None if shown is None else self._sample(shown, inner)
        return self._of_type(schema, inner)

    def _takes(self, example: Any) -> bool:
        """Whether there is an example, and room for it."""
        if example is _NOTHING:
            return False
        left, level = self._examples, [example]
        for _ in range(_MAX_DEPTH):
            below: list[Any] = []
            for value in level:
                left -= 1 + (len(value) if isinstance(value, str | list | dict) else 0)
                if left > 0 and isinstance(value, dict):
                    left -= sum(map(len, value))
                    below += value.values()
                elif left > 0 and isinstance(value, list):
                    below += value
            if left <= 0:
                return False
            if not below:
                self._examples = left
                return True
            level = below
        return False

    def _of_type(self, schema: Mapping[str, Any], within: _Within) -> Any:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = next((one for one in kind[:_MAX_DEPTH] if one != "null"), None)
        if kind == "array":
            items = schema.get("items")
            return [self._sample(items, within)] if self._shown(items, within) else []
        if kind == "object" or "properties" in schema:
            return self._of_object(schema, within)
        return _PLAIN.get(str(kind)) if isinstance(kind, str) else None

    def _of_object(self, schema: Mapping[str, Any], within: _Within) -> Any:
        properties = object_of(schema.get("properties"))
        required = schema.get("required")
        names = required if isinstance(required, list) and required else properties
        value: dict[str, Any] = {}
        for name in islice(names, MAX_FIELDS):
            if self._fields <= 0:
                break
            if not isinstance(name, str) or name not in properties or len(name) > _LARGEST_EXAMPLE:
                continue
            self._fields -= 1
            if self._shown(properties[name], within):
                value[name] = self._sample(properties[name], within)
        return value

    def _shown(self, described: Any, within: _Within) -> bool:
        """Whether a schema is part of the sample: nothing too deep, nothing endless."""
        return len(within) <= _MAX_DEPTH and id(resolved(self._document, described)) not in within


def _examples(schema: Mapping[str, Any]) -> list[Any]:
    """What a schema says its values may be, best first."""
    found = [schema[key] for key in ("example", "default", "const") if key in schema]
    lists = [schema.get(key) for key in ("enum", "examples")]
    return found + [values[0] for values in lists if isinstance(values, list) and values]

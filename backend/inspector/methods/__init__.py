"""What can be called: from bundled schemas, reflection, files, known routes and OpenAPI."""

from backend.inspector.methods.gathering import known_methods, target_methods
from backend.inspector.methods.listing import Method, MethodList
from backend.inspector.methods.proto_files import read_schema_file
from backend.inspector.methods.recognise import method_of, path_values
from backend.inspector.methods.samples import sample, sample_text
from backend.inspector.methods.schema import Origin, Schema

__all__ = [
    "Method",
    "MethodList",
    "Origin",
    "Schema",
    "known_methods",
    "method_of",
    "path_values",
    "read_schema_file",
    "sample",
    "sample_text",
    "target_methods",
]

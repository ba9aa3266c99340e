"""A request as code for elsewhere."""

from backend.inspector.snippets.curl_command import curl
from backend.inspector.snippets.grpcurl_command import grpcurl
from backend.inspector.snippets.parts import Snippet
from backend.inspector.snippets.python import python_grpc, python_requests
from backend.inspector.snippets.tritonclient import python_tritonclient

__all__ = ["Snippet", "curl", "grpcurl", "python_grpc", "python_requests", "python_tritonclient"]

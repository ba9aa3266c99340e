"""A model file in Triton's Python backend, computed by `inferdeck_graph` beside this file."""

import sys
from pathlib import Path

import triton_python_backend_utils as pb_utils

sys.path.insert(0, str(Path(__file__).parent))

from inferdeck_graph import Graph


class TritonPythonModel:
    """One instance; each request is computed by itself."""

    def initialize(self, args):
        """Load the file, on a GPU if the instance is for one and ONNX Runtime has it."""
        gpu = args["model_instance_kind"] == "GPU"
        self.graph = Graph(Path(__file__).parent, gpu)

    def execute(self, requests):
        """A response for each request; one that fails hurts no other."""
        return [self._answer(request) for request in requests]

    def _answer(self, request):
        try:
            feeds = {tensor.name(): tensor.as_numpy() for tensor in request.inputs()}
            found = self.graph.compute(feeds, request.requested_output_names(), _step(request))
        except Exception as error:
            return pb_utils.InferenceResponse(error=pb_utils.TritonError(str(error)))
        return pb_utils.InferenceResponse(
            [pb_utils.Tensor(name, array) for name, array in found.items()]
        )


def _step(request):
    """The request's sequence, and whether it starts and ends it."""
    flags = request.flags()
    starts = flags & pb_utils.TRITONSERVER_REQUEST_FLAG_SEQUENCE_START
    ends = flags & pb_utils.TRITONSERVER_REQUEST_FLAG_SEQUENCE_END
    return request.correlation_id(), bool(starts), bool(ends)

"""The models of the folder beside this file on KServe's Python server: ``python -m server``.

Options are those of KServe, such as ``--http_port 8080 --grpc_port 8081``. Needs kserve and,
for the kind of each file, onnxruntime or ai-edge-litert.
"""

import threading
from pathlib import Path

from inferdeck_graph import Graph
from kserve import InferOutput, InferResponse, Model, ModelServer
from kserve.errors import InvalidInput

MODELS = Path(__file__).parent / "models"


class GraphModel(Model):
    """A model file, by the name of its folder."""

    def __init__(self, folder):
        super().__init__(folder.name)
        self.folder = folder
        self.computing = threading.Lock()
        self.load()

    def load(self):
        """Load the file."""
        self.graph = Graph(self.folder)
        self.ready = True
        return True

    async def get_input_types(self):
        """The inputs, as the server's metadata has them."""
        return [self._told(row) for row in self.graph.inputs]

    async def get_output_types(self):
        """The outputs, as the server's metadata has them."""
        return [self._told(row) for row in self.graph.outputs]

    def predict(self, payload, headers=None):
        """Answer a request of the Open Inference Protocol, in bytes if it came in bytes."""
        feeds = {tensor.name: tensor.as_numpy() for tensor in payload.inputs}
        missing = [row["name"] for row in self.graph.inputs if row["name"] not in feeds]
        if missing:
            raise InvalidInput(f"input '{missing[0]}' of model '{self.name}' is missing")
        asked = {output.name for output in payload.request_outputs or []}
        wanted = asked or {row["name"] for row in self.graph.outputs}
        with self.computing:
            found = self.graph.compute(feeds, wanted)
        in_bytes = payload.from_grpc or bool(payload.use_binary_outputs)
        return InferResponse(
            response_id=payload.id,
            model_name=self.name,
            infer_outputs=[
                self._output(row, found[row["name"]], in_bytes)
                for row in self.graph.outputs
                if row["name"] in found
            ],
            use_binary_outputs=in_bytes,
        )

    def _output(self, row, array, in_bytes):
        output = InferOutput(name=row["name"], shape=list(array.shape), datatype=row["datatype"])
        output.set_data_from_numpy(array, binary_data=in_bytes)
        return output

    def _told(self, row):
        lead = [-1] if self.graph.batching else []
        return {"name": row["name"], "datatype": row["datatype"], "shape": lead + row["dims"]}


if __name__ == "__main__":
    folders = sorted(path for path in MODELS.iterdir() if path.is_dir())
    ModelServer(workers=1).start([GraphModel(folder) for folder in folders])

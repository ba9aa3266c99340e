"""The commands that need no window, and what each does in a line.

A command is a folder: `command` has `run`, which is given what `parser` in `options` has read. So
help and wrong usage need not wait for what only the command itself needs.
"""

COMMANDS = {
    "serve": "run the model server alone",
    "stream": "send a source through a model, print JSON lines",
    "record": "the same into a file, without printing",
    "recording": "say what a recording holds, export its predictions and times",
    "bench": "measure which transport and serialisation is best for a model",
    "compare": "send the same samples to two models or targets, say how far they agree",
    "call": "call any method of a server, JSON in and out",
    "targets": "list, add, remove, import and export saved targets",
    "models": "list, get, remove and measure well-known models",
    "repository": "write models for Triton or KServe",
}

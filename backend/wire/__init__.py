"""Bytes and descriptors: every format that crosses a wire, without a socket."""

"""Modules that .ci/protos made of protos/*.proto; not edited by hand."""

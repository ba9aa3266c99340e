"""The inspect page: any endpoint by hand."""

"""Any method of a server, by hand."""

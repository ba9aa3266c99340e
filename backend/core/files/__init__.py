"""Files of the user: read within bounds, replaced at once, never lost, secrets concealed."""

"""Everything that draws data: plain widgets that get values and know nothing of sessions."""

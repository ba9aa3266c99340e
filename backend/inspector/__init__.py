"""Any method of any target by hand: what can be called, one exchange, and its record."""

"""Open ways to a target's two addresses, and what they need."""

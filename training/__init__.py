"""What trains the networks that ship in `assets/models`; nothing here runs in the application."""

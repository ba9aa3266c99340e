"""Pictures and sound as files: looked at before they are decoded."""

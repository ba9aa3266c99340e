"""Devices that Qt knows best: microphones, and the lists of cameras and microphones."""

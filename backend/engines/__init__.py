"""What can stand behind the edges of a server instead of this process: a folder for each engine."""

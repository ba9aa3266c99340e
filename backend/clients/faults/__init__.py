"""What can be wrong between us and a server, and how it is told apart."""

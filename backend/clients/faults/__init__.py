"""What can be wrong between us and a server: told apart, and said in words."""

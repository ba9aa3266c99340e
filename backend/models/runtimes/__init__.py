"""What loads the models of a repository: one package for each kind of model."""

"""Models: a base measure and an energy with parameters, one kind a file."""

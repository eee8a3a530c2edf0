"""What a probability is: a base measure and an energy with parameters, one kind of model a file."""

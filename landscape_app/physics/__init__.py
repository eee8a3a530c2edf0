"""Probability only: spaces, Hamiltonians, fields and Markov kernels. No window, no files."""

"""Probability only: spaces, observables, Hamiltonians, fields and Markov kernels. No window, no files."""

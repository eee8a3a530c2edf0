"""The playground: Markov kernels at work on surfaces that are exactly known."""

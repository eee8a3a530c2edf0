"""The view of a landscape of one or two coordinates: energy, density, data, chains and their steps."""

"""List of runs and their comparison."""

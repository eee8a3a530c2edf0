"""The bounds window: free energies bounded from above, and the evidence of items from below."""

"""Import of the user's own data into the window."""

"""A person's own data: dropped on the window, looked at, and trained on."""

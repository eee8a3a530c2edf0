"""View of a surface of one or two coordinates."""

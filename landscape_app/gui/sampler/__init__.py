"""The chains on view."""

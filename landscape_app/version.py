"""The version. `pyproject.toml` reads it from here, and the command, the window, run files and scripts say it."""

__version__ = "1.0.0"

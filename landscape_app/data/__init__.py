"""Data sets and the files that ship with the application."""

from landscape_app.data.assets import asset_path
from landscape_app.data.digits import Dataset, load_digits

__all__ = ["Dataset", "asset_path", "load_digits"]

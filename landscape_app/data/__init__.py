"""Data sets and the files that ship with the application."""

from landscape_app.data.assets import SHIPPED_MODEL, asset_path
from landscape_app.data.digits import Dataset, load_digits

__all__ = ["SHIPPED_MODEL", "Dataset", "asset_path", "load_digits"]

"""Data sets and the files that ship with the application."""

from landscape_app.data.assets import SHIPPED_MODEL, asset_path, translated_asset
from landscape_app.data.columns import ColumnMeaning
from landscape_app.data.dataset import Dataset, Kind
from landscape_app.data.digits import load_digits
from landscape_app.data.synthetic import ising, rings, two_gaussians

__all__ = [
    "SHIPPED_MODEL",
    "ColumnMeaning",
    "Dataset",
    "Kind",
    "asset_path",
    "ising",
    "load_digits",
    "rings",
    "translated_asset",
    "two_gaussians",
]

"""Landscape: train energy-based models, watch their Markov chains and steer what they generate."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("landscape-app")
except PackageNotFoundError:
    __version__ = "0+unknown"

__all__ = ["__version__"]

"""The version of the installed distribution."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("landscape-app")
except PackageNotFoundError:  # run from the sources without an installation
    __version__ = "0+unknown"

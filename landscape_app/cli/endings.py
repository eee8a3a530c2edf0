"""Endings of the files that commands read and write; and whether two names are of one file."""

from __future__ import annotations

from pathlib import Path

from landscape_app.cli.failures import WrongUsageError

HDF5 = (".h5", ".hdf5")


def is_hdf5(path: Path) -> bool:
    """Whether a path names a run file or a file of data."""
    return path.suffix.lower() in HDF5


def check_hdf5(path: Path, what: str) -> None:
    """Fails where a path that something is to be saved to does not end as HDF5 files do.

    Raises:
        WrongUsageError: with what is saved, such as "a run is".
    """
    if not is_hdf5(path):
        raise WrongUsageError(f"{what} saved as HDF5; give a name that ends in .h5, not {path}")


def check_another(output: Path, source: Path, what: str) -> None:
    """Fails where an output would replace what is read, however the two are spelled.

    Args:
        output: path that is to be written.
        source: path that is read.
        what: the source in words, such as "the run".

    Raises:
        WrongUsageError: they are one file.
    """
    if output.exists() and source.exists() and output.samefile(source):
        raise WrongUsageError(f"the output {output} is {what} itself; choose another name")

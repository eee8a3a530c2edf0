"""The last finished result of every experiment, in the user's cache, for the next time."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import platformdirs

from landscape_app.experiments import Result, open_result
from landscape_app.experiments.result import write_result
from landscape_app.runs import RunFileError


def kept_folder() -> Path:
    """Where results are kept."""
    return platformdirs.user_cache_path("landscape", appauthor=False) / "experiments"


def keep(result: Result) -> None:
    """Keeps a result in place of the one before.

    Raises:
        RunFileError: the cache cannot be written.
    """
    try:
        kept_folder().mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunFileError(f"cannot make {kept_folder()}: {error.strerror or error}") from error
    write_result(result, kept_folder() / f"{result.experiment}.h5")


def kept(names: Iterable[str]) -> list[Result]:
    """The results that are kept for these experiments."""
    found = []
    for name in names:
        try:
            result = open_result(kept_folder() / f"{name}.h5")
        except RunFileError:
            # None yet, or written by another version: the next one takes its place.
            continue
        if result.experiment == name:
            found.append(result)
    return found

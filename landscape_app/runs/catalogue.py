"""Catalogue of runs: the run files below some folders, and facts of each by which a person tells it from others.

Of a file the texts and some numbers are read, not the chains and the data, so that hundreds are listed in a second
(`read_part`).
"""

from __future__ import annotations

import datetime
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from landscape_app.language import tr
from landscape_app.runs.atomic import UNREADABLE, RunFileError, reason_of
from landscape_app.runs.run_file import DATA, RunState, read_part

ENDINGS = (".h5", ".hdf5")
"""Of the names of run files."""

KINDS = ("levels", "spins", "points", "mixed")
"""Of items (`data.Kind`), by which the array of a run's own data is named."""

_KEPT, _MEASURED = "kept/", "measurements/"
_ITEMS = {kind: f"{DATA}/{kind}" for kind in KINDS}
_ALL, _LAST, _NONE = slice(None), slice(-1, None), slice(0, 0)
_WANTED = {
    "trainer/epoch": _ALL,
    "trainer/seconds": _ALL,
    _KEPT: _ALL,
    "samples/x": _NONE,
    **dict.fromkeys(_ITEMS.values(), _NONE),
}
"""Rows of arrays that are read; of items only their shape."""


class DataAloneError(RunFileError):
    """A file holds data to train on, and no run."""


@dataclass(frozen=True, eq=False)
class RunSummary:
    """Facts of a run by which it is told from others.

    Attributes:
        path: of the file.
        configuration: JSON values that determine the run.
        provenance: JSON values that say how the file came to be.
        epochs: that it was trained for.
        seconds: that this took.
        figures: numbers of the model that is kept, else of the last measurement, by their names in
            `session.measurement.Measurement`; none before the first measurement.
        is_kept: True if the figures are those of the model that is kept, as training has come to its end.
        kind: of the items, one of `KINDS`; None where the run does not carry its data.
        shape: of an item.
        is_unfinished: True if the run goes on, or its writer was killed.
        size: of the file, bytes.
        changed: time of the file, seconds since 1970.
    """

    path: Path
    configuration: Mapping[str, Any]
    provenance: Mapping[str, Any]
    epochs: int
    seconds: float
    figures: Mapping[str, float]
    is_kept: bool
    kind: str | None
    shape: tuple[int, ...]
    is_unfinished: bool
    size: int
    changed: float

    @property
    def data(self) -> str:
        """Name of the data set."""
        return str(self.provenance.get("data", self.configuration.get("problem", "unknown data")))

    @property
    def saved(self) -> datetime.datetime:
        """Time at which the run was written, as the file says, else the file's own time."""
        utc = datetime.UTC
        try:
            found = datetime.datetime.fromisoformat(str(self.provenance.get("date"))).astimezone(utc)
        except (ValueError, OverflowError):
            found = datetime.datetime.max.replace(tzinfo=utc)
        # A stranger's file may name a year in which no clock of this machine can be.
        return found if 1970 < found.year < 3000 else datetime.datetime.fromtimestamp(self.changed, utc)


@dataclass(frozen=True)
class NotListed:
    """A file that holds no run, or a folder that cannot be looked into.

    Attributes:
        path: of it.
        reason: in words, without its name.
        holds_data: whether it is a whole file of data to train on, which is no fault.
    """

    path: Path
    reason: str
    holds_data: bool = False


@dataclass(frozen=True, eq=False)
class Catalogue:
    """The runs below some folders.

    Attributes:
        runs: by their paths.
        left_out: what is named like a run file and cannot be listed.
    """

    runs: tuple[RunSummary, ...]
    left_out: tuple[NotListed, ...]


def catalogue_of(places: Iterable[Path]) -> Catalogue:
    """The catalogue of all run files below folders; one that cannot be read does not stop it.

    Args:
        places: folders, and files. Names that begin with a dot are passed over below a folder, and links to folders.

    Raises:
        RunFileError: there is no such place.
    """
    places = list(places)
    for place in places:
        if not place.exists():
            raise RunFileError(
                tr("there is no file or folder {place}; give folders that hold run files", place=place)
            )
    found = list(CatalogueReader().entries(places))
    return Catalogue(
        tuple(entry for entry in found if isinstance(entry, RunSummary)),
        tuple(entry for entry in found if isinstance(entry, NotListed)),
    )


class CatalogueReader:
    """Reads the files of a catalogue again and again; one that has not changed since is not read anew."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[tuple[int, ...], RunSummary | NotListed]] = {}

    def entries(self, places: Iterable[Path]) -> Iterator[RunSummary | NotListed]:
        """Every run below some places, and what cannot be listed, also a place that is not there."""
        closed: list[NotListed] = []
        before, self._known = self._known, {}
        for path in _files(places, lambda folder, reason: closed.append(NotListed(folder, reason))):
            try:
                stamp = _stamp(path)
            except OSError:
                # Deleted since the folder was looked into.
                continue
            known = before.get(path)
            if known is None or known[0] != stamp:
                known = stamp, _entry(path)
            self._known[path] = known
            yield known[1]
        yield from closed


def _stamp(path: Path) -> tuple[int, ...]:
    """Numbers of which one changes whenever a file is written, replaced, or opened to readers."""
    found = path.stat()
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


def _entry(path: Path) -> RunSummary | NotListed:
    try:
        return read_summary(path)
    except RunFileError as error:
        reason = str(error).removeprefix(f"{path}: ").removeprefix(f"{path} ")
        return NotListed(path, reason, isinstance(error, DataAloneError))


def _files(places: Iterable[Path], closed: Callable[[Path, str], object]) -> Iterator[Path]:
    """Files to look at, each once; calls `closed` with a place that cannot be looked into, and the reason."""
    seen: set[str] = set()
    for place in places:
        if not place.exists():
            closed(place, tr("is not there"))
            continue
        for path in _below(place, closed) if place.is_dir() else [place]:
            real = os.path.realpath(path)
            if real not in seen:
                seen.add(real)
                yield path


def _below(folder: Path, closed: Callable[[Path, str], object]) -> Iterator[Path]:
    def told(error: OSError) -> None:
        closed(
            Path(error.filename or folder),
            tr("cannot be looked into: {reason}", reason=reason_of(error)),
        )

    for parent, folders, names in os.walk(folder, onerror=told):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from _named_as_runs(Path(parent), names)


def run_files_in(folder: Path) -> list[Path]:
    """Files in a folder itself that are named like runs; none where it cannot be looked into."""
    try:
        return list(_named_as_runs(folder, os.listdir(folder)))
    except OSError:
        return []


def _named_as_runs(folder: Path, names: Iterable[str]) -> Iterator[Path]:
    for name in sorted(names):
        if name.lower().endswith(ENDINGS) and not name.startswith("."):
            yield folder / name


def read_summary(path: Path) -> RunSummary:
    """Facts of a run by its file, of which little is read.

    Raises:
        RunFileError: the file cannot be read, is damaged, or holds no run.
    """
    state = read_part(path, _WANTED)
    if not any(name.startswith(_KEPT) for name in state.arrays):
        measured = read_part(path, {_MEASURED: _LAST}).arrays
        state = replace(state, arrays={**state.arrays, **measured})
    return summary_of(state, path)


def summary_of(state: RunState, path: Path) -> RunSummary:
    """Facts of a run that was read.

    Args:
        state: of the run, whole or in part.
        path: of its file.

    Raises:
        RunFileError: it holds no run, or is not whole.
    """
    arrays = state.arrays
    if state.holds_data_alone:
        raise DataAloneError(tr("{path} holds data to train on, and no model yet", path=path))
    try:
        figures, is_kept = latest_figures(arrays)
        kind = kind_in(arrays)
        items = arrays["samples/x" if kind is None else _ITEMS[kind]]
        status, seconds = Path(path).stat(), float(arrays["trainer/seconds"])
        if not math.isfinite(seconds):
            raise ValueError(tr("its time of training is no number"))
        return RunSummary(
            path=Path(path),
            configuration=state.configuration,
            provenance=state.provenance,
            epochs=int(arrays["trainer/epoch"]),
            seconds=seconds,
            figures=figures,
            is_kept=is_kept,
            kind=kind,
            shape=items.shape[1:],
            is_unfinished=state.writer is not None,
            size=status.st_size,
            changed=status.st_mtime,
        )
    except UNREADABLE as error:
        raise RunFileError(
            tr("{path} is not a whole run file: {reason}", path=path, reason=reason_of(error))
        ) from error


def kind_in(arrays: Mapping[str, np.ndarray]) -> str | None:
    """The kind of the items that a run carries by its arrays; None where it carries none."""
    return next((kind for kind, name in _ITEMS.items() if name in arrays), None)


def latest_figures(arrays: Mapping[str, np.ndarray]) -> tuple[dict[str, float], bool]:
    """Figures of the model that is kept, else of the last measurement, and True if they are of the one that is kept.

    Args:
        arrays: of a run, by their paths.

    Raises:
        ValueError or TypeError: one is no single number.
    """
    kept = figures_in(arrays, _KEPT)
    if kept:
        return kept, True
    columns = {name: column[-1:] for name, column in arrays.items() if name.startswith(_MEASURED)}
    return figures_in({name: column for name, column in columns.items() if len(column)}, _MEASURED), False


def figures_in(arrays: Mapping[str, np.ndarray], group: str) -> dict[str, float]:
    """Numbers of a group by their names; none where there is no such group.

    Args:
        arrays: of a run, by their paths.
        group: path that ends in "/".

    Raises:
        ValueError or TypeError: one is no single number.
    """
    return {
        name.removeprefix(group): array.item() for name, array in arrays.items() if name.startswith(group)
    }

"""Parameters of models in files: couplings J and fields h of spins, or W, a, b of a restricted Boltzmann machine."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from landscape_app.data.importing import ImportFailure
from landscape_app.data.importing.arrays import stored_arrays
from landscape_app.language import tr

MOST_BYTES = 2**28
"""Of a text file."""

MOST_SPINS = 1_024
"""Spins whose couplings make one table."""

COUPLINGS, WEIGHTS = ("J", "h"), ("W", "a", "b")
"""Names of data sets in a file, the table first."""

ENDINGS = (".csv", ".tsv", ".txt", ".npy", ".h5", ".hdf5")

Table = npt.NDArray[np.float64]


def read_parameters(path: Path) -> Mapping[str, Table]:
    """The tables of a file by their names: "J" and "h", or "W", "a" and "b".

    A text or `.npy` file holds J alone, a square table. An HDF5 file has data sets of these names; of one data set
    the name does not matter, it is J. What is left out, h, a or b, is zero.

    Args:
        path: of a file that ends in one of `ENDINGS`.

    Raises:
        ImportFailure: the file is missing, empty, damaged, of another kind, or ragged; or it has other tables.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise ImportFailure(
            tr(
                "{name} is no file of couplings: expected one that ends in {endings}",
                name=path.name,
                endings=", ".join(ENDINGS),
            )
        )
    if not path.is_file():
        raise ImportFailure(tr("there is no file {path}", path=path))
    if ending in (".csv", ".tsv", ".txt"):
        table = _text_table(path)
        return {"J": table, "h": np.zeros(len(table))}
    arrays = stored_arrays(path)
    if len(arrays) == 1:
        name, array = next(iter(arrays.items()))
        if name != WEIGHTS[0]:
            return _complete(path, {"J": array})
    names = COUPLINGS if COUPLINGS[0] in arrays else WEIGHTS
    if names[0] not in arrays:
        found = ", ".join(sorted(arrays)[:8]) or tr("none")
        raise ImportFailure(
            tr(
                "{name} needs data sets J and h of coupled spins, or W, a and b of a restricted Boltzmann "
                "machine; it has {found}",
                name=path.name,
                found=found,
            )
        )
    return _complete(path, {name: arrays[name] for name in names if name in arrays})


def _complete(path: Path, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Mapping[str, Table]:
    """The tables as numbers, with zeros for what is left out."""
    tables: dict[str, Table] = {}
    for name, array in arrays.items():
        if array.dtype.kind not in "iufb":
            raise ImportFailure(
                tr(
                    "{table} of {file} holds {dtype}, expected real numbers",
                    table=name,
                    file=path.name,
                    dtype=array.dtype,
                )
            )
        if not array.size:
            raise ImportFailure(tr("{table} of {file} is empty", table=name, file=path.name))
        tables[name] = array.astype(np.float64)
    table = next(iter(tables.values()))
    if table.ndim != 2 or max(table.shape) > MOST_SPINS:
        raise ImportFailure(
            tr(
                "{table} of {file} has shape {shape}, expected a table of at most {most:,} rows and columns",
                table=next(iter(tables)),
                file=path.name,
                shape=table.shape,
                most=MOST_SPINS,
            )
        )
    if "W" in tables:
        tables.setdefault("a", np.zeros(table.shape[0]))
        tables.setdefault("b", np.zeros(table.shape[1]))
    else:
        tables.setdefault("h", np.zeros(len(table)))
    return tables


def _text_table(path: Path) -> Table:
    """Table of a text file, its numbers between commas, semicolons, tabs or blanks."""
    if path.stat().st_size > MOST_BYTES:
        raise ImportFailure(
            tr(
                "{name} has more than {most:,.0f} MB; write the table as .npy",
                name=path.name,
                most=MOST_BYTES / 1e6,
            )
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ImportFailure(
            tr("{name} cannot be read as text: {error}", name=path.name, error=error)
        ) from error
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines:
        raise ImportFailure(
            tr("{name} is empty; expected a square table of numbers, a row a line", name=path.name)
        )
    separator = next((sign for sign in ",;\t" if sign in lines[0][1]), None)
    rows: list[list[float]] = []
    for number, line in lines:
        cells = line.split() if separator is None else next(csv.reader([line], delimiter=separator))
        try:
            rows.append([float(cell) for cell in cells])
        except ValueError as error:
            wrong = next(cell for cell in cells if not is_number(cell))
            raise ImportFailure(
                tr(
                    "line {number} of {file} has {cell!r}, expected numbers alone",
                    number=number,
                    file=path.name,
                    cell=wrong.strip()[:20],
                )
            ) from error
        if len(rows[-1]) != len(rows[0]):
            raise ImportFailure(
                tr(
                    "line {number} of {file} has {count} numbers and the first line {first}; every "
                    "row of a table must be as long",
                    number=number,
                    file=path.name,
                    count=len(rows[-1]),
                    first=len(rows[0]),
                )
            )
    return _complete(path, {"J": np.array(rows)})["J"]


def is_number(cell: str) -> bool:
    """True of a text that Python reads as a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True

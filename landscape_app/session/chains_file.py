"""Draws of chains on disk: read from files that any program wrote, and written as ArviZ reads them."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import secrets
import shutil
import zipfile
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from landscape_app.counting import counted
from landscape_app.data.couplings import is_number
from landscape_app.language import tr
from landscape_app.physics.chain_statistics import MOST_NUMBERS, ChainDraws
from landscape_app.runs.atomic import RunFileError, atomic_write, check_writable, reason_of
from landscape_app.version import __version__

CHAIN_ENDINGS = (".nc", ".npz", ".csv")
"""Of files of draws that are read."""

WRITTEN_ENDINGS = (".nc", ".zarr", ".npz", ".csv")
"""Of files of draws that are written."""

MOST_BYTES = 2**29
"""Largest file that is read."""

CHAIN, DRAW = "chain", "draw"

CHAIN_COLUMNS = (CHAIN, ".chain", "chain_id")
DRAW_COLUMNS = (DRAW, ".iteration", "iteration", ".draw")
"""Names of the columns of a table that number chains and draws; the first that is there is taken."""

WARM_UP_ENDS = "Adaptation terminated"
"""Comment of Stan after the draws of its warm-up."""

LOG_DENSITY = ("lp__", "lp")
DIVERGED = ("divergent__", "diverging")
"""Names of Stan's and of ArviZ's."""

RESERVED = (*CHAIN_COLUMNS, *DRAW_COLUMNS, "provenance", "file", "allow_pickle")
"""Names that stand for something else in one of the forms; a quantity of such a name gets a line behind it."""

_CLASSIC = (b"CDF\x01", b"CDF\x02", b"CDF\x05")
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u2028\u2029]')
_ENTRY = re.compile(r"(?P<variable>.*)\[(?P<index>\d+(?:,\d+)*)\]")


def read_chains(paths: str | Path | Sequence[str | Path]) -> ChainDraws:
    """The draws in a file of chains, or in several tables, one for each chain.

    NetCDF 4 (.nc) is read as ArviZ and xarray write it: variables of the group `posterior`, or of the file, with the
    dimensions chain and draw; beside them `lp` and the number of divergences in `sample_stats`. An .npz has arrays of
    shape (chain, draw, …). A .csv has a column for each quantity and a row for each draw; columns `chain` and `draw`
    number them, and several files, or one without such a column, are a chain each. Comments begin with #; draws of a
    warm-up that Stan has saved are left out, and so are columns that its sampler writes of itself (`…__`) but `lp__`.

    Args:
        paths: of the file, or of the tables in the order of their chains.

    Raises:
        ValueError: a file is missing, damaged, too large or of another kind, a shape does not fit, or a cell is no
            number; the message says what was expected.
    """
    files = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
    if not files:
        raise ValueError("name a file of chains")
    endings = {path.suffix.lower() for path in files}
    if len(files) > 1 and endings != {".csv"}:
        raise ValueError(
            tr("only tables (.csv) can be several, one for each chain; give one file of another kind")
        )
    unknown = endings - set(CHAIN_ENDINGS)
    if unknown:
        raise ValueError(
            tr(
                "chains are read from {endings}, not from {path}",
                endings=", ".join(CHAIN_ENDINGS),
                path=files[0],
            )
        )
    for path in files:
        with _reading(path):
            if path.stat().st_size > MOST_BYTES:
                raise ValueError(
                    tr(
                        "{path} is larger than {most} MB; write fewer draws or variables",
                        path=path,
                        most=MOST_BYTES // 2**20,
                    )
                )
    if endings == {".csv"}:
        return _of_tables(files)
    with _reading(files[0]):
        return (_of_netcdf if endings == {".nc"} else _of_npz)(files[0])


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Says of whatever a library fails with that the file cannot be read."""
    try:
        yield
    except FileNotFoundError as error:
        raise ValueError(tr("there is no file {path}", path=path)) from error
    except (
        *(OSError, LookupError, RuntimeError, EOFError, TypeError, ValueError),
        zipfile.BadZipFile,
    ) as error:
        # What is wrong in the words of this module, which name the file.
        if isinstance(error, ValueError) and not isinstance(error, UnicodeError) and path.name in str(error):
            raise
        raise ValueError(
            tr(
                "{path} cannot be read: it is damaged or of another format ({reason})",
                path=path,
                reason=reason_of(error),
            )
        ) from error


def _of_npz(path: Path) -> ChainDraws:
    with zipfile.ZipFile(path) as archive:
        if sum(member.file_size for member in archive.infolist()) > 8 * MOST_NUMBERS:
            raise ValueError(
                tr(
                    "{path} holds more than {most:,} numbers; write fewer draws or variables",
                    path=path,
                    most=MOST_NUMBERS,
                )
            )
    found: dict[str, npt.NDArray[Any]] = {}
    omitted: list[str] = []
    with np.load(path, allow_pickle=False) as stored:
        for name in stored.files:
            values = stored[name]
            if values.ndim and values.dtype.kind in "iufb":
                found[name] = values
            elif values.ndim:
                omitted.append(name)
    draws = _of_arrays(path, found, omitted)
    if draws.chains <= draws.draws:
        return draws
    turned = tr(
        "{name} has {chains:,} chains of {draws:,} draws, read as (chain, draw, …): if its first axis is that of the "
        "draws, as emcee writes them, swap the first two axes",
        name=path.name,
        chains=draws.chains,
        draws=draws.draws,
    )
    return replace(draws, notes=(turned, *draws.notes))


def _of_arrays(
    path: Path, found: Mapping[str, npt.NDArray[Any]], omitted: Sequence[str], notes: Sequence[str] = ()
) -> ChainDraws:
    if not found:
        raise ValueError(tr("{name} holds no arrays of numbers of shape (chain, draw, …)", name=path.name))
    said = (
        [
            tr(
                "left out, as no draws: {names}",
                names=", ".join(omitted[:5]) + (" …" if len(omitted) > 5 else ""),
            )
        ]
        if omitted
        else []
    )
    return ChainDraws.of_arrays(path.name, found, notes=(*said, *notes))


def _of_netcdf(path: Path) -> ChainDraws:
    with path.open("rb") as file:
        begins = file.read(4)
    if begins in _CLASSIC:
        raise ValueError(
            tr(
                "{name} is NetCDF 3, which has no groups; write NetCDF 4, as ArviZ does: "
                'idata.to_netcdf(…, engine="h5netcdf")',
                name=path.name,
            )
        )
    with h5py.File(path, "r") as file:
        group = _group(file, "posterior") or file
        found: dict[str, npt.NDArray[Any]] = {}
        omitted: list[str] = []
        numbers = 0
        for name in group:
            variable = _dataset(group, name)
            if variable is None or variable.is_scale:
                continue
            axes = _axes(variable)
            if axes is None or variable.dtype.kind not in "iufb":
                omitted.append(name)
                continue
            numbers += variable.size
            if numbers > MOST_NUMBERS:
                raise ValueError(
                    tr(
                        "{path} holds more than {most:,} numbers; write fewer draws or variables",
                        path=path,
                        most=MOST_NUMBERS,
                    )
                )
            found[name] = _values(variable, axes)
        notes: list[str] = []
        statistics = _group(file, "sample_stats")
        if statistics is not None and found:
            shape = next(iter(found.values())).shape[:2]
            for name in (*LOG_DENSITY, *DIVERGED):
                variable = _dataset(statistics, name)
                axes = None if variable is None else _axes(variable)
                if variable is None or axes is None or variable.dtype.kind not in "iufb":
                    continue
                values = _values(variable, axes)
                if values.shape != shape:
                    continue
                if name in DIVERGED:
                    notes += _divergences(values)
                else:
                    found.setdefault(name, values)
    return _of_arrays(path, found, omitted, notes)


def _group(file: h5py.Group, name: str) -> h5py.Group | None:
    """A group that lies in the file itself: links to other files are not followed."""
    found = file[name] if isinstance(file.get(name, getlink=True), h5py.HardLink) else None
    return found if isinstance(found, h5py.Group) else None


def _dataset(group: h5py.Group, name: str) -> h5py.Dataset | None:
    found = group[name] if isinstance(group.get(name, getlink=True), h5py.HardLink) else None
    return found if isinstance(found, h5py.Dataset) and found.external is None else None


def _axes(variable: h5py.Dataset) -> tuple[int, ...] | None:
    """Order of a variable's axes with chain and draw in front; None of one that has none of these.

    Where the file does not name them they are in front already.
    """
    if variable.ndim < 2:
        return None
    names = [
        variable.dims[axis][0].name.rpartition("/")[2] if len(variable.dims[axis]) else ""
        for axis in range(variable.ndim)
    ]
    if not any(names):
        return tuple(range(variable.ndim))
    if CHAIN not in names or DRAW not in names:
        return None
    front = (names.index(CHAIN), names.index(DRAW))
    return (*front, *(axis for axis in range(variable.ndim) if axis not in front))


def _values(variable: h5py.Dataset, axes: tuple[int, ...]) -> npt.NDArray[Any]:
    """Numbers of a variable, unpacked as its attributes say."""
    values = np.asarray(variable[()]).transpose(axes)
    scale, offset = (_attribute(variable, name) for name in ("scale_factor", "add_offset"))
    if scale is not None or offset is not None:
        values = values * (1.0 if scale is None else scale) + (0.0 if offset is None else offset)
    return values


def _attribute(variable: h5py.Dataset, name: str) -> float | None:
    return float(np.ravel(variable.attrs[name])[0]) if name in variable.attrs else None


def _divergences(diverged: npt.NDArray[Any]) -> list[str]:
    """A note of how often Hamiltonian dynamics failed, by the program's own account."""
    count = int(np.count_nonzero(diverged))
    if not count:
        return []
    return [
        tr(
            "{count:,} of {size:,} steps diverged, by the account of the program that made them: the chains "
            "may keep out of a narrow region",
            count=count,
            size=diverged.size,
        )
    ]


class _Table:
    """Columns of a table of draws.

    Attributes:
        names: of the columns.
        columns: of numbers, each of shape (rows,).
        warm_up: rows of a saved warm-up, which are left out.
    """

    def __init__(self, path: Path) -> None:
        self.names: list[str] = []
        self.warm_up = 0
        found: list[array[float]] = []
        with path.open(newline="", encoding="utf-8-sig") as file:
            for line, text in enumerate(file, start=1):
                if text.lstrip().startswith("#"):
                    if WARM_UP_ENDS in text and found and len(found[0]):
                        self.warm_up = len(found[0])
                        found = [array("d") for _ in self.names]
                    continue
                if not text.strip():
                    continue
                cells = [cell.strip() for cell in next(csv.reader([text], strict=True))]
                if not self.names:
                    self._name(path, cells)
                    found = [array("d") for _ in self.names]
                    continue
                if len(cells) != len(self.names):
                    raise ValueError(
                        tr(
                            "{path}, line {line}: {cells}, where the header has {columns}; expected commas between "
                            "them, and decimal points",
                            path=path,
                            line=line,
                            cells=counted(len(cells), "cell"),
                            columns=counted(len(self.names), "column"),
                        )
                    )
                if len(found[0]) * len(cells) > MOST_NUMBERS:
                    raise ValueError(
                        tr(
                            "{path} holds more than {most:,} numbers; write fewer draws or variables",
                            path=path,
                            most=MOST_NUMBERS,
                        )
                    )
                for cell, name, column in zip(cells, self.names, found, strict=True):
                    column.append(_number(cell, path, line, name))
        if not self.names or not len(found[0]):
            raise ValueError(
                tr("{path} has no draws: expected a header, and a row of numbers for each draw", path=path)
            )
        self.columns = dict(zip(self.names, map(np.array, found), strict=True))

    def _name(self, path: Path, cells: list[str]) -> None:
        if all(is_number(cell) for cell in cells):
            raise ValueError(
                tr("{path} has no header; expected the names of the quantities in its first line", path=path)
            )
        twice = {cell for cell in cells if cells.count(cell) > 1}
        if twice or "" in cells:
            raise ValueError(
                tr("{path}: every column needs a name of its own, got {cells}", path=path, cells=cells[:8])
            )
        self.names = cells


def _number(cell: str, path: Path, line: int, name: str) -> float:
    if cell.lower() in ("", "na", "nan", "null"):
        return math.nan
    try:
        return float(cell)
    except ValueError as error:
        raise ValueError(
            tr(
                "{path}, line {line}, column {name}: {cell!r} is no number",
                path=path,
                line=line,
                name=name,
                cell=cell[:40],
            )
        ) from error


def _of_tables(paths: Sequence[Path]) -> ChainDraws:
    tables = []
    for path in paths:
        with _reading(path):
            try:
                tables.append(_Table(path))
            except csv.Error as error:
                raise ValueError(tr("{path} is no table: {error}", path=path, error=error)) from error
    first, name = (
        tables[0],
        paths[0].name
        if len(paths) == 1
        else tr("{name} and {count} more", name=paths[0].name, count=len(paths) - 1),
    )
    for path, table in zip(paths, tables, strict=True):
        if table.names != first.names:
            other = sorted(set(table.names) ^ set(first.names))
            raise ValueError(
                tr(
                    "{path} has other columns than {first}: {columns}",
                    path=path,
                    first=paths[0].name,
                    columns=", ".join(other[:5]),
                )
                if other
                else tr(
                    "{path} has other columns than {first}: in another order", path=path, first=paths[0].name
                )
            )
    quantities = [
        column for column in first.names if not _numbers_rows(column) and not _is_of_sampler(column)
    ]
    if not quantities:
        raise ValueError(
            tr("{name} has no quantities beside {names}", name=name, names=", ".join(first.names[:6]))
        )
    parts: list[list[npt.NDArray[np.float64]]] = []
    for path, table in zip(paths, tables, strict=True):
        split = _chains_of(path, table)
        if len(paths) > 1 and len(split) > 1:
            raise ValueError(
                tr(
                    "{path} holds {count} chains; give it alone, or a file for each chain",
                    path=path,
                    count=len(split),
                )
            )
        parts += [[table.columns[column][rows] for column in quantities] for rows in split]
    lengths = [len(part[0]) for part in parts]
    if len(set(lengths)) > 1:
        raise ValueError(
            tr(
                "{name}: chains need the same number of draws, got {numbers}; "
                "cut all to {least}, or leave out a chain that ended early",
                name=name,
                numbers=", ".join(map(str, lengths[:8])),
                least=min(lengths),
            )
        )
    notes = [
        tr("{count:,} draws of the warm-up were left out of {name}", count=table.warm_up, name=path.name)
        for path, table in zip(paths, tables, strict=True)
        if table.warm_up
    ]
    sampler = [column for column in first.names if _is_of_sampler(column)]
    if sampler:
        notes.append(tr("left out, as columns of the sampler: {names}", names=", ".join(sampler)))
    for column in set(DIVERGED) & set(sampler):
        notes += _divergences(np.concatenate([table.columns[column] for table in tables]))
    return ChainDraws(
        name,
        {column: np.stack([part[k] for part in parts]) for k, column in enumerate(quantities)},
        notes=tuple(notes),
    )


def _numbers_rows(column: str) -> bool:
    return column.lower() in (*CHAIN_COLUMNS, *DRAW_COLUMNS)


def _is_of_sampler(column: str) -> bool:
    return column.endswith("__") and column not in LOG_DENSITY


def _chains_of(path: Path, table: _Table) -> list[npt.NDArray[np.intp]]:
    """Rows of each chain in the order of their draws."""
    by_name = {name.lower(): table.columns[name] for name in table.names}
    chain = next((by_name[name] for name in CHAIN_COLUMNS if name in by_name), None)
    draw = next((by_name[name] for name in DRAW_COLUMNS if name in by_name), None)
    rows = np.arange(len(next(iter(table.columns.values()))))
    for numbers, fault in (
        (chain, tr("{path}: the column of chain numbers has cells that are no numbers", path=path)),
        (draw, tr("{path}: the column of draw numbers has cells that are no numbers", path=path)),
    ):
        if numbers is not None and not np.isfinite(numbers).all():
            raise ValueError(fault)
    found = []
    for number in [None] if chain is None else np.unique(chain):
        own = rows if number is None else np.flatnonzero(chain == number)
        if draw is not None:
            order = draw[own]
            if len(np.unique(order)) < len(order):
                raise ValueError(
                    tr(
                        "{path}: a draw comes twice; number the chains in a column {column!r}",
                        path=path,
                        column=CHAIN,
                    )
                    if number is None
                    else tr(
                        "{path}: a draw comes twice in chain {number:g}; number the chains in a column {column!r}",
                        path=path,
                        number=number,
                        column=CHAIN,
                    )
                )
            own = own[np.argsort(order, kind="stable")]
        found.append(own)
    return found


def check_chains_ending(path: Path) -> None:
    """Fails where draws cannot be written to a path of that name.

    Raises:
        ValueError: with the endings there are, or as there is a folder of that name.
    """
    if path.suffix.lower() not in WRITTEN_ENDINGS:
        raise ValueError(
            tr(
                "draws of chains are written to {endings}, not to {path}",
                endings=", ".join(WRITTEN_ENDINGS),
                path=path,
            )
        )
    if path.suffix.lower() == ".zarr" and path.exists():
        raise ValueError(tr("there is a {path} already; choose another name, or remove it", path=path))


def write_chains(path: Path, draws: ChainDraws, attributes: Mapping[str, str] | None = None) -> None:
    """Writes draws: ArviZ's NetCDF 4 (.nc) or Zarr (a folder, .zarr), NumPy arrays (.npz) or a table (.csv).

    Quantities named as entries of an array, θ[0,1], are written as that array. NetCDF and Zarr have them in the group
    `posterior`, with the dimensions chain and draw, and their units.

    Args:
        path: its ending says the form.
        draws: what to write.
        attributes: texts of the file, such as the provenance of the draws; a table has none.

    Raises:
        ValueError: the ending is none of these.
        RunFileError: the file cannot be written; nothing is left behind.
    """
    check_chains_ending(path)
    draws = _renamed(draws, ignores_case=path.suffix.lower() == ".zarr")
    variables = _variables(draws)
    texts = {
        "inference_library": "landscape-app",
        "inference_library_version": __version__,
        "steps_per_draw": str(draws.spacing),
    }
    attributes = attributes or {}
    if path.suffix.lower() == ".zarr":
        _write_zarr(path, draws, variables, texts, attributes)
        return
    with atomic_write(path) as part:
        match path.suffix.lower():
            case ".nc":
                part.write_bytes(_netcdf(draws, variables, texts, attributes))
            case ".npz":
                with part.open("wb") as file:
                    words = {name: np.array(text) for name, text in attributes.items()}
                    np.savez_compressed(file, **words, **variables)  # type: ignore[arg-type]
            case _:
                part.write_text(_table_of(draws), encoding="utf-8", newline="")


def _renamed(draws: ChainDraws, ignores_case: bool) -> ChainDraws:
    """The same draws with names that can be names of files and columns, each once; some file systems ignore case."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for name in draws.quantities:
        plain = _FORBIDDEN.sub("_", name).strip(" .") or "quantity"
        while (plain.lower() if ignores_case else plain) in taken or plain.lower() in RESERVED:
            plain += "_"
        taken.add(plain.lower() if ignores_case else plain)
        names[name] = plain
    quantities = {names[name]: values for name, values in draws.quantities.items()}
    units = {names[name]: unit for name, unit in draws.units.items() if name in names}
    return replace(draws, quantities=quantities, units=units, coordinates=())


def _variables(draws: ChainDraws) -> dict[str, npt.NDArray[np.float64]]:
    """Arrays of shape (chain, draw, …) of quantities, entries of one array put together where none is missing."""
    entries: dict[str, dict[tuple[int, ...], npt.NDArray[np.float64]]] = {}
    for name, values in draws.quantities.items():
        found = _ENTRY.fullmatch(name)
        index = tuple(map(int, found["index"].split(","))) if found else ()
        entries.setdefault(found["variable"] if found else name, {})[index] = values
    arrays: dict[str, npt.NDArray[np.float64]] = {}
    for variable, parts in entries.items():
        ranks = {len(index) for index in parts}
        sides = [1 + max(side) for side in zip(*parts, strict=True)] if len(ranks) == 1 else [0]
        if len(parts) == math.prod(sides):
            together = np.empty((draws.chains, draws.draws, *sides))
            for index, values in parts.items():
                place: tuple[slice | int, ...] = (slice(None), slice(None), *index)
                together[place] = values
            arrays[variable] = together
        else:
            for index, values in parts.items():
                arrays[f"{variable}[{','.join(map(str, index))}]" if index else variable] = values
    return arrays


def _table_of(draws: ChainDraws) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([CHAIN, DRAW, *draws.quantities])
    columns = [values.ravel().tolist() for values in draws.quantities.values()]
    chain, draw = (index.ravel().tolist() for index in np.indices((draws.chains, draws.draws)))
    for row in zip(chain, draw, *columns, strict=True):
        writer.writerow([row[0], row[1], *map(repr, row[2:])])
    return text.getvalue()


def _dimensions(variable: str, values: npt.NDArray[Any]) -> list[str]:
    """Names of a variable's dimensions as ArviZ gives them."""
    return [CHAIN, DRAW, *(f"{variable}_dim_{axis}" for axis in range(values.ndim - 2))]


def _netcdf(
    draws: ChainDraws,
    variables: Mapping[str, npt.NDArray[np.float64]],
    texts: Mapping[str, str],
    attributes: Mapping[str, str],
) -> bytes:
    # HDF5 crashes the process where a disk fills up, so it writes to memory.
    image = io.BytesIO()
    with h5py.File(image, "w") as file:
        group = file.create_group("posterior", track_order=True)
        for place, own_texts in ((file, attributes), (group, texts)):
            for name, text in own_texts.items():
                place.attrs[name] = text
        for name, values in variables.items():
            variable = group.create_dataset(name, data=values, compression="gzip", shuffle=True)
            for axis, dimension in enumerate(_dimensions(name, values)):
                if dimension not in group:
                    scale = group.create_dataset(dimension, data=np.arange(values.shape[axis]))
                    scale.make_scale(dimension)
                variable.dims[axis].attach_scale(group[dimension])
            if draws.units.get(name):
                variable.attrs["units"] = draws.units[name]
    return image.getvalue()


def _write_zarr(
    path: Path,
    draws: ChainDraws,
    variables: Mapping[str, npt.NDArray[np.float64]],
    texts: Mapping[str, str],
    attributes: Mapping[str, str],
) -> None:
    """A Zarr store of version 2 without compression: a folder of small JSON files, and the numbers as they are."""
    check_writable(path.with_name(f"{path.name}.json"))
    part = path.with_name(f".landscape-{secrets.token_hex(6)}.part")
    documents: dict[str, Any] = {
        ".zgroup": {"zarr_format": 2},
        ".zattrs": dict(attributes),
        "posterior/.zgroup": {"zarr_format": 2},
        "posterior/.zattrs": dict(texts),
    }
    numbers: dict[str, bytes] = {}

    def add(name: str, values: npt.NDArray[Any], dimensions: list[str], units: str = "") -> None:
        plain = np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<"))
        documents[f"posterior/{name}/.zarray"] = {
            "zarr_format": 2,
            "shape": list(plain.shape),
            "chunks": list(plain.shape),
            "dtype": plain.dtype.str,
            "compressor": None,
            "fill_value": None,
            "order": "C",
            "filters": None,
        }
        documents[f"posterior/{name}/.zattrs"] = {
            "_ARRAY_DIMENSIONS": dimensions,
            **({"units": units} if units else {}),
        }
        numbers[f"posterior/{name}/{'.'.join('0' * plain.ndim)}"] = plain.tobytes()

    sides: dict[str, int] = {}
    for name, values in variables.items():
        dimensions = _dimensions(name, values)
        sides |= dict(zip(dimensions, values.shape, strict=True))
        add(name, values, dimensions, draws.units.get(name, ""))
    for name, side in sides.items():
        add(name, np.arange(side), [name])
    documents[".zmetadata"] = {"zarr_consolidated_format": 1, "metadata": dict(documents)}
    try:
        for file, document in documents.items():
            (part / file).parent.mkdir(parents=True, exist_ok=True)
            (part / file).write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        for file, content in numbers.items():
            (part / file).write_bytes(content)
        part.rename(path)
    except OSError as error:
        raise RunFileError(tr("cannot write {path}: {reason}", path=path, reason=reason_of(error))) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


FORMS: Mapping[str, str] = {
    tr("ArviZ's NetCDF (*.nc)"): ".nc",
    tr("ArviZ's Zarr, a folder (*.zarr)"): ".zarr",
    tr("NumPy arrays (*.npz)"): ".npz",
    tr("Table (*.csv)"): ".csv",
}
"""Forms that draws are written in, as a file dialog names them."""

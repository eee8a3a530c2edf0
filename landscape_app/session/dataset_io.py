"""Data sets in run files: those that do not come with the application travel with the run, or alone.

In the group `DATA` lie the items under the name of their kind, `training` and `held_out`, and `labels`, `weights`,
`level_count`, `class_names` and `columns` where there are such; names as the bytes of JSON lists, since a run file
holds numbers only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from landscape_app.data import ColumnMeaning, Dataset, Kind
from landscape_app.language import tr
from landscape_app.problems import Configuration, starting_configuration
from landscape_app.problems.model import training_data
from landscape_app.runs import RunFileError, RunState, read_run, write_run
from landscape_app.runs.atomic import reason_of
from landscape_app.runs.dataset_names import CLASS_NAMES, COLUMNS, class_names_in, columns_in
from landscape_app.runs.run_file import DATA, as_bytes
from landscape_app.session.provenance import origin_of


def carried(dataset: Dataset) -> dict[str, np.ndarray]:
    """The arrays of a data set by their path in a run file; none where it comes with the application."""
    if dataset.shipped:
        return {}
    arrays = {
        f"{DATA}/{dataset.kind.value}": dataset.items,
        f"{DATA}/training": dataset.training,
        f"{DATA}/held_out": dataset.held_out,
    }
    if dataset.labels is not None:
        arrays[f"{DATA}/labels"] = dataset.labels
    if dataset.weights is not None:
        arrays[f"{DATA}/weights"] = dataset.weights
    if dataset.class_names:
        arrays[CLASS_NAMES] = as_bytes(dataset.class_names)
    if dataset.columns:
        arrays[COLUMNS] = as_bytes([asdict(column) for column in dataset.columns])
    if dataset.kind is Kind.LEVELS:
        arrays[f"{DATA}/level_count"] = np.array(dataset.levels)
    return arrays


def carried_dataset(name: str, arrays: Mapping[str, np.ndarray], reading: object = None) -> Dataset | None:
    """The data set among a run file's arrays; None where it carries none.

    Args:
        name: of the data set.
        arrays: by their path in the file.
        reading: what the file says of how they were imported, as JSON values.

    Raises:
        ValueError: it contradicts itself, or holds more than a data set may.
        KeyError: a part is missing.
    """
    kinds = [kind for kind in Kind if f"{DATA}/{kind.value}" in arrays]
    if not kinds:
        if any(path.startswith(f"{DATA}/") for path in arrays):
            raise ValueError(tr("the data set lacks its items"))
        return None
    if len(kinds) > 1:
        raise ValueError(tr("a data set has items of one kind only"))
    split = [np.asarray(arrays[f"{DATA}/{part}"]) for part in ("training", "held_out")]
    if any(part.ndim != 1 for part in split):
        raise ValueError(tr("a data set's split must be two lists"))
    labels, levels = arrays.get(f"{DATA}/labels"), arrays.get(f"{DATA}/level_count", np.array(0))
    if any(part is not None and part.dtype.kind not in "iu" for part in (*split, labels, levels)):
        raise ValueError(tr("a data set's split, labels and number of levels must be whole numbers"))
    weights = arrays.get(f"{DATA}/weights")
    if weights is not None and weights.dtype.kind not in "iuf":
        raise ValueError(tr("a data set's weights must be numbers"))
    return Dataset(
        name=name,
        kind=kinds[0],
        items=arrays[f"{DATA}/{kinds[0].value}"],
        training=split[0].astype(np.int64),
        held_out=split[1].astype(np.int64),
        labels=None if labels is None else labels.astype(np.int64),
        levels=int(levels) if kinds[0] is Kind.LEVELS else 0,
        class_names=class_names_in(arrays),
        columns=tuple(ColumnMeaning(**asdict(column)) for column in columns_in(arrays)),
        weights=None if weights is None else weights.astype(np.float64),
        reading=reading if isinstance(reading, dict) else {},
    )


def save_data(dataset: Dataset, path: Path, provenance: Mapping[str, Any] | None = None) -> Configuration:
    """Writes a data set with the configuration that is proposed for it; returns the configuration.

    Args:
        dataset: not one that ships with the application.
        path: of the file, replaced where there is one.
        provenance: JSON values that say where the data came from.

    Raises:
        RunFileError: the file cannot be written.
    """
    configuration = starting_configuration(dataset)
    made = origin_of(dataset) | reading_of(dataset) | dict(provenance or {})
    write_run(path, RunState(configuration.as_dict(), made, {}, carried(dataset)))
    return configuration


def reading_of(dataset: Dataset) -> dict[str, Any]:
    """Entry of a file that says how its data were imported; none of others."""
    return {"reading": dict(dataset.reading)} if dataset.reading else {}


def open_data(path: Path) -> tuple[Dataset, Configuration]:
    """The data set in a file of data, or in a run that carries its own, and the configuration to start from.

    Raises:
        RunFileError: the file is missing, damaged or foreign, or carries no data.
    """
    return data_in(read_run(Path(path)), path)


def data_in(state: RunState, path: Path) -> tuple[Dataset, Configuration]:
    """As `open_data`, from what was read of a file.

    Raises:
        RunFileError: it is inconsistent, or carries no data.
    """
    try:
        configuration = Configuration.from_dict(state.configuration)
        dataset = dataset_of(state, configuration)
    except (ValueError, TypeError, KeyError) as error:
        raise RunFileError(f"{path}: {reason_of(error)}") from error
    if dataset is None:
        raise RunFileError(
            tr(
                "{path} carries no data of its own: it is a run on “{problem}”",
                path=path,
                problem=configuration.problem,
            )
        )
    return dataset, configuration


def dataset_of(state: RunState, configuration: Configuration) -> Dataset | None:
    """The data set that a file carries; None where it carries none.

    Raises:
        KeyError, TypeError or ValueError: it contradicts itself, or is not whole.
    """
    name = str(state.provenance.get("data", configuration.problem))
    return carried_dataset(name, state.arrays, state.provenance.get("reading"))


def data_of_run(state: RunState, path: Path) -> Dataset:
    """The data set of a run or of a file of data, as it is divided there, also where it comes with the application.

    Raises:
        RunFileError: it is inconsistent.
    """
    try:
        configuration = Configuration.from_dict(state.configuration)
        return training_data(configuration, dataset_of(state, configuration))
    except (ValueError, TypeError, KeyError) as error:
        raise RunFileError(f"{path}: {reason_of(error)}") from error

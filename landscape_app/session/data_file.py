"""A person's own data as a file: a run file with the data and a configuration to start from, and no model yet."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from landscape_app.data import Dataset
from landscape_app.problems import Configuration, starting_configuration
from landscape_app.runs import RunFileError, RunState, read_run, write_run
from landscape_app.session.carried_data import carried, carried_dataset
from landscape_app.session.lineage import origin_of
from landscape_app.session.session import Session


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
    made = origin_of(dataset) | dict(provenance or {})
    write_run(path, RunState(configuration.as_dict(), made, {}, carried(dataset)))
    return configuration


def open_data(path: Path) -> tuple[Dataset, Configuration]:
    """The data set in a file of data, or in a run that carries its own, and the configuration to start from.

    Raises:
        RunFileError: the file is missing, damaged or foreign, or carries no data.
    """
    state = read_run(Path(path))
    try:
        configuration = Configuration.from_dict(state.configuration)
        dataset = carried_dataset(str(state.provenance.get("data", configuration.problem)), state.arrays)
    except (ValueError, TypeError, KeyError) as error:
        raise RunFileError(f"{path}: {error}") from error
    if dataset is None:
        raise RunFileError(f"{path} carries no data of its own: it is a run on “{configuration.problem}”")
    return dataset, configuration


def seconds_per_epoch(configuration: Configuration, dataset: Dataset, device: str = "auto") -> float:
    """How long an epoch takes here, by doing two, of which the second counts."""
    trial = Session(replace(configuration, planned_seconds=None), device, walkers=2, dataset=dataset)
    epochs = trial.train()
    next(epochs)
    start = time.perf_counter()
    next(epochs)
    return time.perf_counter() - start

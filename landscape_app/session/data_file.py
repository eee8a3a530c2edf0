"""A person's own data as a file: a run file with the data and a configuration to start from, and no model yet."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from landscape_app.data import Dataset
from landscape_app.problems import Configuration, starting_configuration
from landscape_app.runs import RunFileError, RunState, read_run, write_run
from landscape_app.session.dataset_io import carried, carried_dataset
from landscape_app.session.lineage import origin_of
from landscape_app.session.session import Session

TIMED_EPOCHS, TIMED_SECONDS = 5, 2.0
"""Epochs that tell how long one takes, fewer where so much time has passed."""


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
    return data_in(read_run(Path(path)), path)


def data_in(state: RunState, path: Path) -> tuple[Dataset, Configuration]:
    """As `open_data`, from what was read of a file.

    Raises:
        RunFileError: it is inconsistent, or carries no data.
    """
    try:
        configuration = Configuration.from_dict(state.configuration)
        dataset = carried_dataset(str(state.provenance.get("data", configuration.problem)), state.arrays)
    except (ValueError, TypeError, KeyError) as error:
        raise RunFileError(f"{path}: {error}") from error
    if dataset is None:
        raise RunFileError(f"{path} carries no data of its own: it is a run on “{configuration.problem}”")
    return dataset, configuration


def seconds_per_epoch(
    configuration: Configuration,
    dataset: Dataset | None,
    device: str = "auto",
    between: Callable[[], object] = lambda: None,
) -> float:
    """How long an epoch takes here: the median of a few, after one that does not count.

    Args:
        configuration: of the run that is planned.
        dataset: its data; None for those of the configuration's problem.
        device: as `resolve_device` takes it.
        between: called before each epoch; what it raises ends the timing.

    Raises:
        ValueError: as `Session` does.
        DivergenceError: training does not even begin.
    """
    trial = Session(replace(configuration, planned_seconds=None), device, sampler_chains=2, dataset=dataset)
    epochs = trial.train()
    between()
    next(epochs)
    times: list[float] = []
    while len(times) < TIMED_EPOCHS and sum(times) < TIMED_SECONDS:
        between()
        start = time.perf_counter()
        next(epochs)
        times.append(time.perf_counter() - start)
    return statistics.median(times)

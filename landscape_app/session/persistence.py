"""A session to and from its run file."""

from __future__ import annotations

import dataclasses
import math
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from landscape_app.learning.classifier import ImageClassifier
from landscape_app.learning.epoch import Energies, EpochRecord
from landscape_app.learning.maxent import ChiSquaredUpdate
from landscape_app.learning.minmaxent import Live
from landscape_app.learning.scaling import RootMeanSquareScaling
from landscape_app.physics.base import Base, GaussianBase, ProductBase
from landscape_app.physics.host import to_host
from landscape_app.physics.observables import require_images
from landscape_app.physics.space import Discrete, Line
from landscape_app.problems import Configuration
from landscape_app.runs import History, RunFileError, RunState, read_run, write_run
from landscape_app.runs.atomic import UNREADABLE
from landscape_app.session.dataset_io import carried, carried_dataset
from landscape_app.session.device import resolve_device, restore_generator
from landscape_app.session.discriminator import discriminator_arrays, restore_discriminators
from landscape_app.session.entropy_meter import Best, Measurement
from landscape_app.session.journal_kept import journal_arrays, restored_journal
from landscape_app.session.lineage import Lineage, origin_of
from landscape_app.session.measuring_kept import measuring_arrays, restore_measuring
from landscape_app.session.memory import OPENING, is_out_of_memory, needs_memory
from landscape_app.session.session import Session


def save_session(session: Session, path: str | Path) -> None:
    """Writes the whole session to a run file.

    Raises:
        RunFileError: the file cannot be written.
    """
    write_run(Path(path), run_state(session))


def open_session(path: str | Path, device: str = "auto", sampler_chains: int = 100) -> Session:
    """The session in a run file, its sampler started from the saved reservoir; a new one of a file of data alone.

    Raises:
        RunFileError: the file is missing, damaged, foreign, or of a newer version.
        ValueError: the device does not exist.
    """
    resolve_device(device)
    return session_of(read_run(Path(path)), Path(path), device, sampler_chains)


@needs_memory(OPENING)
def session_of(state: RunState, path: Path, device: str = "auto", sampler_chains: int = 100) -> Session:
    """The session that a run's plain data say.

    Args:
        state: of the run.
        path: where it comes from, to be named in messages.
        device: as `resolve_device` takes it.
        sampler_chains: number of chains on view.

    Raises:
        RunFileError: the data contradict themselves, or are not whole.
        NotEnoughMemoryError: the run does not fit the device.
    """
    try:
        configuration = Configuration.from_dict(state.configuration)
        dataset = carried_dataset(str(state.provenance.get("data", configuration.problem)), state.arrays)
        session = Session(configuration, device, sampler_chains, dataset)
    except UNREADABLE as error:
        if is_out_of_memory(error):
            raise
        raise RunFileError(f"{path}: {error}") from error
    if state.holds_data_alone:
        return session
    try:
        restore(session, state)
    except UNREADABLE as error:
        if is_out_of_memory(error):
            raise
        raise RunFileError(f"{path} is not a whole run file: {error}") from error
    session.sampler.restart("chains")
    return session


def run_state(session: Session, passing: bool = False) -> RunState:
    """A session as plain data.

    Args:
        session: whose.
        passing: take the samples at hand for the reservoir and leave out what else would have to be computed: for a
            state that another one replaces in some seconds.
    """
    trainer = session.trainer
    arrays: dict[str, np.ndarray] = {
        "multipliers": _host(session.model.multipliers),
        "random/training": _host(trainer.ensemble.generator.get_state()),
        "clock/recoveries": _number(np.int64, trainer.recoveries),
        "clock/epoch": _number(np.int64, trainer.epoch),
        "clock/seconds": _number(np.float64, trainer.seconds),
        "clock/evaluations": _number(np.int64, trainer.evaluations),
    }
    arrays |= carried(session.dataset)
    arrays |= {f"base/{name}": _host(table) for name, table in _base_tables(session.model.base).items()}
    arrays |= {f"observables/{n}": _host(p) for n, p in session.model.observables.named_parameters()}
    for name, mean, velocity in zip(
        _parameter_names(session), trainer.average, trainer.velocity, strict=True
    ):
        arrays[f"average/{name}"] = _host(mean)
        arrays[f"velocity/{name}"] = _host(velocity)
    if trainer.live is not None:
        live = trainer.live
        arrays["live/random"] = _host(live.random)
        for name, value in zip(_parameter_names(session), live.parameters, strict=True):
            arrays[f"live/parameters/{name}"] = _host(value)
        arrays |= {f"live/ensemble/{name}": array for name, array in _compact(session, live.ensemble).items()}
    arrays |= {
        f"meter/{name}": array for name, array in _compact(session, session.meter.state_dict()).items()
    }
    arrays |= measuring_arrays(session.meter, _parameter_names(session))
    measurements = session.measurements.as_arrays()
    arrays |= {f"measurements/{name}": column for name, column in measurements.items()}
    if session.kept is not None:
        arrays |= _figures("kept", session.kept)
    best = session.meter.best
    if best is not None:
        arrays |= _figures("best", best.found)
        for name, value in zip(_parameter_names(session), best.parameters, strict=True):
            arrays[f"best/parameters/{name}"] = _host(value)
    ensemble = _compact(session, trainer.ensemble.state_dict())
    arrays |= {f"ensemble/{name}": array for name, array in ensemble.items()}
    for scaling_path, scaling in _scalings(session):
        arrays[f"{scaling_path}/steps"] = _number(np.int64, scaling.steps)
        if scaling.mean_square is not None:
            arrays[f"{scaling_path}/mean_square"] = _host(scaling.mean_square)
    exact = None if passing else session.exact_record()
    if exact is not None:
        for name in ("log_partition", "entropy", "cross_entropy", "cross_entropy_training"):
            arrays[f"exact/{name}"] = _number(np.float64, getattr(exact, name))
    reservoir = session.samples.at_hand if passing else session.samples.reservoir
    arrays["reservoir/x"] = _host(session.space.compact(reservoir.x))
    arrays["reservoir/log_weights"] = _host(reservoir.log_weights)
    if session.classifier is not None:
        arrays |= {f"classifier/{n}": _host(p) for n, p in session.classifier.named_parameters()}
        arrays["classifier_accuracy"] = _number(np.float64, session.classifier_accuracy)
    arrays |= discriminator_arrays(session.composer)
    arrays |= journal_arrays(session.journal)
    return RunState(
        configuration=session.configuration.as_dict(),
        provenance=provenance_of(session),
        metrics=session.history.as_arrays(),
        arrays=arrays,
    )


def _figures(group: str, found: Measurement) -> dict[str, np.ndarray]:
    return {f"{group}/{name}": np.array(value) for name, value in dataclasses.asdict(found).items()}


def provenance_of(session: Session) -> dict[str, Any]:
    """How a session's file comes to be, as JSON values."""
    lineage = session.lineage
    parent = {} if lineage.parent is None else {"parent_run": lineage.parent}
    random = {} if lineage.random is None else {"random_numbers": lineage.random}
    return {
        **origin_of(session.dataset),
        "torch": torch.__version__,
        "device": str(session.device),
        "seed": session.configuration.seed,
        "run": lineage.run,
        **parent,
        **random,
    }


def _compact(session: Session, state: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    """The arrays of an ensemble, its configurations in few bytes."""
    arrays = {name: _host(tensor) for name, tensor in state.items()}
    return arrays | {"x": _host(session.space.compact(state["x"]))}


def _base_tables(base: Base) -> dict[str, Tensor]:
    """What a base measure is known by."""
    if isinstance(base, GaussianBase):
        return {"mean": base.mean, "deviation": base.deviation}
    assert isinstance(base, ProductBase)
    return {"log_probabilities": base.log_probabilities}


def _parameter_names(session: Session) -> list[str]:
    """Names of the model's parameters."""
    return [name.removeprefix("observables.") for name, _ in session.model.named_parameters()]


def _scalings(session: Session) -> Iterator[tuple[str, RootMeanSquareScaling]]:
    """The running mean squares that scale gradients, by their path in the file."""
    trainer = session.trainer
    names = (name for name, _ in session.model.observables.named_parameters())
    for name, scaling in zip(names, trainer.scalings, strict=True):
        yield f"scaling/{name}", scaling
    if isinstance(trainer.multiplier_update, ChiSquaredUpdate):
        yield "scaling/multipliers", trainer.multiplier_update.scaling


def restore(session: Session, state: RunState) -> None:
    """Puts a session of the same configuration and data where a run was.

    Raises:
        KeyError, RuntimeError, TypeError or ValueError: the run is not whole, or another one.
    """
    arrays, trainer = state.arrays, session.trainer
    _fill(session.model.observables, "observables", arrays)
    with torch.no_grad():
        session.model.multipliers.copy_(_finite("multipliers", arrays, session.model.multipliers.shape))
    session.model.base = _restored_base(session, arrays)
    if "classifier_accuracy" in arrays:
        session.classifier_accuracy = float(arrays["classifier_accuracy"])
        session.classifier = _restored_classifier(session, arrays)
    saved_on = str(state.provenance.get("device", "")).partition(":")[0]
    # Of a stream that was not used before: where devices differ, so do their random states.
    fresh = session.configuration.seed + 1_000_003 * (1 + int(arrays["clock/epoch"]))
    _restore_ensemble(session, arrays, saved_on, fresh)
    _restore_scalings(session, arrays)
    trainer.average = _parameters(session, "average", arrays)
    trainer.velocity = _parameters(session, "velocity", arrays)
    _restore_meter(session, arrays)
    trainer.epoch = int(arrays["clock/epoch"])
    trainer.recoveries = int(arrays["clock/recoveries"])
    trainer.seconds = float(arrays["clock/seconds"])
    trainer.evaluations = int(arrays["clock/evaluations"])
    parameters = dict(zip(_parameter_names(session), trainer.model.values(), strict=True))
    if not restore_measuring(session.meter, arrays, parameters, saved_on, fresh + 2):
        session.meter.catch_up()
    session.history = _history(state.metrics, EpochRecord, len(session.model.multipliers))
    if len(session.history):
        last = (float(session.history[f"energy_{name}"][-1]) for name in Energies._fields)
        trainer.energies = Energies(*last)
    restore_discriminators(session.composer, arrays, session.device)
    session.journal = restored_journal(arrays)
    parent = state.provenance.get("run")
    here = session.device.type
    session.lineage = Lineage(
        parent=None if parent is None else str(parent),
        random=None
        if saved_on == here
        else f"those of {here} from epoch {trainer.epoch} on, of {saved_on or 'an unknown device'} before",
    )
    x = _configurations(session, "reservoir/x", arrays)
    log_weights = _finite("reservoir/log_weights", arrays, (len(x),)).to(session.device)
    session.samples.replace(x, log_weights)


def _restore_meter(session: Session, arrays: Mapping[str, np.ndarray]) -> None:
    meter = session.meter
    meter.load_state_dict(_ensemble_state(session, "meter", arrays))
    group = "measurements/"
    columns = {name.removeprefix(group): column for name, column in arrays.items() if name.startswith(group)}
    session.measurements = _history(columns, Measurement)
    best = _restored_figures("best", arrays)
    if best is not None:
        meter.best = Best(best, _parameters(session, "best/parameters", arrays))
    session.kept = _restored_figures("kept", arrays)


def _restored_figures(group: str, arrays: Mapping[str, np.ndarray]) -> Measurement | None:
    """A measurement of a group, NaN for what its version did not measure; None where the file has none."""
    if f"{group}/epoch" not in arrays:
        return None
    found: dict[str, Any] = {
        field.name: _finite(path, arrays, ()).item() if path in arrays else math.nan
        for field in dataclasses.fields(Measurement)
        if (path := f"{group}/{field.name}") in arrays or field.name != "failed"
    }
    return Measurement(**found)


def _history(columns: Mapping[str, np.ndarray], record: type, observables: int = 0) -> History:
    """A history of records from saved columns; older or newer versions may have had others.

    Args:
        columns: by name.
        record: dataclass of numbers, and of arrays with a number for each observable.
        observables: number of them.

    Raises:
        ValueError: rows have no epoch, or another shape.
    """
    if columns and "epoch" not in columns:
        raise ValueError("its metrics do not say of which epochs they are")
    hints = typing.get_type_hints(record)
    return History.from_arrays(
        columns, {name: () if kind in (int, float) else (observables,) for name, kind in hints.items()}
    )


def _restored_base(session: Session, arrays: Mapping[str, np.ndarray]) -> Base:
    """The saved base measure to the last bit: normalising it once more would change what training goes on to."""
    space = session.space
    if isinstance(space, Line):
        mean, deviation = (
            _finite(f"base/{name}", arrays, space.shape).to(session.device) for name in ("mean", "deviation")
        )
        return GaussianBase(space, mean, deviation)
    assert isinstance(space, Discrete)
    table = _finite("base/log_probabilities", arrays, (space.sites, space.levels)).to(session.device)
    base = ProductBase(space, table)
    if not torch.allclose(base.log_probabilities, table, atol=1e-4):
        raise ValueError("the base measure is not normalised")
    base.log_probabilities = table
    return base


def _restore_ensemble(session: Session, arrays: Mapping[str, np.ndarray], saved_on: str, fresh: int) -> None:
    """The ensemble as it is, and, of a model at rest, where training goes on from."""
    trainer = session.trainer
    ensemble = trainer.ensemble
    if "live/random" in arrays:
        at_rest = trainer.model.values()
        trainer.model.set_values(_parameters(session, "live/parameters", arrays))
        ensemble.load_state_dict(_ensemble_state(session, "live/ensemble", arrays), trainer.model.target)
        restore_generator(ensemble.generator, arrays["live/random"], saved_on, fresh)
        trainer.live = Live(trainer.model.values(), ensemble.state_dict(), ensemble.generator.get_state())
        trainer.model.set_values(at_rest)
    ensemble.load_state_dict(_ensemble_state(session, "ensemble", arrays), trainer.model.target)
    session.sampler.chains.kernel.step_size = ensemble.kernel.step_size
    restore_generator(ensemble.generator, arrays["random/training"], saved_on, fresh)


def _ensemble_state(session: Session, group: str, arrays: Mapping[str, np.ndarray]) -> dict[str, Tensor]:
    state = {
        path.removeprefix(f"{group}/"): _finite(path, arrays, None)
        for path in arrays
        if path.startswith(f"{group}/") and path != f"{group}/x"
    }
    if not bool((state["step_sizes"] > 0).all()):
        raise ValueError(f"{group}/step_sizes must be positive")
    return state | {"x": _configurations(session, f"{group}/x", arrays)}


def _parameters(session: Session, group: str, arrays: Mapping[str, np.ndarray]) -> list[Tensor]:
    """The model's parameters, of a group."""
    return [
        _finite(f"{group}/{name}", arrays, tuple(p.shape)).to(session.device)
        for name, p in zip(_parameter_names(session), session.trainer.model.values(), strict=True)
    ]


def _restore_scalings(session: Session, arrays: Mapping[str, np.ndarray]) -> None:
    for path, scaling in _scalings(session):
        name = path.removeprefix("scaling/")
        model = session.model
        parameter = model.multipliers if name == "multipliers" else model.observables.get_parameter(name)
        scaling.steps = int(arrays[f"{path}/steps"])
        if scaling.steps:
            mean_square = _finite(f"{path}/mean_square", arrays, parameter.shape)
            scaling.mean_square = mean_square.to(session.device)


def _restored_classifier(session: Session, arrays: Mapping[str, np.ndarray]) -> ImageClassifier:
    first, second = (len(arrays[f"classifier/conv{layer}.bias"]) for layer in (1, 2))
    with torch.random.fork_rng(devices=[]):
        network = ImageClassifier(require_images(session.space), session.classes, (first, second))
    network.to(session.device).requires_grad_(False)
    _fill(network, "classifier", arrays)
    return network


def _fill(module: nn.Module, group: str, arrays: Mapping[str, np.ndarray]) -> None:
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            parameter.copy_(_finite(f"{group}/{name}", arrays, parameter.shape))


def _configurations(session: Session, name: str, arrays: Mapping[str, np.ndarray]) -> Tensor:
    array = arrays[name]
    if array.ndim != 1 + len(session.space.shape) or array.shape[1:] != session.space.shape or len(array) < 1:
        raise ValueError(f"{name} has shape {array.shape}, expected (n, {session.space.shape})")
    x = torch.as_tensor(array).float()
    if not bool(session.space.contains(x).all()):
        raise ValueError(f"{name} has configurations that are not in the space of {session.space.label}")
    return x.to(session.device)


def _finite(name: str, arrays: Mapping[str, np.ndarray], shape: tuple[int, ...] | None) -> Tensor:
    """An array of finite numbers, of a shape that whoever takes it checks where it is None."""
    array = arrays[name]
    if shape is not None and tuple(array.shape) != tuple(shape):
        raise ValueError(f"{name} has shape {tuple(array.shape)}, expected {tuple(shape)}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} has numbers that are not finite")
    return torch.as_tensor(array)


def _number(kind: type[np.generic], value: float | None) -> np.ndarray:
    return np.array(value, kind)


def _host(tensor: Tensor) -> np.ndarray:
    return to_host(tensor).numpy()

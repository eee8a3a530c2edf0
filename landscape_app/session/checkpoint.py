"""A session to and from its run file.

Whatever goes on from a file gives its state as a tree: nested dictionaries of tensors, arrays, numbers and texts
(`state_dict`). A run file holds every leaf under its path.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from landscape_app.counting import counted
from landscape_app.data import Dataset
from landscape_app.language import english_of, tr
from landscape_app.models.energy import EnergyError, Function, UntrustedError
from landscape_app.models.model import Model
from landscape_app.physics.host import to_host
from landscape_app.physics.mixture_base import Components, MixtureBase
from landscape_app.physics.ranks import ALONE, Ranks
from landscape_app.physics.space import Line, Mixed, Space, sides
from landscape_app.problems import Configuration
from landscape_app.problems.model import build_model, build_space
from landscape_app.runs import History, RunFileError, RunState, read_run, write_run
from landscape_app.runs.atomic import UNREADABLE
from landscape_app.session.custom_field import run_source, source_of_text
from landscape_app.session.dataset_io import carried, dataset_of, reading_of
from landscape_app.session.device import resolve_device
from landscape_app.session.memory import OPENING, is_out_of_memory, needs_memory
from landscape_app.session.provenance import Lineage, origin_of
from landscape_app.session.session import Session
from landscape_app.session.vocabulary import RATE_IN_EFFECT

Tree = Mapping[str, Any]

CONFIGURATIONS, RANDOM = "x", "random"
"""Names of leaves, wherever they are: configurations, kept in few bytes, and states of random generators."""

MAY_BE_UNKNOWN = (
    "measurements/",
    "kept/",
    "kept_base/",
    "adequacy/",
    "estimator/best/found/",
    "estimator/last_log_z",
    "estimator/sum_evaluations",
)
"""Numbers that may be NaN or infinite: what was not measured, or has no bound."""


def arrays_of(tree: Tree, space: Space) -> dict[str, np.ndarray]:
    """The leaves of a tree of states, by their paths.

    Args:
        tree: nested dictionaries of tensors, arrays, numbers and texts.
        space: of the configurations in it.
    """
    return {path: _array(path, leaf, space) for path, leaf in _leaves(tree, "")}


def _leaves(tree: Tree, parent: str) -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{parent}{name}/")
        else:
            yield f"{parent}{name}", value


def _array(path: str, leaf: Tensor | np.ndarray | float | str, space: Space) -> np.ndarray:
    if isinstance(leaf, Tensor):
        return to_host(space.compact(leaf) if _name(path) == CONFIGURATIONS else leaf).numpy()
    return np.frombuffer(leaf.encode(), np.uint8).copy() if isinstance(leaf, str) else np.asarray(leaf)


BASE_WEIGHTS = "base_measure/log_weights"
"""Array of a run over a mixture."""


def tree_of(arrays: Mapping[str, np.ndarray], space: Space) -> dict[str, Any]:
    """The tree of states in a file's arrays; every leaf is a tensor on the host.

    Args:
        arrays: by their paths.
        space: in which configurations must lie.

    Raises:
        ValueError: a number is not finite, or configurations are not in the space.
        TypeError: a leaf is of a type that no tensor has.
    """
    tree: dict[str, Any] = {}
    for path, array in arrays.items():
        *groups, name = path.split("/")
        branch = tree
        for group in groups:
            branch = branch.setdefault(group, {})
        branch[name] = _leaf(path, torch.as_tensor(array if array.flags.writeable else array.copy()), space)
    return tree


def _leaf(path: str, leaf: Tensor, space: Space) -> Tensor:
    if _name(path) != CONFIGURATIONS:
        if not (path.startswith(MAY_BE_UNKNOWN) or bool(leaf.isfinite().all())):
            raise ValueError(tr("{path} has numbers that are not finite", path=path))
        return leaf
    x = leaf.float()
    if x.dim() != 1 + len(space.shape) or tuple(x.shape[1:]) != tuple(space.shape) or len(x) < 1:
        raise ValueError(
            tr(
                "{path} is {found}, expected n × {wanted}",
                path=path,
                found=sides(x.shape),
                wanted=sides(space.shape),
            )
        )
    if not bool(space.contains(x).all()):
        raise ValueError(
            tr("{path} has configurations that are not in the space of {space}", path=path, space=space.label)
        )
    return x


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def save_session(session: Session, path: str | Path) -> None:
    """Writes the whole session to a run file.

    Args:
        session: trained or not.
        path: of the file, replaced where there is one, whole or not at all.

    Raises:
        RunFileError: the file cannot be written.
    """
    write_run(Path(path), run_state(session))


def open_session(
    path: str | Path,
    device: str = "auto",
    sampler_chains: int = 100,
    trust: bool = False,
    functions: Mapping[str, Function] | None = None,
) -> Session:
    """The session in a run file, its chains resampled from the saved ones; a new one of a file of data alone.

    Args:
        path: of the file.
        device: as `resolve_device` takes it.
        sampler_chains: number of chains of the sampler.
        trust: run the Python of the run's own energy, where it has one.
        functions: Python that is trusted, by the digest of its source.

    Raises:
        UntrustedError: the run's energy is Python that is not trusted.
        RunFileError: the file is missing, damaged, foreign, or of another version.
        ValueError: the device does not exist.
    """
    resolve_device(device)
    state = read_run(Path(path))
    if trust:
        functions = dict(functions or {}) | _own_functions(state, Path(path))
    return session_of(state, Path(path), device, sampler_chains, functions)


def _own_functions(state: RunState, path: Path) -> dict[str, Function]:
    """Runs the Python of a run's own energy, which is trusted; none where it has none."""
    try:
        energy = Configuration.from_dict(state.configuration).given_energy
    except UNREADABLE as error:
        raise RunFileError(f"{path}: {error}") from error
    if energy is None or not energy.is_code:
        return {}
    code = source_of_text(Path(energy.file), energy.text, EnergyError)
    return {code.digest: run_source(code, EnergyError)}


@needs_memory(OPENING)
def session_of(
    state: RunState,
    path: str | Path,
    device: str = "auto",
    sampler_chains: int = 100,
    functions: Mapping[str, Function] | None = None,
    ranks: Ranks = ALONE,
) -> Session:
    """The session that a run's plain data say.

    Args:
        state: of the run.
        path: where it comes from, to be named in messages.
        device: as `resolve_device` takes it.
        sampler_chains: number of chains of the sampler.
        functions: Python that is trusted, by the digest of its source.
        ranks: that train on together.

    Raises:
        UntrustedError: the run's energy is Python that is not trusted.
        RunFileError: the data contradict themselves, or are not whole.
        NotEnoughMemoryError: the run does not fit the device.
    """
    try:
        configuration = Configuration.from_dict(state.configuration)
        dataset = dataset_of(state, configuration)
        model = _model_over_mixture(configuration, dataset, state)
        session = Session(configuration, device, sampler_chains, dataset, model, functions, ranks)
    except UntrustedError:
        raise
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
        raise RunFileError(tr("{path} is not a whole run file: {error}", path=path, error=error)) from error
    session.sampler.restart("chains")
    return session


def _model_over_mixture(
    configuration: Configuration, dataset: Dataset | None, state: RunState
) -> Model | None:
    """An untrained model over the mixture in a run's data, which need not be chosen again; None of any other."""
    found = state.arrays
    if dataset is None or BASE_WEIGHTS not in found:
        return None
    names = [f"{BASE_WEIGHTS.rpartition('/')[0]}/{name}" for name in Components._fields]
    space = build_space(dataset)
    if not isinstance(space, Line | Mixed):
        raise ValueError(f"a mixture is of numbers, not of {space.label}")
    base = MixtureBase(space, Components(*(torch.as_tensor(found[name]) for name in names)))
    training = torch.as_tensor(dataset.training_items).float()
    return build_model(configuration, space, training, dataset.columns, base=base)


def run_state(session: Session, passing: bool = False) -> RunState:
    """A session as plain data.

    Args:
        session: whose.
        passing: take the samples at hand for those of the model and leave out what else would have to be computed:
            for a state that another one replaces in some seconds.
    """
    return RunState(
        configuration=session.configuration.as_dict(),
        provenance=provenance_of(session),
        metrics=session.history.as_arrays(),
        arrays=carried(session.dataset) | arrays_of(session.state_dict(passing), session.space),
    )


JOB = "torchrun"
"""Entry of the provenance that names the job in which a run is trained."""


def provenance_of(session: Session) -> dict[str, Any]:
    """Provenance of a session's file, as JSON values."""
    lineage, plan = session.lineage, session.configuration
    parent = {} if lineage.parent is None else {"parent_run": lineage.parent}
    branch = {} if lineage.branch is None else {"branch_of_epoch": lineage.branch}
    random = {} if lineage.random is None else {"random_numbers": lineage.random}
    ranks = {} if session.ranks.is_alone else {"ranks": session.ranks.count}
    job = {} if lineage.job is None else {JOB: lineage.job}
    return {
        **origin_of(session.dataset),
        **reading_of(session.dataset),
        "torch": torch.__version__,
        "device": str(session.device),
        "seed": session.configuration.seed,
        RATE_IN_EFFECT: plan.rate_in_effect(
            plan.epochs_in_all(session.trainer.epoch, session.trainer.seconds), len(session.training_items)
        ),
        "run": lineage.run,
        **parent,
        **branch,
        **random,
        **ranks,
        **job,
    }


def restore(session: Session, state: RunState) -> None:
    """Puts a session of the same configuration and data where a run was.

    Raises:
        KeyError, RuntimeError, TypeError or ValueError: the run is not whole, or another one.
    """
    tree = tree_of(state.arrays, session.space)
    saved_on, here = str(state.provenance.get("device", "")).partition(":")[0], session.device.type
    ranks = int(state.provenance.get("ranks", 1))
    is_same = saved_on == here and ranks == session.ranks.count
    if not is_same:
        # Where devices or ranks differ, so do their random states: fresh streams take their place.
        _reseed(tree, session.configuration.seed + 1_000_003 * (1 + int(tree["trainer"]["epoch"])))
    session.load_state_dict(tree)
    session.history = History.from_arrays(state.metrics, session.trainer.metrics)
    parent = state.provenance.get("run")
    before, now = saved_on or "an unknown device", here
    if saved_on == here:
        before, now = (english_of(counted(count, "rank")) for count in (ranks, session.ranks.count))
    since = f"those of {now} from epoch {session.trainer.epoch} on, of {before} before"
    session.lineage = Lineage(
        parent=None if parent is None else str(parent), random=None if is_same else since
    )


def _reseed(tree: dict[str, Any], seed: int) -> int:
    """Puts seeds in the place of random states, from one up; returns the next."""
    for name, value in tree.items():
        if isinstance(value, dict):
            seed = _reseed(value, seed)
        elif name == RANDOM:
            tree[name] = torch.tensor(seed % 2**63)
            seed += 1
    return seed


def resume_session(
    path: Path,
    wanted: Mapping[str, Any],
    device: str = "auto",
    epochs: int | None = None,
    seconds: float | None = None,
    trust: bool = False,
    ranks: Ranks = ALONE,
    done: bool = False,
) -> Session:
    """The session in a run file, ready to train on.

    Args:
        path: of the file.
        wanted: settings that somebody has asked for, by their name in the configuration; they must be those of the
            file.
        device: where to; "auto" takes the kind it was on, and the CPU where that is not there. Elsewhere a run does
            not go on bit for bit (`Lineage.random`).
        epochs: planned in all, if other than the file says.
        seconds: of training in all, instead.
        trust: run the Python of the run's own energy, where it has one.
        ranks: that train on together.
        done: whether a run that has done its plan is wanted, too.

    Raises:
        RunFileError: the file is missing, damaged, foreign, or of another version.
        ValueError: a setting contradicts the file; or the run has ended with its plan, and no longer one is given.
    """
    state = read_run(path)
    for name, value in wanted.items():
        found = state.configuration.get(name)
        if found != value:
            raise ValueError(
                f"{path} has {name.replace('_', ' ')} {_said(found)}, not {_said(value)}; leave that out to resume it"
            )
    reason = None
    if device == "auto":
        saved_on = str(state.provenance.get("device", "auto")).partition(":")[0]
        chosen = resolve_device(saved_on, fall_back=True)
        device, reason = str(chosen.device), chosen.reason
    session = session_of(state, path, device, 1, _own_functions(state, path) if trust else None, ranks)
    session.device_note = reason or session.device_note
    plan = session.configuration
    if epochs is not None or seconds is not None:
        session.configuration = replace(
            plan, planned_epochs=epochs or plan.planned_epochs, planned_seconds=seconds
        )
    # One that was interrupted after its last epoch is still to be measured.
    has_ended = state.writer is None and session.kept is not None
    is_longer = epochs is not None or seconds is not None
    if session.progress >= 1.0 and not done and (has_ended or is_longer):
        spent = f"{counted(session.trainer.epoch, 'epoch')} in {session.trainer.seconds:.0f} s"
        raise ValueError(f"{path} has done its plan ({spent}); plan it longer (--epochs N or --seconds S)")
    return session


def _said(setting: object) -> str:
    """A setting as a person writes it."""
    if isinstance(setting, list | tuple):
        return ",".join(map(str, setting))
    return "by default" if setting is None else str(setting)

"""The functions of a script: a session, its training, samples, energies and checks."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from landscape_app.data import Dataset
from landscape_app.data.columns import from_units, log_unit
from landscape_app.data.importing.alike import AlikeOptions, ItemsRead
from landscape_app.language import tr
from landscape_app.learning.minmaxent import MinMaxEnt
from landscape_app.learning.trainer import EpochRecord
from landscape_app.models.energy import DEFAULT_WALL, EnergyError, Function
from landscape_app.physics.chain_statistics import ChainDraws, ChainsDiagnosis, judge_chains
from landscape_app.physics.fields import CustomField, FieldError
from landscape_app.physics.hamiltonian import Hamiltonian
from landscape_app.physics.host import is_true, to_host
from landscape_app.physics.ladder import check_columns
from landscape_app.physics.space import Spins
from landscape_app.physics.threads import set_threads
from landscape_app.problems import (
    PROBLEMS,
    Configuration,
    changed_settings,
    configured,
    load_problem,
    usual_configuration,
)
from landscape_app.problems.cost import EpochWork
from landscape_app.problems.model import build_space, check_ranks, model_size, training_data
from landscape_app.session.average import mean_energy, settle
from landscape_app.session.chains_file import read_chains
from landscape_app.session.composition import Composition, Layer, added
from landscape_app.session.conditioning import fixed_columns
from landscape_app.session.convergence import COLUMNS, LEAST_STEPS, ConvergenceRecord
from landscape_app.session.custom_field import read_source
from landscape_app.session.device import (
    available_cores,
    free_memory,
    is_accelerator,
    resident_memory,
    resolve_device,
)
from landscape_app.session.discriminator import discriminator_training
from landscape_app.session.ensemble_size import sized
from landscape_app.session.entropy_estimator import COLUMNS as LADDERS
from landscape_app.session.given import (
    GivenModel,
    given_configuration,
    read_given,
    reference_data,
    trusted_functions,
)
from landscape_app.session.journal import (
    Began,
    Branched,
    ClassesTrained,
    Gave,
    Journal,
    Opened,
    Reopened,
    Steered,
)
from landscape_app.session.observables import ObservablesRecord
from landscape_app.session.plan import (
    ALONE,
    DataSize,
    RunPlan,
    balancing_evaluations,
    rank_memory,
    traffic_of,
)
from landscape_app.session.records import CrossValidation, DiscriminatorRecord, Fold, Outcome
from landscape_app.session.sampling import Samples, drawing, joined
from landscape_app.session.score import FALSE_ALARMS, Scores, read_items, score_items
from landscape_app.session.session import Session
from landscape_app.session.share_out import finished

TIMED_EPOCHS, TIMED_SECONDS = 5, 2.0
"""Epochs that tell how long one takes, fewer where so much time has passed."""

PLANNED_EPOCHS = 40
"""The same of a plan, which takes differences of such times."""

FEWER = 4
"""Times fewer chains of the trial that tells what of an epoch depends on their number."""

TRIALS_ROOM = 1.5
"""Times as much memory as one run needs that both trials may take together."""

OWN = "own"
"""Data of the user's own, in a journal."""

OF_TRAINING = ("seed", "planned_epochs", "planned_seconds", "chains", "replicas", "schedule")
"""Settings in which runs that are averaged may differ."""

OF_BRANCHES = (*OF_TRAINING, "balance", "kernel", "fit")
"""Settings in which a branch may differ from the run that it has left: they change neither model nor data."""


def new_session(
    data: str | Dataset, *, device: str = "auto", sampler_chains: int = 100, **settings: Any
) -> Session:
    """An untrained session: its chains are samples of the base measure q.

    Args:
        data: a name ("digits", …), or a data set.
        device: "auto", "cpu", "cuda" or "mps".
        sampler_chains: number of chains on view, which steering moves.
        settings: what is to differ from the configuration that is usual for such data, by the names of
            `Configuration`: `seed`, `planned_epochs`, `chains`, `replicas`, `observables`, `kernel` …;
            `schedule={"theta_rate": 1e-3}` changes entries of its schedule. Without `chains` an accelerator gets as
            many more as it moves in the same time (`session.ensemble_size`).

    Raises:
        ValueError: there is no such data set, setting or device, or a value is outside its range.
    """
    dataset = None if isinstance(data, str) else data
    configuration = configured(usual_configuration(data), settings)
    if "chains" not in settings:
        configuration, _ = sized(configuration, dataset, device)
    return Session(configuration, device, sampler_chains, dataset)


def energy_session(
    energy: str | Path,
    *,
    low: float = -DEFAULT_WALL,
    high: float = DEFAULT_WALL,
    shape: tuple[int, ...] | None = None,
    spins: bool | None = None,
    seed: int = 0,
    digest: str | None = None,
    data: str | Dataset | None = None,
    device: str = "auto",
    sampler_chains: int = 100,
) -> Session:
    """A session of a model that is given, P(x) ∝ exp(−E(x)): there is nothing to train.

    Its data are samples of the model, independent ones where there is a sum to draw them by, else those of a ladder;
    or data of yours, with which the model is compared.

    Args:
        energy: a formula of x, y, z or x1, x2, … such as "x**4 - x**2 + y**2"; a Python file (.py), which you trust,
            with a function `energy(x)`, x of shape (batch, *shape) to nats of shape (batch,); or tables (.csv, .npy,
            .h5): couplings J, and fields h, of spins, or W, a and b of a restricted Boltzmann machine.
        low: lowest value of every coordinate of an energy.
        high: highest value.
        shape: of a configuration; None for as many numbers as the formula names or the table has, two of Python.
        spins: True for spins −1 and +1 instead of coordinates, or of a machine's 0/1 units.
        seed: of every random number.
        digest: SHA-256 that a Python file's source must have, in hexadecimal; None takes it as it is.
        data: a name or a data set; None for samples of the model.
        device: "auto", "cpu", "cuda" or "mps".
        sampler_chains: number of chains on view.

    Raises:
        ValueError: the formula or file is none, says what and where; or the energy is a number nowhere.
        EnergyError: the Python is missing, fails, or has changed.

    Example:
        >>> session = energy_session("x**2/2", low=-8, high=8, device="cpu")
        >>> round(session.kept.entropy, 3)
        1.419
    """
    given = read_given(energy, low=low, high=high, shape=shape, spins=spins)
    code = given.code
    if code is not None and digest is not None and code.digest != digest:
        raise EnergyError(code.path.stem, tr("has changed since it was trusted; read it again"))
    dataset = load_problem(data) if isinstance(data, str) else data
    session = given_session(given, device, sampler_chains, seed, trusted_functions(code), dataset)
    note_given(session, given)
    return session


def given_session(
    given: GivenModel,
    device: str = "auto",
    sampler_chains: int = 100,
    seed: int = 0,
    functions: Mapping[str, Function] | None = None,
    data: Dataset | None = None,
    report: Callable[[str, float], object] = lambda what, share: None,
) -> Session:
    """The session of a model that is given, its chains at the model, its entropy measured.

    Args:
        given: as it was read.
        device: "auto", "cpu", "cuda" or "mps".
        sampler_chains: number of chains on view.
        seed: of every random number.
        functions: Python that is trusted, by the digest of its source.
        data: that the model is compared with; None for samples of its own.
        report: is told what is done, in words, and its share.

    Raises:
        UntrustedError: it is Python that is not trusted.
        EnergyError: the Python failed.
        ValueError: the energy is a number nowhere, or the device does not exist.
    """
    resolve_device(device)
    functions = functions or {}
    if data is None:
        data = reference_data(given.model(functions), given.name, seed, report)
    else:
        given = replace(given, space=build_space(data, given.energy))
    # An energy is in the configuration, tables are not.
    model = given.model(functions) if given.tables else None
    configuration = given_configuration(given, data, seed)
    session = Session(configuration, device, sampler_chains, data, model, functions)
    report(tr("Moving chains to the model"), 0.0)
    next(session.train())
    with session.estimator.telling(report):
        session.finish()
    session.sampler.restart("chains")
    return session


def trust_field(session: Session, path: str | Path, digest: str | None = None) -> CustomField:
    """Runs the Python file of a field of one's own, which one trusts; the field for layers of this session.

    The file has a function `energy(x)`: x of shape (batch, *shape), float32, to V(x) in nats, shape (batch,).

    Args:
        session: whose compositions may then use it.
        path: of the file.
        digest: SHA-256 that its source must have, in hexadecimal; None takes it as it is.

    Raises:
        FieldError: the file is missing, is no such Python, fails, or has changed.
    """
    source = read_source(Path(path))
    if digest is not None and source.digest != digest:
        raise FieldError(source.path.stem, tr("has changed since it was trusted; read it again"))
    return session.composer.trust(source)


def train(
    session: Session, epochs: int | None = None, report: Callable[[EpochRecord], object] | None = None
) -> Outcome | None:
    """Trains; then the model rests on its averaged parameters, and the sampler is steered to where it was.

    As if it had never rested, training goes on from there: 50 epochs and 50 more are 100, on the same device to the
    last bit.

    Args:
        session: trained in place.
        epochs: how many; None for all that is left of the plan, at whose end the model's entropy is measured and the
            best state kept.
        report: is told of every epoch.

    Returns:
        How the plan ended; None where only so many epochs were asked for.

    Raises:
        DivergenceError: training met a number that is not finite, and going back did not help.
        ValueError: a negative number of epochs.
    """
    if epochs is not None and epochs < 0:
        raise ValueError(f"the number of epochs must not be negative, got {epochs}")
    last = None if epochs is None else session.trainer.epoch + epochs
    training = session.train()
    while session.trainer.epoch != last and not (last is None and session.is_done):
        record = next(training)
        if report is not None:
            report(record)
    outcome = session.finish() if last is None else None
    session.rest()
    session.steer(session.composition)
    return outcome


def print_progress(record: EpochRecord) -> None:
    """Prints a line on every tenth epoch: a `report` for `train`."""
    if record.epoch % 10 == 0:
        print(f"epoch {record.epoch:,} after {record.seconds:.1f} s: {record.summary}", flush=True)


def average(
    sessions: Sequence[Session],
    device: str = "auto",
    sampler_chains: int = 100,
    on_step: Callable[[str, float], object] | None = None,
) -> Session:
    """A session of one model of several that were trained apart, as with different seeds, on the same data.

    It has the observables of all; its energy begins as the mean of theirs, and the constraints are then solved
    together (`session.average`). Its history begins with what it is then, constraints above all.

    Args:
        sessions: trained networks of convolutions that differ in seed and training alone, two at least.
        device: where to compute.
        sampler_chains: number of chains of the sampler.
        on_step: is told what is done, in words, and its share.

    Raises:
        ValueError: they have nothing in common that can be averaged; says what.
    """
    values = mean_energy([session.model for session in sessions])
    first = sessions[0]
    for session in sessions:
        if session.trainer.epoch == 0:
            raise ValueError("a run that is not trained yet has nothing to average")
        if session.dataset.fingerprint != first.dataset.fingerprint:
            raise ValueError("the runs have learned from different data")
        own = {name: getattr(first.configuration, name) for name in OF_TRAINING}
        if replace(session.configuration, **own) != first.configuration:
            raise ValueError("the runs differ in more than their seeds and their training")
    chains = max(session.configuration.chains for session in sessions)
    plan = replace(first.configuration, members=len(sessions), replicas=1, chains=chains)
    merged = Session(plan, device, sampler_chains, first.dataset)
    with merged.estimator.telling(on_step):
        epoch = max(session.trainer.epoch for session in sessions)
        spent = sum(session.trainer.evaluations for session in sessions)
        fresh = merged.fresh_chains(spent)
        kept = settle(merged.trainer, merged.estimator, merged.model.values_of(values), epoch, fresh)
    if isinstance(merged.trainer, MinMaxEnt):
        merged.history.append(merged.trainer.observe())
    merged.samples.outdate()
    merged.kept = kept.found
    merged.sampler.restart("chains")
    return merged


def branch(session: Session, epoch: int, **settings: Any) -> Session:
    """A new run that goes on from an epoch of another, with other settings of its training if wanted.

    It begins with the averaged parameters and the chains of the snapshot, and with the history up to there. The
    gradients' moments, the other chains and estimates of the entropy begin anew (`Session.at_epoch`): a branch with
    the same settings does not train as its run did from there, to the last bit.

    Args:
        session: of the run, which stays as it is.
        epoch: of one of its snapshots, or its last (`Session.epochs_at_hand`).
        settings: by the names of `Configuration`, as of `new_session`: those of `OF_BRANCHES`.

    Raises:
        ValueError: there is no snapshot of the epoch; a setting would change the model or the data, does not exist,
            or is outside its range.
    """
    fixed = [name for name in settings if name not in OF_BRANCHES]
    if fixed:
        raise ValueError(
            f"a branch has the model and the data of its run: it cannot have another {fixed[0]!r}, but other "
            f"{', '.join(OF_BRANCHES)}; begin a new run for that"
        )
    begun = session.at_epoch(epoch, configured(session.configuration, settings))
    begun.composer = begun.sampler.composer = session.composer.copied()
    begun.journal = Journal(session.journal.entries)
    if begun.journal.entries:
        changes = changed_settings(session.configuration, begun.configuration)
        begun.journal.add(Branched(epoch, changes), session.trainer.epoch)
    return begun


def cross_validate(
    data: str | Dataset,
    folds: int = 5,
    *,
    device: str = "auto",
    report: Callable[[float], object] | None = None,
    **settings: Any,
) -> CrossValidation:
    """Test nats of models of few data: as many as there are folds, each of which leaves out another part.

    Every item tests the one model that has neither learned from it nor been chosen by it. A model of the folds learns
    from fewer items than one of all data, and is a little worse.

    Args:
        data: a name ("digits", …), or a data set.
        folds: number of parts and of models.
        device: "auto", "cpu", "cuda" or "mps".
        report: is told after every epoch which share of all is done.
        settings: as of `new_session`.

    Raises:
        ValueError: as of `new_session`; fewer than two folds, or so many that too little is left to learn from.
        DivergenceError: training met a number that is not finite, and going back did not help.
    """
    configuration = configured(usual_configuration(data), settings)
    done: list[Fold] = []
    for share, fold in cross_validation(
        configuration, None if isinstance(data, str) else data, folds, device
    ):
        if report is not None:
            report(share)
        done += [] if fold is None else [fold]
    return CrossValidation(tuple(done))


def cross_validation(
    configuration: Configuration, dataset: Dataset | None, folds: int, device: str
) -> Iterator[tuple[float, Fold | None]]:
    """Trains and tests the models of `cross_validate`, an epoch at each `next()`.

    Args:
        configuration: of every model.
        dataset: the data; None for those of the configuration's problem.
        folds: number of parts and of models.
        device: as `resolve_device` takes it.

    Yields:
        The share that is done, and the test of a model where that is complete.

    Raises:
        ValueError: each row of the data stands for many, or there are too few of them for the folds.
    """
    whole = training_data(configuration, dataset)
    if whole.are_counts:
        raise ValueError(
            "folds leave out whole rows, and each of this table stands for many: train on the table, which is split "
            "by counts"
        )
    parts = [(*whole.without_fold(number, folds), whole.fold(number, folds)) for number in range(folds)]
    configuration = replace(configuration, training_size=None)
    for number, (data, left_out, places) in enumerate(parts):
        session = Session(configuration, device, sampler_chains=2, dataset=data)
        for _ in session.train():
            yield (number + 0.99 * session.progress) / folds, None
            if session.is_done:
                break
        outcome = session.finish()
        items = torch.as_tensor(left_out).float().to(session.device)
        surprisal = to_host(session.model.target.surprisal(items)).double().numpy()
        surprisal += log_unit(data.columns)
        weights = None if whole.weights is None else whole.weights[places]
        yield (number + 1) / folds, Fold(outcome.final.log_z, surprisal, outcome.epoch, weights)


def finish_in_sight(session: Session, between: Callable[[str, float], object], best: bool = False) -> Outcome:
    """`Session.finish`, which tells how far it is.

    Args:
        session: whose model is measured, and rests.
        between: is called before every sum and after every step of the estimator's replicas, with what is done, in
            words, and its share; what it raises, such as a `StoppedError`, ends the measurement; the model is left as
            training left it.
        best: as of `Session.finish`.
    """
    with session.estimator.telling(between):
        return session.finish(best)


def energy(session: Session, x: npt.ArrayLike, composition: Composition | None = None) -> np.ndarray:
    """H(x) in nats, float32, shape (n,): the model's energy, or all of a composition's.

    log P(x) = log q(x) − H(x) − log Z, with q of `session.model.base_measure`; only differences of H have a meaning.
    H does not depend on the units of x; log q does: `data.columns.log_unit` is what to take off it where a column of
    a table is learned in another unit than the file's.

    Args:
        session: whose model.
        x: configurations in the units of the data (levels, spins, coordinates; the file's, of a table), shape
            (n, *shape).
        composition: fields and temperatures; None for the trained model alone.

    Raises:
        ValueError: x is not in the model's space, or the composition cannot be made.

    Source: equation 19 of arXiv:2502.13287.
    """
    places = _places(session, x)
    return to_host(_hamiltonian(session, composition).energy(places)).numpy()


def gradient(session: Session, x: npt.ArrayLike, composition: Composition | None = None) -> np.ndarray:
    """∂H/∂x in nats per unit of x (per level, of images), float32, shape (n, *shape).

    Args:
        session: whose model it is.
        x: configurations, shape (n, *shape), in the units of the data.
        composition: of which H is taken; None for the model's energy alone.

    Raises:
        ValueError: x has another shape, or configurations outside the space; or the composition makes no sense here.
    """
    places = _places(session, x)
    found = to_host(_hamiltonian(session, composition).energy_and_gradient(places)[1]).numpy()
    for i, column in enumerate(session.dataset.columns):
        if not column.is_plain:
            found[:, i] /= column.scale * (np.asarray(x)[:, i] if column.is_log else 1.0)
    return found


def _hamiltonian(session: Session, composition: Composition | None) -> Hamiltonian:
    return session.model.hamiltonian if composition is None else session.sampler.hamiltonian(composition)


def _places(session: Session, x: npt.ArrayLike) -> Tensor:
    found, shape = np.asarray(x), session.space.shape
    if found.ndim != 1 + len(shape) or found.shape[1:] != tuple(shape):
        raise ValueError(f"x must have shape (n, {', '.join(map(str, shape))}), got {found.shape}")
    places = torch.as_tensor(from_units(session.dataset.columns, found)).float().to(session.device)
    if not is_true(session.space.contains(places).all()):
        raise ValueError(f"x has configurations that are not in the space of {session.space.label}")
    return places


def score(
    session: Session,
    source: str | Path | npt.ArrayLike,
    *,
    false_alarms: float = FALSE_ALARMS,
    options: AlikeOptions | None = None,
    report: Callable[[str, float], object] = lambda what, share: None,
) -> Scores:
    """−log P of items under the session's model, and where they lie among held-out items (see `Scores`).

    log Z is that of the model that is kept; of a model that was not measured yet it is measured, and the model rests.
    Only the test set judges: it has chosen no state of the model.

    Args:
        session: whose model; it is trained no further.
        source: a file or folder, read as the session's data were; or configurations in the units of the data (levels,
            spins, coordinates; the file's, of a table), shape (n, *shape).
        false_alarms: share of fresh items like those held out that may be called out of distribution.
        options: what the data do not tell of a file: how a table is found, whether dark is ink, other sizes.
        report: is told what is done, in words, and its share.

    Raises:
        ValueError: the file cannot be read, or has other columns, sizes or levels; x is not in the model's space; or
            the rate is out of its range.
    """
    data = session.dataset
    if isinstance(source, str | Path):
        items = read_items(Path(source), data, session.space, options)
    else:
        x = to_host(_places(session, source)).numpy().astype(data.items.dtype)
        if not len(x):
            raise ValueError(tr("there are no items to score"))
        items = ItemsRead(x, tuple(f"item {i + 1}" for i in range(len(x))))
    with session.estimator.telling(report):
        log_z = session.measured().log_z
    return score_items(
        session.model, data, log_z, items, false_alarms, lambda share: report(tr("Scoring"), share)
    )


def observables(session: Session) -> ObservablesRecord:
    """Observables of the session's model one by one: what each responds to, its multiplier, its residual.

    Means over the model are those over the chains that train, with their weights, which are of the model alone and
    follow it. Nothing is changed.

    Args:
        session: whose model.

    Raises:
        ValueError: the model has no observables.

    Example:
        >>> session = new_session("two-gaussians", device="cpu", chains=64)
        >>> record = observables(session)
        >>> len(record.multipliers) == len(record.responses)
        True
    """
    return finished(session.looking_into(on_view=False))


BUDGET = 2_000


def diagnose(
    session: Session,
    steps: int = BUDGET,
    *,
    columns: int = COLUMNS,
    kernel: str | None = None,
    seed: int = 0,
    report: Callable[[ConvergenceRecord], object] | None = None,
) -> ConvergenceRecord:
    """Comparison of chains from noise, data and a hot ladder, once they agree or the steps are used up.

    `diagnosis.verdict` says whether they are in equilibrium, and `match.verdict` whether their means are then those
    of the training data. `thermometry` has log Z, entropy and heat capacity, and `cross_entropy` that of the test set
    (`Session.judging_items`), in nats with standard errors, or bounds. The session keeps the verdict
    (`Session.verdict`), and stays as it is otherwise.

    Args:
        session: whose trained model, without any field.
        steps: most steps after the temperatures are tuned, at least 100.
        columns: ladders of replicas from each start.
        kernel: a name in `KERNELS`; None for the run's own.
        seed: of every random number.
        report: is told of every step.

    Raises:
        ValueError: too few steps or columns, or the kernel does not exist or cannot move here.
    """
    if steps < LEAST_STEPS:
        raise ValueError(f"at least {LEAST_STEPS} steps are needed to judge chains, got {steps}")
    last: ConvergenceRecord | None = None
    test = session.convergence_test(columns, seed, kernel)
    for record in test.run(steps):
        last = record
        if report is not None:
            report(record)
    assert last is not None
    session.keep_verdict(test, last)
    return last


def diagnose_chains(
    source: str | Path | Sequence[str | Path] | Mapping[str, npt.ArrayLike],
) -> ChainsDiagnosis:
    """Judgement of chains that any program made, by their draws alone.

    Its `quantities` have means with errors, effective sample sizes, R-hat and autocorrelation times; `finding` and
    `sentence` say what the draws show, `unsaid` what they cannot: chains that agree may all be in one mode.

    Args:
        source: a file of draws (.nc, .npz, .csv), several .csv, a chain each, or arrays by name, of shape
            (chain, draw, …).

    Raises:
        ValueError: a file cannot be read, shapes do not fit, or nothing can be judged.

    Example:
        >>> draws = np.random.default_rng(0).normal(size=(4, 1_000))
        >>> diagnose_chains({"mu": draws}).finding
        'no disagreement found'
        >>> draws[2] = draws[2, 0]
        >>> diagnose_chains({"mu": draws}).sentence
        'frozen: chain 3 never moves while others do; no number of draws makes its mean right.'
    """
    if isinstance(source, Mapping):
        return judge_chains(ChainDraws.of_arrays("the draws", source))
    return judge_chains(read_chains([source] if isinstance(source, str | Path) else source))


def sample(
    session: Session,
    n: int = 100,
    composition: Composition | None = None,
    *,
    steps: int = 100,
    start: str = "chains",
    ladder: bool = True,
    seed: int | None = None,
    given: Mapping[str | int, str | float] | None = None,
) -> Samples:
    """n samples of a composition, where the session's chains are put.

    Before its first epoch a session has λ = 0, and its model is the base measure q: these are then samples of q.

    Args:
        session: whose model.
        n: number of samples.
        composition: what to sample, on which the session stays; None for what it is on.
        steps: kernel steps of every chain; every sample is another chain's last state.
        start: "chains" (resample–move from the model's samples), "data", "base" (samples of q) or "noise".
        ladder: whether every chain has replicas up to the base measure, with which it crosses barriers and forgets
            its ancestor. Without, or without a step, samples are worth no more than the weighted ones.
        seed: of the random numbers; None goes on with those of the session. The same seed gives the same samples of
            a session in the same state, such as one that was just opened.
        given: values of columns that all samples are to have, by name or number from 1, such as {"age": 40}: the
            others are drawn from their law given these.

    Raises:
        ValueError: there is no such place, column or value, no sample is asked for, or the composition cannot be
            made.
        FieldError: a user-defined field failed.
    """
    if seed is not None:
        session.sampler.seed(seed)
    if given:
        fixed = Layer(fixed_columns(session.dataset.columns, session.space, given))
        composition = added(session.composition if composition is None else composition, fixed)
    if composition is not None:
        session.steer(composition)
    records = drawing(session.sampler, n, steps, start, ladder)
    return joined(
        [record.drawn for record in records if record.drawn is not None],
        session.sampler,
        session.dataset.columns,
    )


def train_discriminator(session: Session, passes: int = 25) -> DiscriminatorRecord:
    """Trains a discriminator against the session's chains, which stay where they are; returns its accuracy.

    It becomes the next round, with which the chains can be steered (`fields.DiscriminatorRound`).

    Args:
        session: whose chains, under its composition.
        passes: over the images.

    Raises:
        ValueError: there are too few chains.
    """
    for _ in discriminator_training(
        session.sampler, session.held_out_items, session.configuration.seed, passes
    ):
        pass
    return session.composer.rounds[-1]


def note_beginning(session: Session, before: Journal | None = None) -> None:
    """Notes that a run was begun, and what it took over.

    Args:
        session: untrained, with its classifier and on its composition.
        before: journal of the run that the classifier was taken from, where it was.
    """
    configuration = session.configuration
    own = _is_own(session)
    usual = usual_configuration(session.dataset if own else configuration.problem)
    session.journal = journal = Journal()
    settings = changed_settings(usual, configuration)
    journal.add(Began(*_circumstances(session), configuration.problem, own, settings), 0)
    if session.classifier_seed is not None:
        journal.add(ClassesTrained(session.classifier_seed), 0)
    elif session.classifier is not None and before is not None and before.classifier_origin is not None:
        journal.add(before.classifier_origin, 0)
    if not session.composition.is_model:
        journal.add(Steered(session.composition), 0)


def note_given(session: Session, given: GivenModel) -> None:
    """Notes that a run was begun of a model that is given."""
    code, space, configuration = given.code, session.space, session.configuration
    low, high = space.bounds or (0.0, 0.0)
    session.journal = Journal()
    session.journal.add(
        Gave(
            *_circumstances(session),
            energy=given.origin,
            digest="" if code is None else code.digest,
            low=low,
            high=high,
            shape=",".join(map(str, space.shape)),
            spins=isinstance(space, Spins),
            seed=configuration.seed,
            data=""
            if configuration.problem == given.name
            else OWN
            if _is_own(session)
            else configuration.problem,
        ),
        session.trainer.epoch,
    )


def note_opening(session: Session, path: Path | str, shipped: bool) -> None:
    """Notes that a run was opened: where its file tells of earlier actions, once more.

    Args:
        session: as it was opened.
        path: of the file; the address of one on another machine.
        shipped: whether it comes with the application.
    """
    where, epoch = _circumstances(session), session.trainer.epoch
    clocked = session.configuration.planned_seconds is not None
    if session.journal.entries:
        session.journal.add(Reopened(*where, _place(path), clocked), epoch)
    else:
        file = Path(path).name if shipped else _place(path)
        session.journal.add(Opened(*where, file, shipped, clocked), epoch)


def _place(path: Path | str) -> str:
    return path if isinstance(path, str) else str(path.resolve())


def _circumstances(session: Session) -> tuple[str, int, int]:
    return session.device.type, torch.get_num_threads(), len(session.sampler)


def _is_own(session: Session) -> bool:
    """True for a run that learns other data than the name of its problem stands for."""
    name = session.configuration.problem
    if name not in PROBLEMS or PROBLEMS[name].load is None:
        return True
    return not np.array_equal(load_problem(name).items, session.dataset.items)


class TimedEpochs(NamedTuple):
    """Epochs of a trial.

    Attributes:
        evaluations: of single configurations, of an epoch.
        seconds: of an epoch, the median.
    """

    evaluations: float
    seconds: float


def timed_epochs(
    plans: Sequence[Configuration],
    dataset: Dataset | None,
    device: str = "auto",
    threads: Sequence[int] = (),
    most: int = TIMED_EPOCHS,
    between: Callable[[], object] = lambda: None,
) -> list[list[TimedEpochs]]:
    """Epochs of trials here, after one of each that does not count: a list for each number of threads.

    Trials train in turns, epoch by epoch, so that whatever else the machine does slows all of them alike.

    Args:
        plans: of the trials.
        dataset: their data; None for those of the configuration's problem.
        device: as `resolve_device` takes it.
        threads: numbers of compute threads; none for those that there are.
        most: epochs of each; fewer where they have taken `TIMED_SECONDS`.
        between: called before each epoch; what it raises ends the timing.

    Raises:
        ValueError: as `Session` does.
        DivergenceError: training does not even begin.
    """
    trials = [Session(replace(plan, planned_seconds=None), device, 2, dataset) for plan in plans]
    training, before = [trial.train() for trial in trials], torch.get_num_threads()
    numbers = threads or (before,)
    times: list[list[list[float]]] = [[[] for _ in trials] for _ in numbers]
    for epochs in training:
        between()
        next(epochs)
    until = time.perf_counter() + TIMED_SECONDS * len(numbers) * len(trials)
    try:
        while len(times[0][0]) < most and time.perf_counter() < until:
            for number, row in zip(numbers, times, strict=True):
                set_threads(number)
                for epochs, taken in zip(training, row, strict=True):
                    between()
                    begun = time.perf_counter()
                    next(epochs)
                    taken.append(time.perf_counter() - begun)
    finally:
        set_threads(before)
    evaluations = [trial.trainer.evaluations / trial.trainer.epoch for trial in trials]
    return [
        [TimedEpochs(n, statistics.median(taken)) for n, taken in zip(evaluations, row, strict=True)]
        for row in times
    ]


def seconds_per_epoch(
    configuration: Configuration,
    dataset: Dataset | None,
    device: str = "auto",
    between: Callable[[], object] = lambda: None,
) -> float:
    """Seconds of an epoch here, the median of a few (`timed_epochs`)."""
    return timed_epochs([configuration], dataset, device, between=between)[0][0].seconds


def planned(
    configuration: Configuration, dataset: Dataset | None, ranks: int, device: str = "auto"
) -> RunPlan:
    """The plan of a training on so many ranks, by trials of some epochs, which are forgotten.

    An epoch takes f + e n seconds for n evaluations: two trials, one with a part of the chains, tell f and e. N ranks
    take f + e n/N, and the time of what they exchange; those of one machine have fewer threads each. A run that does
    not fit in memory is not tried.

    Args:
        configuration: of the run.
        dataset: its data; None for those of the configuration's problem.
        ranks: N, at least 1.
        device: as `resolve_device` takes it.

    Raises:
        ValueError: as `Session` does, for so many ranks as for one.
        DivergenceError: training does not even begin.
    """
    check_ranks(configuration, ranks)
    check_columns(LADDERS, ranks)
    where = resolve_device(device).device
    data = training_data(configuration, dataset)
    space, size = build_space(data, configuration.given_energy), DataSize.of(data)
    model, on_host = model_size(configuration, space), not is_accelerator(where)
    memory, alone = (rank_memory(configuration, space, size, model, n, on_host) for n in (ranks, 1))
    free, works = free_memory(where), dict[str, EpochWork]()
    if free is None or TRIALS_ROOM * alone.total <= free:
        part = replace(configuration, chains=max(2, configuration.chains // FEWER))
        threads = [torch.get_num_threads()]
        if ranks > 1 and on_host:
            threads.append(max(1, min(threads[0], available_cores() // ranks)))
        timed = timed_epochs([configuration, part], data, device, threads, PLANNED_EPOCHS)
        each = [EpochWork.of(*times).with_more(balancing_evaluations(configuration)) for times in timed]
        works = {ALONE: each[0]}
        if ranks > 1:
            works |= {"loopback" if on_host else "nvlink": each[-1], "ethernet": each[0]}
    return RunPlan(
        configuration,
        str(where),
        ranks,
        memory,
        alone,
        free,
        resident_memory(),
        traffic_of(configuration, space, size, model, ranks),
        works,
    )

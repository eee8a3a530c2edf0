"""`landscape train`: trains a model without a window and saves it."""

from __future__ import annotations

import json
import math
import statistics
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from landscape_app.cli import given, options
from landscape_app.cli.common import (
    AUTO,
    DeviceOption,
    TrustOption,
    asking_for_trust,
    open_given,
    tell_device,
    use_all_cores,
)
from landscape_app.cli.errors import (
    CommandError,
    WrongUsageError,
    check_another,
    check_hdf5,
    checking_input,
    is_hdf5,
    working,
)
from landscape_app.cli.import_data import tell_dates
from landscape_app.cli.info import print_sections
from landscape_app.cli.options import Choices, tell_cost, tell_plan
from landscape_app.cli.plan import print_plan
from landscape_app.cli.progress import (
    epoch_figures,
    error_console,
    progress,
    stages,
    stopping_on_request,
    waiting,
)
from landscape_app.cli.ranks import (
    SharedStop,
    has_begun,
    launched,
    refuse_ranks,
    shares_of_first,
    together,
)
from landscape_app.cli.saving import ToldAutosave, autosaving, save_somewhere
from landscape_app.counting import counted
from landscape_app.session.description import final_figures
from landscape_app.session.vocabulary import choices, latest_nats, reason, words_of

if TYPE_CHECKING:
    from landscape_app.data import Dataset
    from landscape_app.physics.ranks import Ranks
    from landscape_app.problems import Configuration
    from landscape_app.session.records import Outcome
    from landscape_app.session.session import Session

MOST_ROUNDS = 16
"""Number of times that few chains are asked for samples: a hundred give no large sample in reasonable time."""


def train(
    problem: Annotated[
        str | None,
        typer.Argument(
            metavar="DATA",
            help="What to learn: digits, binary-digits, two-gaussians, rings, ising, letters, points (your own, from "
            "--points), or "
            "a file of your own data that landscape import has made.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="RUN.h5",
            help="Where to save, from the start on; replaces a file there.",
            show_default=False,
        ),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN.h5",
            show_default=False,
            help="Go on with a run, however it ended, with the settings it began with; saves to the same file "
            "unless -o says where.",
        ),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            metavar="S",
            show_default=False,
            help="Seconds of training, up to half of them for fresh chains at the end; 120 for digits if not said, "
            "and the data set's planned epochs for others.",
        ),
    ] = None,
    points: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="Your own points, one a row: .csv, .tsv, .txt or .npy. What cannot be read, and a column that only "
            "numbers the rows, are left out (landscape import lets you choose columns); a fifth is held out.",
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(metavar="N", show_default=False, help="Epochs of training, instead of seconds."),
    ] = None,
    chains: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            show_default=False,
            help="Markov chains that train; if not said the data set's own number, and on a GPU as many more as it "
            "moves in the same time.",
        ),
    ] = None,
    replicas: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            show_default=False,
            help="Train on a ladder of so many temperatures, not on weighted chains.",
        ),
    ] = None,
    energy: given.Energy = None,
    couplings: given.Couplings = None,
    box: given.Walls = None,
    shape: given.Shape = None,
    spins: given.OfSpins = False,
    trust: TrustOption = False,
    model: options.Model = None,
    fit: options.Fit = None,
    units: options.Units = None,
    observables: options.Observables = None,
    network: options.Network = None,
    base: options.Base = None,
    channels: options.Channels = None,
    kernel: options.Kernel = None,
    batch: options.Batch = None,
    moves: options.Moves = None,
    members: options.Members = None,
    balance: options.Balance = None,
    rate: options.Rate = None,
    multiplier_rate: options.MultiplierRate = None,
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            show_default=False,
            help="Seed of every random number, 0 if not said; the same seed trains the same model.",
        ),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(
            metavar="K",
            show_default=False,
            help="For few data: train K models, each without another part of them, and test each on its part. Prints "
            "the mean test nats with their error; saves no run.",
        ),
    ] = None,
    plan: Annotated[
        bool,
        typer.Option(
            "--plan",
            help="Train nothing: print memory, what ranks exchange in an epoch, and the speed to expect, by some "
            "seconds of trials.",
        ),
    ] = False,
    ranks: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            show_default=False,
            help="With --plan: processes that share the training; 1 if not said.",
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="With --folds or --plan: print the figures as one JSON object."),
    ] = False,
    device: DeviceOption = AUTO,
) -> None:
    """Train a model and save it. Ctrl-C stops early and saves what there is.

    While it trains you see the cross-entropy of the validation set, what the
    way of fitting is watched by (of Min-MaxEnt the entropy gradient ‖∂S/∂θ‖ and
    how far the constraints are violated, χ²), and the acceptance of the chains.
    Where the validation set gets worse for good it stops by itself, and keeps
    the best state; the test set, the other half of what is held out, judges
    that. In the end the constraints are solved on fresh chains, which took no
    part in training, and what these say of constraints and classes is printed.

    The file is saved from the start on, every few seconds: landscape watch RUN.h5
    follows it, and where the process or the machine dies, --resume goes on from
    the last checkpoint.

    \b
    Examples:
      landscape train digits -o run.h5
      landscape train digits --seconds 600 --seed 1 -o long.h5
      landscape train digits --epochs 200 --chains 64 --device cpu -o small.h5
      landscape train two-gaussians -o line.h5
      landscape train ising --model pairs --fit pseudo-likelihood -o couplings.h5
      landscape train digits --model rbm --units 64 -o machine.h5
      landscape train points --points mine.csv -o mine.h5
      landscape train photos.h5 -o run.h5
      landscape train photos.h5 --observables 32 --batch 500 --rate 0.002 -o b.h5
      landscape train small.h5 --folds 5
      landscape train photos.h5 --plan --ranks 8
      landscape train --resume run.h5
      torchrun --standalone --nproc-per-node 2 \\
        -m landscape_app train digits -o run.h5
      landscape train --energy "x**4 - x**2 + y**2" -o wells.h5
    """
    from landscape_app.runs import check_writable

    choices = Choices(
        model=model,
        fit=fit,
        units=units,
        chains=chains,
        replicas=replicas,
        observables=observables,
        network=network,
        base=base,
        channels=channels,
        kernel=kernel,
        batch=batch,
        moves=moves,
        members=members,
        balance=balance,
        rate=rate,
        multiplier_rate=multiplier_rate,
    )
    own = given.GivenOptions(energy, couplings, box, shape, spins, trust)
    own.check()
    if own.is_made and folds is not None:
        raise WrongUsageError("an energy that is given is not trained: leave out --folds")
    _check_length(seconds, epochs)
    if as_json and folds is None and not plan:
        raise WrongUsageError(
            "--json goes with --folds and --plan; of a run, landscape info RUN.h5 --json prints the figures"
        )
    if ranks is not None and not plan:
        raise WrongUsageError("--ranks goes with --plan; to train on several, start them with torchrun")
    if folds is not None:
        refuse_ranks("landscape train --folds")
        if problem is None or output is not None or resume is not None or plan:
            raise WrongUsageError(
                "--folds trains new models and saves none: say DATA, and leave out -o, --resume and --plan"
            )
        configuration, dataset = _plan(problem, points, choices, seed or 0, seconds, epochs, device)
        _cross_validate(configuration, dataset, folds, device, as_json)
        return
    if plan:
        refuse_ranks("landscape train --plan")
        if problem is None or resume is not None or own.is_made:
            raise WrongUsageError(
                "--plan is of a new training: say DATA, and leave out --resume and energies"
            )
        configuration, dataset = _plan(problem, points, choices, seed or 0, seconds, epochs, device)
        print_plan(configuration, dataset, 1 if ranks is None else ranks, device, as_json)
        return
    output = _output(problem, output, resume, own.is_made)
    launch = launched()
    if launch is None or not launch.rank:
        with checking_input():
            check_writable(output)
    if own.is_made:
        refuse_ranks("a model that is given, which is not trained,")
        _make_given(own, problem, points, choices, seed or 0, device, output, (seconds, epochs, resume))
        return
    if resume is not None:
        if points is not None:
            raise WrongUsageError("--points goes with a new run; a run that is resumed carries its data")
        _refuse_choices(choices)
    with together(launch, device, output) as (group, device):
        if has_begun(launch, group, output):
            resume, epochs = output, None
            session = _resumed(output, {}, device, None, None, trust, group, done=True)
        elif resume is None:
            assert problem is not None
            session = _session(problem, points, choices, seed or 0, device, seconds, epochs, group)
            tell_plan(session.configuration, session.dataset, session.device, error_console())
        else:
            wanted = {"problem": problem, "chains": chains, "replicas": replicas, "seed": seed}
            session = _resumed(resume, wanted, device, seconds, epochs, trust, group)
        # Nobody writes before all have read.
        session.ranks.meet()
        if launch is not None:
            session.lineage = replace(session.lineage, job=launch.job or None)
        _train_and_save(session, output, resume, epochs)


def _train_and_save(session: Session, output: Path, resume: Path | None, epochs: int | None) -> None:
    """Trains a session, saves it from the start on, and says what came of it."""
    from landscape_app.runs import read_run

    tell_device(session, trains=True)
    console = error_console()
    _note(session, resume, epochs)
    # The first checkpoint comes before everything that takes time.
    with autosaving(session, output, console) as autosave:
        output, stopped, failed = _train(session, autosave, output, console)
    if stopped:
        console.print(f"Stopped in epoch {session.trainer.epoch:,}; what there is has been saved.")
    if session.ranks.is_first:
        print_sections({f"Saved {output}": final_figures(read_run(output))})
    if failed is not None:
        raise CommandError(f"{failed}. It is saved in {output}.")


def check(parameters: Mapping[str, Any]) -> None:
    """Refuses options that a new run cannot have, without training.

    Args:
        parameters: of `train`, by their names.

    Raises:
        WrongUsageError: says what is allowed.
    """
    problem, points, seconds, epochs = (
        parameters[name] for name in ("problem", "points", "seconds", "epochs")
    )
    own = given.GivenOptions(
        *(parameters[name] for name in ("energy", "couplings", "box", "shape", "spins", "trust"))
    )
    own.check()
    _check_length(seconds, epochs)
    if own.is_made:
        own.read()
        return
    if problem is None:
        raise WrongUsageError("say what to learn, such as digits")
    choices = Choices(**{name: parameters[name] for name in vars(Choices())})
    # On the host, which is not timed for its number of chains.
    _plan(problem, points, choices, parameters["seed"] or 0, seconds, epochs, "cpu")


def _train(
    session: Session, autosave: ToldAutosave, output: Path, console: Console
) -> tuple[Path, bool, str | None]:
    """Trains and saves; returns where, whether the user has stopped it, and why it has failed, if so."""
    from landscape_app.session.memory import TRAINING, memory_for

    failed = None
    with stopping_on_request() as request:
        stop = SharedStop(request, session.ranks)
        try:
            with memory_for(TRAINING):
                classifier_training = _classifier_training(session, console)
                _run(session, classifier_training, stop, console, autosave)
                autosave.save_now()
                _finish_classifier(shares_of_first(session.ranks, classifier_training), stop, console)
                _finish(session, stop, console)
                _collect(session, stop, console)
        except _training_errors(session.ranks.is_alone) as error:
            failed = str(error).rstrip(".")
        stopped = bool(stop.times)
        stop.save()
        with working():
            output = save_somewhere(session, autosave, output, console)
    return output, stopped, failed


def _make_given(
    own: given.GivenOptions,
    problem: str | None,
    points: Path | None,
    choices: Choices,
    seed: int,
    device: str,
    output: Path,
    training: tuple[float | int | Path | None, ...],
) -> None:
    """Saves the run of a model that is given, and prints what was measured; there is nothing to train."""
    from landscape_app.problems import load_problem
    from landscape_app.runs import read_run
    from landscape_app.session.checkpoint import save_session

    if choices.made or any(option is not None for option in training):
        raise WrongUsageError(
            "an energy that is given is not trained: leave out --resume, and what is about training"
        )
    use_all_cores()
    data = None
    if problem is not None:
        data = _data(problem, points)[0]
        with checking_input():
            data = load_problem(problem) if data is None else data
    session = open_given(own, device, 100, seed, data)
    tell_device(session)
    with working():
        save_session(session, output)
    print_sections({f"Saved {output}": final_figures(read_run(output))})


def _output(problem: str | None, output: Path | None, resume: Path | None, is_given: bool = False) -> Path:
    """Path to save to."""
    if problem is None and resume is None and not is_given:
        raise WrongUsageError("say what to learn, such as digits, or which run to resume: --resume RUN.h5")
    output = resume if output is None else output
    if output is None:
        raise WrongUsageError("missing option '-o': say where to save, such as -o run.h5")
    check_hdf5(output, "a run is")
    if problem is not None and is_hdf5(Path(problem)):
        check_another(output, Path(problem), "the data")
    return output


def _refuse_choices(choices: Choices) -> None:
    """Fails where a run that is resumed is to be another one; chains and replicas may be said again."""
    changed = [f"--{name.replace('_', '-')}" for name in choices.made if name not in ("chains", "replicas")]
    if changed:
        raise WrongUsageError(
            f"a run goes on with the settings it began with; leave out {', '.join(changed)}"
        )


def _check_length(seconds: float | None, epochs: int | None) -> None:
    if seconds is not None and epochs is not None:
        raise WrongUsageError("give --seconds or --epochs, not both")
    if seconds is not None and not (math.isfinite(seconds) and seconds > 0):
        raise WrongUsageError(f"--seconds must be a positive number, got {seconds}")
    if epochs is not None and epochs < 1:
        raise WrongUsageError(f"--epochs must be a whole number of at least 1, got {epochs}")


def _session(
    problem: str,
    points: Path | None,
    choices: Choices,
    seed: int,
    device: str,
    seconds: float | None,
    epochs: int | None,
    ranks: Ranks,
) -> Session:
    configuration, dataset = _plan(problem, points, choices, seed, seconds, epochs, device, ranks)
    from landscape_app.session.session import Session

    with checking_input():
        return Session(configuration, device, dataset=dataset, ranks=ranks)


def _plan(
    problem: str,
    points: Path | None,
    choices: Choices,
    seed: int,
    seconds: float | None,
    epochs: int | None,
    device: str,
    ranks: Ranks | None = None,
) -> tuple[Configuration, Dataset]:
    """Configuration and data of a new run, on an accelerator with as many chains as it moves in the same time."""
    use_all_cores()
    from landscape_app.physics.ranks import ALONE
    from landscape_app.problems import load_problem
    from landscape_app.session.ensemble_size import sized

    dataset, defaults, usual_seconds = _data(problem, points)
    if seconds is None and epochs is None:
        seconds = usual_seconds
    with checking_input():
        dataset = load_problem(problem) if dataset is None else dataset
        if seconds is not None or epochs is not None:
            planned = defaults.planned_epochs if epochs is None else epochs
            defaults = replace(defaults, planned_epochs=planned, planned_seconds=seconds)
        configuration = replace(choices.applied(defaults, dataset), seed=seed)
        if choices.chains is None:
            configuration, found = sized(configuration, dataset, device, ranks or ALONE)
            if found is not None:
                error_console().print(found.sentence, highlight=False, soft_wrap=True)
    return configuration, dataset


def _cross_validate(
    configuration: Configuration, dataset: Dataset, count: int, device: str, as_json: bool
) -> None:
    """Trains and tests the models of the folds, and prints what was found."""
    from landscape_app.session.api import cross_validation
    from landscape_app.session.device import resolve_device
    from landscape_app.session.records import CrossValidation, Fold

    with checking_input():
        resolve_device(device)
        models = cross_validation(configuration, dataset, count, device)
        next(models)
    done: list[Fold] = []
    with stopping_on_request() as stop, progress(error_console(), f"Training {count} models", 1.0) as report:
        try:
            for share, fold in models:
                done += [] if fold is None else [fold]
                report(share, f"{len(done)} of {count} tested")
                if stop.times:
                    break
        except _training_errors() as error:
            raise CommandError(str(error).rstrip(".")) from error
    if len(done) < count:
        raise CommandError(f"stopped with {len(done)} of {count} models tested")
    found = CrossValidation(tuple(done))
    if as_json:
        print(json.dumps(found.as_json(), indent=2))
        return
    an_item = words_of(dataset.kind, dataset.items.shape[1:]).an_item
    rows = [
        (f"fold {number}, {len(fold.surprisal):,} items", f"{nats:.2f} nats {an_item}{reason(nats)}")
        for number, (fold, nats) in enumerate(zip(found.folds, found.nats, strict=True), 1)
    ]
    mean = (f"mean of {count} models", f"{found.mean:.2f} nats {an_item}{reason(found.mean)}")
    note = ("", "its error is that of these data: models that learned from others may differ by more")
    print_sections({"Test cross-entropy": [*rows, mean, note]})


def _data(problem: str, points: Path | None) -> tuple[Dataset | None, Configuration, float | None]:
    """The data set where it is a person's own, the configuration to start from, and for how long by default."""
    from landscape_app.data import Kind
    from landscape_app.data.importing import open_rows
    from landscape_app.data.importing.table_data import TableOptions, import_points
    from landscape_app.problems import PROBLEMS
    from landscape_app.session.dataset_io import open_data

    own_file = is_hdf5(Path(problem))
    if points is not None and problem != "points":
        raise WrongUsageError(f"--points goes with the data set points, not with {problem}")
    if own_file:
        with checking_input(), waiting(f"Opening {problem}"):
            return *open_data(Path(problem)), None
    if problem not in PROBLEMS and Path(problem).exists():
        data = Path(problem).with_suffix(".h5")
        raise WrongUsageError(
            f"{problem} is no data file yet; make one first: landscape import {problem} -o {data}"
        )
    if problem not in PROBLEMS:
        raise WrongUsageError(
            f"no data set is called {problem!r}; {choices(problem, PROBLEMS)}, "
            "or give a file that landscape import has made"
        )
    if PROBLEMS[problem].load is None and points is None:
        raise WrongUsageError(f"{problem} are your own; say where they lie: --points FILE")
    if points is None:
        return None, PROBLEMS[problem].defaults, PROBLEMS[problem].seconds
    with checking_input(), waiting(f"Reading {points}"):
        table = open_rows(points)
        done = import_points(table)
    if done.omissions:
        error_console().print(f"{points}: {done.omissions}", soft_wrap=True, markup=False)
    made = points.with_suffix(".h5")
    tell_dates(table, TableOptions.proposed(table, Kind.POINTS), f"landscape import {points} -o {made} ")
    return done.dataset, PROBLEMS[problem].defaults, PROBLEMS[problem].seconds


def _resumed(
    resume: Path,
    wanted: Mapping[str, object],
    device: str,
    seconds: float | None,
    epochs: int | None,
    trust: bool,
    ranks: Ranks,
    done: bool = False,
) -> Session:
    use_all_cores()
    from landscape_app.runs.tail import is_being_written
    from landscape_app.session.checkpoint import resume_session

    asked = {name: value for name, value in wanted.items() if value is not None}
    with checking_input(), waiting(f"Opening {resume.name}"), asking_for_trust(resume):
        if is_being_written(resume):
            raise WrongUsageError(
                f"{resume} is being written by another process; follow it with: landscape watch {resume}"
            )
        return resume_session(resume, asked, device, epochs, seconds, trust, ranks, done)


def _note(session: Session, resume: Path | None, epochs: int | None) -> None:
    """Notes in the run's journal how it began, or goes on."""
    from landscape_app.session.api import note_beginning, note_opening
    from landscape_app.session.journal import Planned

    if resume is None:
        note_beginning(session)
        return
    note_opening(session, resume, shipped=False)
    if epochs is not None:
        session.journal.add(Planned(epochs), session.trainer.epoch)


def _run(
    session: Session,
    classifier_training: Iterator[float],
    stop: SharedStop,
    console: Console,
    autosave: ToldAutosave,
) -> None:
    """Trains until the time or the epochs are over, or somebody asks to stop.

    After every epoch the classifier learns for as long as that has taken, until it is done.
    """
    from landscape_app.learning.classifier import learn_for

    trainer = session.trainer
    if session.progress >= 1.0:
        # Interrupted after its last epoch.
        return
    before, costs, learning = trainer.seconds, _Costs(session, console), 0.0
    with progress(console, "Training", 1.0) as report:
        for record in session.train():
            order = autosave.order()
            # Of several ranks in one message; the first alone saves and is given orders.
            due, stops, epochs, requests = session.ranks.total(
                autosave.is_due, order.stop, order.epochs or 0, stop.own_times
            )
            autosave.after_epoch(bool(due))
            _obey(bool(stops), int(epochs), session, stop, console)
            lasted, before = trainer.seconds - before, trainer.seconds
            start = time.perf_counter()
            learned = learn_for(classifier_training, lasted)
            learning += time.perf_counter() - start
            costs.after_epoch(lasted, 0.0 if learned is None else learning / learned if learned else learning)
            figures = epoch_figures(record, latest_nats(session.measurements), record.epoch / trainer.seconds)
            report(session.progress, figures if learned is None else f"{figures} · classifier {learned:.0%}")
            if requests or stops or session.is_done:
                return


def _obey(stops: bool, epochs: int, session: Session, stop: SharedStop, console: Console) -> None:
    """Does what somebody who follows the run asks of its training: to stop, or how many epochs in all; 0 for none."""
    from landscape_app.session.journal import Planned

    if epochs:
        session.plan_epochs(epochs)
        session.journal.add(Planned(epochs), session.trainer.epoch)
        console.print(f"{counted(epochs, 'epoch')} in all are planned now, as was asked from elsewhere.")
    if stops:
        stop.ask()
        console.print("Stopping, as was asked from elsewhere.")


class _Costs:
    """Tells once how long a training takes, by its first epochs."""

    def __init__(self, session: Session, console: Console) -> None:
        self._session = session
        self._console = console
        self._times: list[float] = []
        self._told = False

    def after_epoch(self, seconds: float, classifier_training: float) -> None:
        """Takes how long an epoch took, and how long the classifier takes in all."""
        from landscape_app.session.api import TIMED_EPOCHS, TIMED_SECONDS

        # Epochs of a learned base measure take another time than those of the energy.
        if self._told or self._session.configuration.is_base_learned:
            return
        self._times.append(seconds)
        # The first epoch makes what the others find made.
        counted = self._times[1:]
        if len(counted) >= TIMED_EPOCHS or sum(counted) >= TIMED_SECONDS:
            self._told = True
            session, an_epoch = self._session, statistics.median(counted)
            of_epoch = session.trainer.evaluations / session.trainer.epoch
            configuration = session.configuration
            planned = configuration.planned_epochs
            if configuration.training_seconds is not None:
                planned = math.ceil(configuration.training_seconds / an_epoch)
            closing = an_epoch * _closing_evaluations(session, int(planned * of_epoch)) / of_epoch
            tell_cost(session.configuration, an_epoch, classifier_training, closing, self._console)


def _closing_evaluations(session: Session, training: int) -> float:
    """Evaluations of the observables, of single configurations, to measure the model and collect samples.

    Args:
        session: that trains.
        training: evaluations of all its training.
    """
    from landscape_app.session.model_samples import SAMPLE_COUNT, SPACING

    estimator, ensemble = session.estimator, session.trainer.ensemble
    measuring = (
        0 if estimator.sums else estimator.steps * estimator.ladder.replicas * estimator.ladder.all_columns
    )
    takes = min(MOST_ROUNDS, math.ceil(SAMPLE_COUNT / len(ensemble)))
    return measuring + session.fresh_chains(training).evaluations + takes * SPACING * ensemble.size


def _classifier_training(session: Session, console: Console) -> Iterator[float]:
    """Trains a classifier where there are classes and none is there yet; yields the share that is done.

    Of several ranks the first has one.
    """
    from landscape_app.session.journal import ClassesTrained

    if not session.classes or session.classifier is not None or not session.ranks.is_first:
        return
    yield from session.classifier_training()
    assert session.classifier_seed is not None
    session.journal.add(ClassesTrained(session.classifier_seed), session.trainer.epoch)
    console.print(f"Classifier: {session.classifier_accuracy:.1%} of unseen images right")


def _finish_classifier(classifier_training: Iterator[float], stop: SharedStop, console: Console) -> None:
    """Trains what is left to train of the classifier; a second request to stop leaves it out."""
    if stop.times > 1 or next(classifier_training, None) is None:
        return
    with progress(console, "Training the classifier", 1.0) as report:
        for share in classifier_training:
            report(share, "")
            if stop.times > 1:
                return


def _finish(session: Session, stop: SharedStop, console: Console) -> None:
    """Measures the model, and says what came of the training; a second request to stop leaves it out."""
    from landscape_app.session.journal import Finished
    from landscape_app.session.share_out import StoppedError

    if stop.times > 1:
        return
    planned = session.is_done
    try:
        outcome = _measured(session, stop, console)
    except StoppedError:
        console.print("Stopped before the model was measured.")
        return
    session.journal.add(Finished(planned), session.trainer.epoch)
    if outcome.stopped_early:
        console.print("Stopped early: the validation cross-entropy had risen, more training would memorise.")
    if not outcome.epoch:
        console.print("Kept the base measure alone, which no energy improved.")
    elif outcome.epoch != session.trainer.epoch:
        console.print(f"Kept the best state, of epoch {outcome.epoch:,}.")
    if session.trainer.recoveries:
        times = "once" if session.trainer.recoveries == 1 else f"{session.trainer.recoveries} times"
        console.print(f"Training diverged {times}; it went back and on with smaller steps.")
    for sentence in outcome.sentences:
        console.print(sentence, soft_wrap=True)


def _measured(session: Session, stop: SharedStop, console: Console) -> Outcome:
    """End of a training.

    Raises:
        StoppedError: the user has asked to stop for a second time.
    """
    from landscape_app.session.api import finish_in_sight
    from landscape_app.session.share_out import StoppedError

    with stages(console) as tell:

        def between(what: str, share: float) -> None:
            if stop.times > 1:
                raise StoppedError
            tell(what, share)

        return finish_in_sight(session, between)


def _collect(session: Session, stop: SharedStop, console: Console) -> None:
    """Collects weighted samples; a second request to stop keeps what training left there."""
    from landscape_app.session.model_samples import SAMPLE_COUNT

    wanted = min(SAMPLE_COUNT, MOST_ROUNDS * len(session.trainer.ensemble.draw()))
    with progress(console, "Collecting samples", wanted) as report:
        for size in session.collect_samples(wanted):
            report(size, "")
            if stop.times > 1:
                return


def _training_errors(is_alone: bool = True) -> tuple[type[Exception], ...]:
    """Errors that end a training, but leave what it has come to: of several ranks, those that all meet at once."""
    from landscape_app.learning.trainer import DivergenceError
    from landscape_app.session.memory import NotEnoughMemoryError

    return (DivergenceError, NotEnoughMemoryError) if is_alone else (DivergenceError,)

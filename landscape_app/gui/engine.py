"""The engine of the main window: one session, opened, trained, sampled, steered, searched and saved in a thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from landscape_app.counting import capitalised, counted, describe_minutes
from landscape_app.data import SHIPPED_MODEL, Dataset, asset_path
from landscape_app.gui.messages import DIVERGED, Message, describe_outcome, failure_message
from landscape_app.gui.run_files import RunFiles, put_on_model
from landscape_app.gui.sample_export import (
    AS_USUAL,
    Past,
    SampleOrder,
    Side,
    export_in_background,
    file_of,
    film_in_background,
)
from landscape_app.gui.session_view import SessionView, facts_of, first_state, kernel_on_view
from landscape_app.gui.state import (
    DEFAULT_SPEED,
    Activity,
    Compared,
    Compute,
    EngineState,
    Facts,
    Falling,
    Fault,
    Origin,
    Untrusted,
)
from landscape_app.gui.worker import FRAME_SECONDS, Countdown, Scheduler, Worker, command, compute_threads
from landscape_app.language import tr
from landscape_app.learning import FITS
from landscape_app.learning.classifier import learn_for
from landscape_app.learning.trainer import EpochRecord
from landscape_app.models.energy import EnergyError, Function, UntrustedError
from landscape_app.models.memories import Damage, tally
from landscape_app.physics.estimate import shown
from landscape_app.physics.fields import CustomField, FieldError
from landscape_app.physics.space import Discrete, Spins
from landscape_app.physics.threads import set_threads
from landscape_app.physics.zero_temperature import MOST_SWEEPS, Fall
from landscape_app.problems import Configuration
from landscape_app.runs import History, Order, RunFileError, RunState, Update, WriterStatus
from landscape_app.runs.atomic import reason_of
from landscape_app.runs.autosave import KEPT, KEPT_OLDER
from landscape_app.session import journal
from landscape_app.session.api import (
    branch,
    finish_in_sight,
    given_session,
    note_beginning,
    note_given,
    note_opening,
)
from landscape_app.session.bounds import BoundsRecord
from landscape_app.session.chain_recorder import ChainRecorder
from landscape_app.session.checkpoint import open_session, run_state, save_session, session_of
from landscape_app.session.composition import Composition, switched_off
from landscape_app.session.convergence import (
    LEAST_STEPS,
    STARTS,
    TEST_STEPS,
    ConvergenceRecord,
    ConvergenceTest,
)
from landscape_app.session.custom_field import FieldSource, source_of_text
from landscape_app.session.device import available_devices, resolve_device, return_freed_memory
from landscape_app.session.discriminator import discriminator_training
from landscape_app.session.ensemble_size import has_proposed_chains, sized
from landscape_app.session.finish_share import finish_seconds, finish_share
from landscape_app.session.given import GivenModel, trusted_functions
from landscape_app.session.ladder_watch import LadderWatch
from landscape_app.session.landscape.barrier import BarrierRecord, BarrierSearch
from landscape_app.session.landscape.dissection import dissect
from landscape_app.session.landscape.map import ImageLandscape, ImageMap
from landscape_app.session.landscape.minima import MinimaRecord, MinimaSearch
from landscape_app.session.layer_statistics import LayerMeter
from landscape_app.session.measurement import Measurement
from landscape_app.session.memory import NotEnoughMemoryError, is_out_of_memory
from landscape_app.session.observables import ObservablesRecord
from landscape_app.session.records import Snapshot, SteeringRecord, SweepRecord
from landscape_app.session.sample_file import check_form
from landscape_app.session.sampler import JUMP_MOVES, Comparison
from landscape_app.session.session import Session
from landscape_app.session.share_out import StoppedError

if TYPE_CHECKING:
    from landscape_app.runs.remote import RemoteRun, RemoteTail

DEFAULT_CHAINS = 100

TRAINING_FRAME_SECONDS = 1 / 30
"""Half as often as the screen draws: every picture holds the interpreter while training waits for it."""

ENERGY_SECONDS = 1.0
AFTERWARDS_SECONDS = 5.0
"""Between two estimates of the time that the end of a training takes."""
KERNEL_SECONDS = 0.25
PREVIEW_SECONDS = 0.5
STATISTICS_SECONDS = 0.25
DRAWS_SECONDS = 0.5
SEARCH_SECONDS = 0.05
"""Between two records of a search that are shown."""

PREVIEW_MOVES = 4
"""Kernel moves after a resampling for a preview while the model trains."""

TURNED_SHARE = 1 / 32
"""Of the spins that have their turn in a step of the chains at T = 0, so that their fall can be watched."""

MOST_MAPPED = 4_096
"""Spins of a lattice that has a map, barriers and minima: some hundred of its states are held in one table."""

FILM_MOVES = 10
"""Steps of the chains at each epoch of a film that is exported."""

PAST_CHAINS = 16
"""Training chains of the session that shows earlier epochs."""

HURRIED_MOVES = 1
"""Kernel moves after a resampling while a slider is dragged: another one is about to come."""

BESIDE_SECONDS = 0.05
"""Least time of what is done between two steps of the chains, which move as often as the eye can see."""

MOST_FAULTS = 64
"""Most faults that a state carries."""

NOTHING_TO_TRAIN = tr(
    "there is nothing to train: the energy is given. Choose another model to train it on its samples"
)

STOPPED = tr("The engine has stopped")
RESTART = tr("Close the window and start Landscape again: it offers the run as it was last recorded")


class UnavailableError(Exception):
    """A command needs a session, or one that does not train, and there is none: nothing is done."""


class NetworkTraining(NamedTuple):
    """A network that is trained between two steps of the chains.

    Attributes:
        steps: shares that are done.
        what: what is done, in words, such as "training the classifier".
        finish: takes it into use; returns what to tell.
    """

    steps: Iterator[float]
    what: str
    finish: Callable[[], str]


class Engine(Worker[EngineState]):
    """Opens, trains, samples, steers, searches and saves one session at a time.

    A command that needs a session does nothing while there is none; one that changes chains or looks for something
    on the landscape does nothing while the model trains.

    Args:
        threads: compute threads of the CPU; None leaves one core to the window.
        device: where to compute, as `resolve_device` takes it; the CPU where that does not work.

    Attributes:
        compute: where it is to compute when it starts.
    """

    def __init__(self, threads: int | None = None, device: str = "auto") -> None:
        super().__init__("engine", EngineState())
        self.compute = Compute(device, compute_threads() if threads is None else threads)
        self._device, self._device_note, self._size_note = "auto", "", ""
        self._scheduler, self._countdown = Scheduler(), Countdown()
        self._speed = DEFAULT_SPEED
        # Of the session on view.
        self._session: Session | None = None
        self._view: SessionView | None = None
        self._present: Session | None = None
        """The run's own session, while another one shows an earlier epoch of it."""
        self._past: Session | None = None
        """Shows earlier epochs; made the first time, and taken from epoch to epoch."""
        self._film: Iterator[None] | None = None
        self._files: RunFiles | None = None
        self._file_failure = ""
        self._training: Iterator[EpochRecord] | None = None
        self._sampling: Iterator[SweepRecord] | None = None
        self._epoch_seconds = 0.0
        self._recoveries = self._saved_epoch = 0
        self._rests = True
        self._stops_measuring = threading.Event()
        # What the window wants to see of it.
        self._chain: int | None = None
        self._classify = False
        self._shows_ladder = self._records = False
        self._recorder: ChainRecorder | None = None
        self._ladder: LadderWatch | None = None
        # Steering.
        self._wanted = Composition()
        self._comparison: Comparison | None = None
        self._layers: LayerMeter | None = None
        self._network: NetworkTraining | None = None
        self._refused = ""
        # What goes on beside the chains, or in their place.
        self._fall: Fall | None = None
        self._has_fallen = False
        self._falls_alone: int | None = None
        self._test: Iterator[ConvergenceRecord] | None = None
        self._tested: ConvergenceTest | None = None
        self._test_steps = 0
        self._search: Iterator[BarrierRecord | MinimaRecord] | None = None
        self._landscape: ImageLandscape | None = None
        self._bounds: Iterator[BoundsRecord] | None = None
        self._bounded: BoundsRecord | None = None
        self._looking: Generator[float, None, ObservablesRecord] | None = None

    # The thread.

    def begin(self) -> None:
        """Tries the device."""
        self.compute_on(self.compute)

    @property
    def timeout(self) -> float | None:
        """Seconds that commands may be waited for before the next step; None where there is no step to do."""
        beside = (self._network, self._test, self._search, self._bounds, self._looking, self._film)
        if self._trains or any(work is not None for work in beside):
            return 0.0
        if self.state.activity is Activity.SAMPLING:
            return self._scheduler.timeout()
        return None if self._files is None else self._files.timeout

    def step(self) -> None:
        """The next step of whatever is going on."""
        if self._network is not None:
            self._train_network(self._network)
        if self._test is not None:
            self._continue_test(self._test)
        if self._search is not None:
            self._continue_search(self._search)
        if self._bounds is not None:
            self._continue_bounds(self._bounds)
        if self._looking is not None:
            self._look_on(self._looking)
        if self._film is not None:
            self._continue_film(self._film)
        self._record(self._look_after_files)
        if self._trains:
            self._train_epoch()
        elif self.state.activity is Activity.SAMPLING and self._scheduler.is_step_due(1 / self._speed):
            self._step_chains()

    def pause_all(self) -> None:
        """Stops all that goes on by itself, as it fails again and again; what there is stays on view."""
        self._test = self._film = None
        self._stop_network()
        self.stop_search()
        self.stop_bounds()
        self._looking = None
        activity = Activity.LOADING if self.state.facts is None else Activity.STILL
        self.update(activity=activity, testing=False, looking=None, busy="", busy_share=None, rate=0.0)

    def handle(self, error: BaseException) -> bool:
        """Tells of a failure; a field that has failed is switched off, and the chains go on."""
        if isinstance(error, UnavailableError):
            return True
        if isinstance(error, FieldError) and not is_out_of_memory(error):
            fault = error
            self._attempt(lambda: self._switch_off(fault))
        else:
            self.tell(*failure_message(error))
        return isinstance(error, FieldError)

    def close(self) -> None:
        """Lets go of the files."""
        if self._files is not None:
            self._stop_following()
            self._files.end()

    def died(self, error: BaseException) -> None:
        """The thread has ended, as a failure could not even be told: nothing goes on, and the window says so."""
        message = failure_message(error, f"{STOPPED}. ")
        self.update(
            activity=Activity.STILL,
            testing=False,
            busy=STOPPED,
            message=message._replace(text=f"{message.text}. {RESTART}"),
            message_number=self.state.message_number + 1,
        )

    def tell(self, kind: str, text: str, detail: str = "") -> None:
        """Leaves a message for the user; whatever was begun is over."""
        self.update(
            busy="",
            busy_share=None,
            activity=Activity.STILL if self._session is None else self.state.activity,
            message=Message(kind, text, detail),
            message_number=self.state.message_number + 1,
        )

    @property
    def session(self) -> Session:
        """The session on view; for the engine's thread.

        Raises:
            UnavailableError: there is none.
        """
        if self._session is None:
            raise UnavailableError
        return self._session

    @property
    def run(self) -> Session:
        """The run's own session, also while an earlier epoch of it is on view.

        Raises:
            UnavailableError: there is none.
        """
        return self._present or self.session

    @property
    def view(self) -> SessionView:
        """View of the session's chains.

        Raises:
            UnavailableError: there is none.
        """
        if self._view is None:
            raise UnavailableError
        return self._view

    @property
    def _trains(self) -> bool:
        return self.state.activity is Activity.TRAINING

    def _resting_session(self) -> Session:
        """The session on view, whose model does not train.

        Raises:
            UnavailableError: there is none, or it trains.
        """
        if self._trains:
            raise UnavailableError
        return self.session

    def _note(self, action: journal.Action) -> None:
        """Notes in the journal of the session on view what was done."""
        session = self.session
        session.journal.add(action, session.trainer.epoch)
        self.update(journal=session.journal.entries)

    def _note_of_run(self, action: journal.Action) -> None:
        """Notes in the journal of the run what was done with it, whichever epoch is on view."""
        self.run.journal.add(action, self.run.trainer.epoch)
        if self._present is None:
            self.update(journal=self.run.journal.entries)

    # Devices.

    @command(replaces="compute")
    def compute_on(self, compute: Compute) -> None:
        """Computes on another device, or with other threads; the run on view goes there.

        Where the device does not work, the CPU computes, or what computed before, and the user is told.
        """
        set_threads(compute.threads)
        try:
            device, reason = resolve_device(compute.device, fall_back=True)
        except ValueError as error:
            device, reason = torch.device("cpu"), str(error)
        session, name = self._session, str(device)
        if session is not None and name != str(session.device):
            try:
                self._move(session, name)
            except Exception as error:
                name, reason = str(session.device), failure_message(error).text
        self._settle_on(name, reason)
        if session is not None:
            self._tell_of_device()

    def _settle_on(self, device: str, reason: str | None) -> None:
        """Computes there from now on; notes why it is not where it was to be."""
        self._device = device
        compute = Compute(device, torch.get_num_threads())
        self.update(busy="", devices=available_devices(), compute=compute)
        self._device_note = (
            ""
            if reason is None
            else tr("{reason}; {device} computes instead", reason=reason, device=_spoken(device))
        )

    def _tell_of_device(self) -> None:
        """Tells what was noted: with a run on view, as one that comes there takes the message before it away."""
        if self._device_note:
            self.tell("warning", self._device_note)
            self._device_note = ""

    def _move(self, session: Session, device: str) -> None:
        """Takes the run on view to another device; it goes on from its state, with its chains drawn anew."""
        if self._present is not None:
            self._look_at_present()
            session = self.session
        before = self.state
        facts = before.facts
        assert facts is not None
        self.update(busy=tr("Moving the run to {device} …", device=_spoken(device)))
        state = run_state(session, passing=True)
        moved = session_of(
            state, facts.path or Path(facts.title), device, self._chain_count, session.composer.trusted
        )
        moved.lineage = session.lineage
        moved.sampler.set_kernel(session.sampler.kernel.name)
        composition = self._taken_over(moved, session.composition)
        if self._trains:
            moved.sampler.composition = composition
        else:
            moved.sampler.steer(composition)
        learns, saved = self._network is not None, self._saved_epoch
        # What is followed comes by a connection that is not to be made anew.
        tail = None if self._files is None else self._files.take_tail()
        try:
            self._show_session(moved, facts.origin, facts.path, before.activity, facts.remote)
        finally:
            if tail is not None and self._files is not None:
                self._files.follow_on(tail)
        self._saved_epoch = saved
        self.update(unsaved=before.unsaved, lost=before.lost, failed=before.failed, convergence=None)
        if learns and moved.classes and moved.classifier is None:
            self.train_classifier()

    # Open, begin, save.

    @command(wish="")
    def open(self, path: Path, trusted: FieldSource | None = None) -> None:
        """Opens a run file and moves its chains.

        Args:
            path: of the file.
            trusted: Python that the run's own energy may be; another one is not run.
        """
        self._open(path, Origin.FILE, trusted)

    @command(wish="")
    def open_shipped(self, name: str = SHIPPED_MODEL) -> None:
        """Opens a model that ships with the application."""
        self._open(asset_path(name), Origin.SHIPPED)

    @command(wish="")
    def open_remote(self, tail: RemoteTail, trusted: FieldSource | None = None) -> None:
        """Opens a run on another machine, and follows it while it is written there.

        Args:
            tail: whose first state has come; it is closed where there is nothing to follow.
            trusted: as of `open`.
        """
        self.update(busy=tr("Opening {name} …", name=tail.run.name))
        with ExitStack() as ending:
            ending.callback(tail.close)
            update = tail.look()
            state = update.state
            if state is None:
                raise ValueError(tr("nothing has come of {title} yet", title=tail.title))
            functions = self._functions_with(trusted)
            session = self._opened(
                tail.run, lambda device: session_of(state, tail.title, device, self._chain_count, functions)
            )
            if session is None:
                return
            note_opening(session, tail.title, shipped=False)
            follows = update.status is WriterStatus.WRITING
            self._show_session(session, Origin.FILE, None, Activity.SAMPLING, tail.run.in_words)
            if follows and self._files is not None:
                self._files.follow_on(tail)
                ending.pop_all()
        session.sampler.prepare()

    def _open(self, path: Path, origin: Origin, trusted: FieldSource | None = None) -> None:
        self.update(busy=tr("Opening {name} …", name=path.name))
        functions = self._functions_with(trusted)
        session = self._opened(
            path, lambda device: open_session(path, device, self._chain_count, functions=functions)
        )
        if session is None:
            return
        note_opening(session, path, origin is Origin.SHIPPED)
        self._show_session(session, origin, path if origin is Origin.FILE else None, Activity.SAMPLING)
        session.sampler.prepare()

    def _opened(self, run: Path | RemoteRun, make: Callable[[str], Session]) -> Session | None:
        """The session of a run; None where its energy is Python that nobody has trusted: the window asks."""
        try:
            return self._made(make)
        except UntrustedError as error:
            energy = error.source
            source = source_of_text(Path(energy.file), energy.text, EnergyError)
            activity = Activity.STILL if self._session is None else self.state.activity
            self.update(busy="", activity=activity, untrusted=Untrusted(run, source))
            return None

    @command(wish="")
    def give(self, given: GivenModel, seed: int = 0) -> None:
        """Opens a model that is given, and moves chains on it; its Python, if it is any, is trusted.

        Raises:
            EnergyError: the Python fails.
            ValueError: the energy is a number nowhere.
        """

        def report(what: str, share: float) -> None:
            self.update(busy=f"{what} … {share:.0%}", busy_share=share)

        functions = self.functions | trusted_functions(given.code)
        session = self._made(
            lambda device: given_session(given, device, self._chain_count, seed, functions, report=report)
        )
        note_given(session, given)
        self._show_session(session, Origin.NEW, None, Activity.SAMPLING)
        self._saved_epoch = 0
        self.update(unsaved=True)
        assert session.kept is not None
        self.tell(
            "done",
            tr(
                "The energy is given, there is nothing to train: log Z {log_z} nats, entropy {entropy} nats",
                log_z=shown(session.kept.log_z.value, ".3f"),
                entropy=shown(session.kept.entropy, ".3f"),
            ),
        )

    def _functions_with(self, trusted: FieldSource | None) -> dict[str, Function]:
        """Python that may run, with what the user trusts now."""
        return self.functions | trusted_functions(trusted)

    @property
    def functions(self) -> dict[str, Function]:
        """Python that the user trusts, by the digest of its source."""
        return {} if self._session is None else dict(self._session.composer.trusted)

    @command(wish="")
    def new(self, configuration: Configuration, train: bool, dataset: Dataset | None = None) -> None:
        """Starts a run from scratch, under the composition on view.

        Of the same problem as the run on view it takes over the classifier, and a data set of the user's.

        Args:
            configuration: of the run.
            train: True where it is to train at once, and its chains need not be steered yet.
            dataset: what to learn; None takes the problem's, or goes on with that of the run on view.

        Raises:
            ValueError: there is no such problem, or it has no data.
        """
        session = self._made(lambda device: self._begun(configuration, train, dataset, device))
        self._show_session(session, Origin.NEW, None, Activity.TRAINING if train else Activity.STILL)
        if self._size_note:
            self.tell("done", self._size_note)
        if session.classes and session.classifier is None:
            self.train_classifier()

    def _begun(
        self, configuration: Configuration, train: bool, dataset: Dataset | None, device: str
    ) -> Session:
        """An untrained session, ready to train or to show."""
        self.update(busy=tr("Preparing a new run …"))
        old = self._session
        if old is not None and (old.configuration.problem != configuration.problem or dataset is not None):
            old = None
        if old is not None and not old.dataset.shipped:
            dataset = old.dataset
        given = FITS[configuration.way_of_fitting].fits_given
        model = old.model if given and old is not None else None
        if model is not None and old is not None:
            # A model that is given has as many hidden units as it has.
            configuration = replace(configuration, units=old.configuration.units)
        found = None
        if has_proposed_chains(configuration, dataset):
            configuration, found = sized(configuration, dataset, device)
        self._size_note = "" if found is None else found.sentence
        session = Session(configuration, device, self._chain_count, dataset, model, self.functions)
        if old is not None and old.classifier is not None:
            session.adopt_classifier(old)
        composition = Composition() if old is None else self._taken_over(session, old.composition)
        if train or composition.is_model:
            session.sampler.composition = composition
        else:
            session.sampler.steer(composition)
        note_beginning(session, None if old is None else old.journal)
        return session

    def save(self, path: Path) -> None:
        """Saves the run on view, between two steps."""
        self._wish(lambda: self._save(path), tr("{name} waits to be written", name=path.name))

    def _save(self, path: Path) -> None:
        session, facts = self.run, self.state.facts
        assert facts is not None
        save_session(session, path)
        self._note_of_run(journal.Saved(str(path.resolve())))
        self._saved_epoch = session.trainer.epoch
        self.update(facts=replace(facts, path=path), unsaved=False, lost="")
        self.tell("done", tr("Saved {name}", name=path.name))

    def export_samples(
        self,
        path: Path,
        past: Past | None = None,
        order: SampleOrder = AS_USUAL,
        past_of_a: Past | None = None,
    ) -> None:
        """Writes the chains on view, between two steps, in a thread of its own.

        Args:
            path: its ending says the form; of two files it is what both are named after (`Side.path_of`).
            past: where the chains have been, for an animation.
            order: whose, how many, and what pictures look like.
            past_of_a: where those have been that they are compared with.

        Raises:
            ValueError: there are no chains yet, none that they are compared with, or samples of this kind cannot be
                written in that form.
        """
        self._wish(
            lambda: self._export_samples(path, order, {Side.A: past_of_a, Side.B: past}),
            tr("{name} waits to be written", name=path.name),
        )

    def _wish(self, action: Callable[[], None], wish: str) -> None:
        """Does what the user wishes: at once in the engine's thread, from any other between two steps."""
        if self.is_own_thread:
            action()
        else:
            self.post(action, wish=wish)

    def _export_samples(self, path: Path, order: SampleOrder, past: Mapping[Side, Past | None]) -> None:
        if self._view is None:
            raise ValueError(tr("there are no chains to export yet; open a run, or train one"))
        comparison = self._comparison
        if Side.A in order.sides and comparison is None:
            raise ValueError(tr("nothing is exported: two compositions are no longer compared"))
        found = {
            side: self._view.samples(comparison.a if comparison is not None and side is Side.A else None)
            for side in order.sides
        }
        self._show_chains()
        files = [
            file_of(path, samples, self.state, past[side], order, side) for side, samples in found.items()
        ]
        export_in_background(files, lambda message: self.post(lambda: self.tell(*message)))

    @command(wish="")
    def take_run(self, receive: Callable[[RunState | None], None], on_view: bool = True) -> None:
        """Hands a run over as plain data, on the engine's thread.

        Args:
            receive: is given it; None where there is none.
            on_view: with the model on view, which may be of an earlier epoch; else as the run is.
        """
        if self._session is None:
            receive(None)
        else:
            receive(run_state(self._session if on_view else self.run, passing=True))

    @property
    def _chain_count(self) -> int:
        return DEFAULT_CHAINS if self._session is None else len(self._session.sampler)

    def _made(self, make: Callable[[str], Session]) -> Session:
        """A session on the device that was chosen; on the CPU where that fails in the middle, and says so."""
        try:
            return make(self._device)
        except Exception as error:
            if self._device in ("cpu", "auto"):
                raise
            # What fails here too is no fault of the device.
            session = make("cpu")
            self._settle_on("cpu", failure_message(error).text)
            return session

    def _show_session(
        self,
        session: Session,
        origin: Origin,
        path: Path | None,
        activity: Activity,
        remote: str = "",
    ) -> None:
        """Makes a session the one on view; where it cannot be shown, the one before stays there."""
        before = self.state
        number = 0 if before.facts is None else before.facts.number + 1
        facts = replace(facts_of(session, number, origin, path), remote=remote)
        view = SessionView(session, self._chain, self._classify)
        state = first_state(session, view, activity, facts)
        landscape = landscape_of(session)
        # All that computes, and may lack the memory for it, is done.
        old = self._session
        if old is not None:
            session.composer.trusted.update(old.composer.trusted)
        self._wanted, self._network = session.composition, None
        self._present = self._past = self._film = None
        self._put_on_view(session, view)
        self._record(lambda: self._open_files(session, path))
        self._recoveries, self._saved_epoch = session.trainer.recoveries, session.trainer.epoch
        self._training = session.train()
        self._landscape = landscape
        del old
        return_freed_memory()
        self._scheduler.restart()
        # The time that is left is that of this run: one that trains at once begins here, not in `train`.
        self._countdown.restart()
        self.state = replace(
            state,
            rounds=tuple(session.composer.rounds),
            trusted=frozenset(session.composer.trusted),
            landscape=landscape,
            faults=before.faults,
            compute=self.state.compute,
            devices=self.state.devices,
            message=self.state.message,
            message_number=self.state.message_number,
        )
        self._tell_of_device()

    def _put_on_view(self, session: Session, view: SessionView) -> None:
        """Samples the chains of a session, and steers them, from now on."""
        self._session, self._view = session, view
        self._sampling, self._rests = session.sample(), True
        self._layers = LayerMeter(session.sampler, session.configuration.seed)
        self._drop_work()
        self._recorder = self._new_recorder(session)
        session.ladder.on_step = self._on_ladder_step
        session.trainer.ensemble.on_step = self._on_training_step

    def _drop_work(self) -> None:
        """Ends all that was under way about the model that was on view."""
        self._test = self._search = self._bounds = self._looking = None
        self._tested = None
        self._fall = self._comparison = None
        self._ladder = LadderWatch(self.session.ladder)

    # Look back.

    @command(replaces="scrub", wish="")
    def scrub(self, epoch: int | None, number: int | None = None) -> None:
        """Puts an earlier epoch of the run on view, its chains sampled from there; None puts the run as it is.

        Training pauses; it goes on from where it was, whichever epoch is on view.

        Args:
            epoch: of a snapshot.
            number: of the session that is meant (`Facts.number`); nothing is done to another one.

        Raises:
            ValueError: there is no snapshot of the epoch.
        """
        if self._session is None or not self.state.is_of(number):
            return
        if self._trains:
            self._leave_training()
        self._end_film()
        self._show_epoch(epoch)

    @command(wish="")
    def branch(self, epoch: int, settings: Mapping[str, object], train: bool) -> None:
        """Begins a new run that goes on from an epoch of the one on view.

        Args:
            epoch: of a snapshot, or the last.
            settings: of the training, as of `api.branch`.
            train: True where it is to train at once.

        Raises:
            ValueError: there is no snapshot of the epoch, or a setting cannot be.
        """
        self._resting_session()
        begun, composition = branch(self.run, epoch, **settings), self.session.composition
        if composition != begun.composition:
            begun.sampler.steer(composition)
            begun.journal.add(journal.Steered(composition), epoch)
        self._show_session(begun, Origin.NEW, None, Activity.SAMPLING)
        self.update(unsaved=True)
        if train:
            self.train()

    @command(wish="")
    def export_film(self, path: Path) -> None:
        """Writes the chains of all snapshots, one epoch after the other, as an animation, under the composition.

        Raises:
            ValueError: there are no snapshots, or the chains are no images.
        """
        session = self._resting_session()
        check_form(path, session.space)
        if not self.run.snapshots.epochs:
            raise ValueError(
                tr("this run keeps no snapshots of its epochs; there is nothing to make a film of")
            )
        self._film = self._filmed(path)

    def _filmed(self, path: Path) -> Iterator[None]:
        """Goes through the snapshots, an epoch at each `next()`, and writes what was seen."""
        run, before = self.run, None if self._present is None else self.session.trainer.epoch
        pictures: list[Snapshot] = []
        epochs = run.epochs_at_hand
        for epoch in epochs:
            # The last too: what rests after a training may be of an earlier epoch.
            self._show_epoch(epoch)
            for _ in range(FILM_MOVES):
                self._move_chains()
            self.update(busy=tr("Film: epoch {epoch:,} of {epochs:,} …", epoch=epoch, epochs=epochs[-1]))
            pictures.append(self.view.snapshot(training=False))
            yield
        self._show_epoch(before)
        self.update(busy="")
        film_in_background(
            path, pictures, epochs, self.state, lambda message: self.post(lambda: self.tell(*message))
        )

    def _continue_film(self, film: Iterator[None]) -> None:
        try:
            done = next(film, True)
        except Exception:
            self._end_film()
            raise
        if done:
            self._film = None

    def _end_film(self) -> None:
        if self._film is not None:
            self._film = None
            self.update(busy="")

    def _show_epoch(self, epoch: int | None) -> None:
        """Puts an epoch of the run on view; None for the run as it is."""
        if epoch is None:
            if self._present is not None:
                self._look_at_present()
            return
        run = self.run
        try:
            if self._past is None:
                # Its training chains do not train.
                few = replace(run.configuration, chains=PAST_CHAINS, replicas=1, balance=0)
                self._past = run.at_epoch(epoch, few, HURRIED_MOVES)
            else:
                self._past.sampler.composition = self.session.composition
                self._past.go_to(run, epoch, HURRIED_MOVES)
        except Exception:
            self._past = None
            if self._present is not None:
                self._look_at_present()
            raise
        past = self._past
        past.journal = journal.Journal(run.journal.entries)
        past.journal.add(journal.Branched(epoch), run.trainer.epoch)
        if self._present is None:
            self._present = run
            self._put_on_view(past, SessionView(past, self._chain, self._classify))
        self._show_another_epoch(past, run.trainer.epoch)

    def _look_at_present(self, steers: bool = True) -> None:
        """Puts the run as it is on view again, under the composition on view.

        Args:
            steers: False where its chains are about to train, and need not be put on the composition.
        """
        run, composition = self._present, self.session.composition
        if run is None:
            return
        self._present = None
        self._put_on_view(run, SessionView(run, self._chain, self._classify))
        if composition != run.composition:
            if steers:
                run.sampler.steer(composition)
            run.sampler.composition = composition
            run.journal.add(journal.Steered(composition), run.trainer.epoch)
        self._show_another_epoch(run, None)

    def _return_to_run(self) -> None:
        """Puts the run as it is on view, which is about to train or to be measured."""
        self._end_film()
        self._look_at_present(steers=False)
        self._past = None

    def _show_another_epoch(self, session: Session, latest: int | None) -> None:
        """Shows the session that has come on view, and nothing of what was found of another epoch."""
        self._scheduler.trigger("statistics")
        self._drop_work()
        self._forget_landscape()
        self._show_steered(
            epoch=session.trainer.epoch,
            latest=latest,
            kept=session.kept,
            adequacy=session.adequacy,
            sweep=None,
            steering=None,
            compared=None,
            falling=None,
            convergence=None,
            verdict=session.verdict,
            testing=False,
            looking=None,
            observables=None,
            draws=None,
            ladder=None,
            kernel=session.sampler.kernel,
            energies=session.energy_sets(),
            portrait=session.model.portrait(),
            hidden=session.hidden_figures(training=False),
            journal=session.journal.entries,
        )

    # Files.

    def _record(self, action: Callable[[], None]) -> None:
        """Does what concerns the files of the run; where it fails, that is told once, and all else goes on."""
        try:
            action()
        except Exception as error:
            message = failure_message(error, tr("This run is no longer recorded: "))
            if message.text != self._file_failure:
                self._file_failure = message.text
                self.tell("warning", *message[1:])

    def _open_files(self, session: Session, path: Path | None) -> None:
        """Leaves the files of the run before; follows that of another one while it is written."""
        old, self._files = self._files, RunFiles(session)
        if old is not None:
            old.end()
        if path is not None:
            self._files.follow(path)

    def _look_after_files(self) -> None:
        """Saves what a pause has left to be saved, and looks at a file that is followed, where it is time."""
        files = self._files
        if files is None:
            return
        if files.has_autosave or self._trains:
            self._autosave(files)
            self._take_order(files)
        try:
            update = files.look()
            if update is not None:
                self._show_followed(update)
        except (RunFileError, KeyError, ValueError, RuntimeError, TypeError, ArithmeticError) as error:
            self._stop_following()
            self.tell("error", tr("The run cannot be followed any longer: {reason}", reason=reason_of(error)))

    def _autosave(self, files: RunFiles) -> None:
        failure = files.autosave()
        for path in files.take_deleted():
            self.tell(
                "done",
                tr(
                    "The autosaved run {name}, the oldest of {number}, was deleted",
                    name=path.name,
                    number=KEPT + KEPT_OLDER,
                ),
            )
        if failure is not None:
            self.tell(
                "warning",
                tr(
                    "This run is not saved by itself: {failure}. Training goes on, and saving is tried again; "
                    "save it elsewhere with File ▸ Save run as…",
                    failure=failure,
                ),
            )

    def _take_order(self, files: RunFiles) -> None:
        """Does what somebody who follows the autosave asks of the training, where anybody does."""
        try:
            order = files.take_order()
        except RunFileError as error:
            self.tell("warning", tr("What was asked from elsewhere is not done: {error}", error=error))
            return
        if order is None:
            return
        # Between two steps, where each tells of its own failures.
        if order.epochs is not None:
            epochs = order.epochs
            self.post(lambda: self.plan_epochs(epochs))
            self.tell(
                "done",
                tr("{epochs} are planned, as was asked from elsewhere", epochs=counted(epochs, "epoch")),
            )
        if order.stop:
            self.post(self._pause)
            self.tell("done", tr("Paused, as was asked from elsewhere"))

    def _lost_work(self, work: str) -> str:
        """Work that has been done on the run, if no file will hold it: the autosave, where there is one, does."""
        holds = self._files is not None and self._files.holds_all
        return self.state.lost or ("" if holds else work)

    def _show_followed(self, update: Update) -> None:
        """Shows the state that another process has brought the run to; an earlier epoch stays on view."""
        session, following = self.run, update.status is WriterStatus.WRITING
        facts, epoch = self.state.facts, session.trainer.epoch
        if update.histories is not None:
            history = History.from_arrays(update.histories.metrics, session.trainer.metrics)
            last = history.last
            self.update(
                history=history,
                measurements=Measurement.history(update.histories.measurements),
                followed=int(last.get("epoch", epoch)),
                progress=session.configuration.share_done(last.get("epoch", 0.0), last.get("seconds", 0.0)),
            )
        if facts is not None and facts.configuration != session.configuration:
            self.update(facts=replace(facts, configuration=session.configuration))
        if update.refused:
            self.tell("warning", capitalised(update.refused))
        if self._present is not None:
            self.update(latest=epoch)
        elif update.state is not None:
            # What is under way is about a model that is no more.
            self._test = self._tested = None
            self._end_fall()
            self._forget_landscape()
            if self._comparison is not None:
                self._comparison.mirror(put_on_model)
            self.update(
                convergence=None,
                testing=False,
                verdict=session.verdict,
                epoch=epoch,
                energies=session.energy_sets(),
                portrait=session.model.portrait(),
                accuracy=session.classifier_accuracy,
                kept=session.kept,
                adequacy=session.adequacy,
                **self._on_view(),
                **(self._measured() | {"hidden": session.hidden_figures(training=False)}),
            )
        self.update(following=following, trouble=update.trouble)
        if following:
            return
        self._stop_following()
        if update.status is WriterStatus.ENDED:
            self.tell(
                "done",
                tr("The run that was followed has ended after {epochs}", epochs=counted(epoch, "epoch")),
            )
        else:
            self.tell(
                "warning",
                tr(
                    "Nobody writes this run any more; its last state is that of epoch {epoch:,}. "
                    "Continue goes on from there",
                    epoch=epoch,
                ),
            )

    def _stop_following(self) -> None:
        if self._files is not None:
            self._files.stop_following()
        self.update(following=False, trouble="")

    # Train.

    @command(replaces="plan")
    def plan_epochs(self, epochs: int) -> None:
        """Plans the training of the run on view to end after so many epochs; ends it where it has done as many.

        Of a run that another process trains, that process is asked.
        """
        if self.state.following:
            self.ask(Order(epochs=epochs))
            return
        session, facts = self.run, self.state.facts
        if facts is None or facts.origin is Origin.SHIPPED:
            return
        self._plan(facts, epochs)
        if session.is_done and self._trains:
            self._finish()

    @command()
    def ask(self, order: Order) -> None:
        """Asks the process that trains the run on view for something.

        Raises:
            ValueError: there is none, or it cannot be asked.
        """
        if self._files is None:
            raise UnavailableError
        self._files.order(order)
        text = tr("The process that trains this run is asked to stop; it looks between two epochs")
        if not order.stop:
            text = tr(
                "The process that trains this run is asked to end after {epochs}; it looks between two epochs",
                epochs=counted(order.epochs or 0, "epoch"),
            )
        self.tell("done", text)

    @command(wish="")
    def train(self) -> None:
        """Trains on from where the run is; a training that had ended is made longer, and says by how much."""
        self._resting_session()
        self._return_to_run()
        session, facts = self.session, self.state.facts
        assert facts is not None
        if session.trainer.fits_given and session.is_done:
            raise ValueError(NOTHING_TO_TRAIN)
        self.stop_test()
        self._end_fall()
        self._forget_landscape()
        self._stop_following()
        self._end_comparison()
        self._ladder = LadderWatch(session.ladder)
        facts = replace(facts, origin=Origin.NEW, remote="")
        # That of a run that was followed may be ahead of its state, from which training goes on.
        self.update(
            facts=facts,
            history=session.history,
            measurements=session.measurements,
            progress=session.progress,
            convergence=None,
            verdict=None,
            ladder=None,
            draws=None,
        )
        more = self.state.more_epochs
        if more:
            planned = session.trainer.epoch + more
            self._plan(facts, planned)
            self.tell(
                "done",
                tr(
                    "Training had ended: {epochs} are planned, {planned:,} in all",
                    epochs=counted(more, "more epoch"),
                    planned=planned,
                ),
            )
        self._scheduler.restart()
        self._countdown.restart()
        self.update(
            activity=Activity.TRAINING,
            rate=0.0,
            left=None,
            afterwards=None,
            sweep=None,
            failed=False,
            kept=None,
            adequacy=None,
        )

    def pause(self) -> None:
        """Stops training, or the measurement at its end; the chains go on under the model as it is."""
        self._stops_measuring.set()
        self._pause()

    @command()
    def _pause(self) -> None:
        if self._trains:
            self._leave_training()

    @command(wish="")
    def step_epoch(self) -> None:
        """One epoch, then a pause."""
        if not self._trains:
            self.train()
        if not self._trains:
            return
        self._train_epoch()
        self._pause()
        self.play(False)

    def _plan(self, facts: Facts, epochs: int) -> None:
        session = self.run
        session.plan_epochs(epochs)
        self._countdown.restart()
        self._note_of_run(journal.Planned(epochs))
        self.update(progress=session.progress, facts=replace(facts, configuration=session.configuration))

    def _train_epoch(self) -> None:
        session, files = self.session, self._files
        assert self._training is not None
        start = time.perf_counter()
        try:
            record = next(self._training)
        except Exception as error:
            self._training = session.train()
            self.update(failed=True)
            self._leave_training()
            if not isinstance(error, NotEnoughMemoryError):
                raise
            epochs = session.trainer.epoch
            raise NotEnoughMemoryError(
                tr("{error}. The model is as it was after epoch {epoch:,}", error=error, epoch=epochs)
            ) from error
        self._epoch_seconds = time.perf_counter() - start
        if files is not None:
            self._record(lambda: self._autosave(files))
        rate, progress = self._scheduler.rate(), session.progress
        lost = "" if files is not None and files.holds_all else _epochs(record.epoch - self._saved_epoch)
        left = self._countdown.left(progress)
        self.update(epoch=record.epoch, unsaved=True, lost=lost, rate=rate, left=left, progress=progress)
        if left is not None and self._scheduler.is_due("afterwards", AFTERWARDS_SECONDS):
            self.update(afterwards=self._finish_seconds())
        if self._scheduler.is_due("kernel", KERNEL_SECONDS):
            self.update(kernel=kernel_on_view(session, True, record.acceptance_rate))
        if record.recoveries > self._recoveries:
            self._recoveries = record.recoveries
            self.tell("warning", DIVERGED)
        if not session.composition.is_model and self._scheduler.is_due("preview", PREVIEW_SECONDS):
            self._preview()
        if self._scheduler.is_due("energies", ENERGY_SECONDS):
            self.update(
                energies=session.energy_sets(),
                portrait=session.model.portrait(),
                hidden=session.hidden_figures(training=True),
            )
        if session.is_done:
            self._finish()

    def _finish_seconds(self) -> float | None:
        """Seconds that the end of the training takes, about, once it has come; None where epochs do not tell it."""
        session, trainer = self.session, self.session.trainer
        # Epochs of a learned base measure take another time than those of the energy.
        if session.model.is_given or session.configuration.is_base_learned or not trainer.evaluations:
            return None
        fresh = session.fresh_chains(round(trainer.evaluations / max(session.progress, 1e-6)))
        return finish_seconds(session.estimator, fresh, trainer.seconds, trainer.evaluations)

    @command(wish="")
    def back_to_best(self) -> None:
        """Pauses, and lets the model rest on the best state by the validation set so far, measured anew."""
        facts = self.state.facts
        if facts is None or facts.is_given or self.run.estimator.best is None:
            return
        self._return_to_run()
        self.stop_test()
        self._end_fall()
        self._forget_landscape()
        self.update(convergence=None, verdict=None, ladder=None, draws=None, unsaved=True)
        self._finish(best=True)

    def _finish(self, best: bool = False) -> None:
        """Measures and pauses where training ends; keeps the best state, in any case if asked."""
        session = self.session
        self._stops_measuring.clear()
        self._countdown.restart()
        outcome = None
        try:
            fresh = None if session.model.is_given else session.fresh_chains()
            done = finish_share(session.estimator, fresh, session.trainer.epoch)
            outcome = finish_in_sight(
                session,
                lambda what, share: self._while_measuring(what, share, done.of(what, share)),
                best,
            )
            self.update(kept=session.kept, adequacy=session.adequacy)
            self._note(journal.BestKept() if best else journal.Finished())
        except StoppedError:
            pass
        finally:
            self.update(busy="", busy_share=None)
            self._leave_training()
        if outcome is None:
            self.tell("warning", tr("Stopped before the model was measured"))
        else:
            self.tell("done", describe_outcome(outcome, session.trainer.epoch, session.trainer.seconds, best))

    def _while_measuring(self, what: str, share: float, whole: float) -> None:
        if self._stops_measuring.is_set():
            raise StoppedError
        left = self._countdown.left(whole)
        time_left = "" if left is None else tr(" · {time} left", time=describe_minutes(left / 60))
        # As much as the bar is long.
        self.update(busy=f"{what} … {whole:.0%}{time_left}", busy_share=whole)

    def _leave_training(self) -> None:
        """Samples the chains under the model as it is; pauses where even that fails."""
        self._scheduler.restart()
        self.update(activity=Activity.SAMPLING, rate=0.0, sweep=None, kernel=self.session.sampler.kernel)
        self._rests = False
        try:
            self._rest()
        except FieldError:
            self._rests = True
            raise
        except Exception:
            self.update(activity=Activity.STILL)
            raise

    def _rest(self) -> None:
        """Lets the model rest after a training, and puts the chains on it."""
        session = self.session
        session.rest()
        steering = session.sampler.steer(session.composition)
        self._rests = True
        self.update(
            steering=steering,
            composition=session.composition,
            kernel=session.sampler.kernel,
            snapshot=self.view.snapshot(training=False),
            energies=session.energy_sets(),
            portrait=session.model.portrait(),
            hidden=session.hidden_figures(training=False),
            verdict=session.verdict,
            **self._ladder_on_view(),
        )

    def _on_training_step(self) -> None:
        """Shows the training chains as they move, and their ladder."""
        self._on_ladder_step()
        self.view.observe(training=True)
        if self.session.composition.is_model and self._scheduler.is_due("snapshot", TRAINING_FRAME_SECONDS):
            self.update(snapshot=self.view.snapshot(training=True, passing=True))

    # Sample.

    @command()
    def play(self, moving: bool) -> None:
        """Lets the chains move, or pauses them; leaves training alone."""
        self._resting_session()
        self._has_fallen = False
        self._scheduler.restart()
        shown: dict[str, object] = {}
        try:
            shown |= self._set_down()
            shown |= self._on_view()
            if not moving:
                shown |= self._figures()
        finally:
            # Also where a field fails; else together, as what says that chains are held stands beside their last.
            activity = Activity.SAMPLING if moving else Activity.STILL
            self.update(activity=activity, rate=0.0, **shown)

    @command(wish="")
    def step_chains(self) -> None:
        """One step of the chains, then a pause."""
        self.play(False)
        self._step_chains()

    def _step_chains(self) -> None:
        if self._fall is None:
            self._move_chains()
        else:
            self._turn_spins(self._fall)

    @command(replaces="speed")
    def set_speed(self, steps_per_second: float) -> None:
        """Steps a second of the chains; infinity for as fast as can be."""
        self._speed = steps_per_second
        self._scheduler.trigger("step")

    @command(replaces="restart", wish="")
    def restart(self, place: str, count: int | None = None) -> None:
        """Starts the chains anew, and those that they are compared with; where that fails, all are as they were.

        Args:
            place: one of `START_PLACES`.
            count: number of chains from now on; None for as many as before.
        """
        session, comparison = self._resting_session(), self._comparison
        compared = self.state.compared
        self._end_fall()
        with ExitStack() as undone:
            undone.enter_context(session.sampler.undone_by_failure())
            if comparison is not None:
                undone.enter_context(comparison.a.undone_by_failure())
                first = comparison.mirror(lambda a: a.restart(place, count))
                compared = _compared(comparison, first)
            steering = session.sampler.restart(place, count)
            # More chains may move than can be shown: their energies and classes are evaluated for that.
            self._show_steered(steering=steering, sweep=None, compared=compared)
        self._note(journal.Restarted(place, len(session.sampler)))

    @command(wish="")
    def restart_one(self, chain: int) -> None:
        """Starts one of the chains anew, from the model's samples; leaves chains that train alone.

        Raises:
            ValueError: there is no such chain.
        """
        session, view = self.session, self.view
        if not view.shows_training:
            self._end_fall()
            session.sampler.restart_one(chain)
        still = self.state.activity is Activity.STILL
        self.update(**self._on_view(), **(self._figures() if still else {}))

    @command()
    def start_from_pattern(self, pattern: int, damage: Damage, chain: int | None, falls: bool) -> None:
        """Starts the chains, or one of them, from damaged copies of a pattern; they fall at T = 0, or wander on.

        Args:
            pattern: its index.
            damage: done to each copy.
            chain: the only one to start there; None for all.
            falls: whether they fall from there, at T = 0.

        Raises:
            ValueError: as `Sampler.start_from_pattern` and `Sampler.falling`.
        """
        session = self._resting_session()
        self._end_fall()
        self._end_comparison()
        session.sampler.start_from_pattern(pattern, damage, chain)
        harm = damage.noise, damage.hidden, damage.painted
        self._note(journal.StartedFromPattern(pattern, *harm, _number_of(chain)))
        self._show_steered(steering=None, sweep=None)
        if falls:
            self.fall(chain)
        elif self._has_fallen:
            self.play(True)

    @command()
    def fall(self, chain: int | None = None) -> None:
        """Lets the chains, or one of them, fall at T = 0 from where they are, a few spins a step.

        Raises:
            ValueError: as `Sampler.falling`.
        """
        session = self._resting_session()
        self._end_comparison()
        self._fall, self._falls_alone = session.sampler.falling(chain), chain
        self._note(journal.FellAtZero(_number_of(chain)))
        self._scheduler.restart()
        self.update(activity=Activity.SAMPLING, sweep=None, rate=0.0, falling=_falling(self._fall))

    @command()
    def wander(self) -> None:
        """Ends a fall at T = 0: the chains go on at the temperature of the composition."""
        self._end_fall()
        self.play(True)

    def _end_fall(self) -> None:
        """Lets the chains go on from where they have fallen to."""
        try:
            self._set_down()
        finally:
            self._fall = None
            self.update(falling=None)

    def _set_down(self) -> dict[str, object]:
        """Puts chains that fall where they are by now, which is done else only as often as they are drawn."""
        fall = self._fall
        if fall is None:
            return {}
        self.session.sampler.set_down(fall, self._falls_alone)
        self.view.observe(training=False)
        return {"falling": _falling(fall)}

    def _turn_spins(self, fall: Fall) -> None:
        """Lets the next spins have their turn at T = 0; where none turns any more, holds the chains and says so."""
        session = self.session
        for _ in range(max(1, round(TURNED_SHARE * session.space.sites))):
            if not fall.has_settled:
                fall.turn()
        over = fall.has_settled or fall.sweeps >= MOST_SWEEPS
        moving = self.state.activity is Activity.SAMPLING and not over
        if not moving or self._scheduler.is_due("snapshot", FRAME_SECONDS):
            falling = self._set_down()
            self.update(rate=self._scheduler.rate(), **falling, **self._on_view(passing=moving))
        if over:
            session.sampler.count_from_here()
            # Its last spins are set down.
            self._fall = None
            self.update(falling=None)
            self.play(False)
            # Paused by the fall alone: chains that are to wander from a pattern do.
            self._has_fallen = True
            self._tell_of_fall(fall)

    def _tell_of_fall(self, fall: Fall) -> None:
        """Tells in which states the chains have come to rest."""
        memories = self.session.memories
        found = "" if memories is None else f": {tally(memories, fall.s.numpy())}"
        sweeps = counted(round(fall.sweeps), "sweep")
        if fall.has_settled:
            self.tell("done", tr("At rest at T = 0 after {sweeps}{found}", sweeps=sweeps, found=found))
        else:
            self.tell("warning", tr("Not at rest at T = 0 after {sweeps}{found}", sweeps=sweeps, found=found))

    @command(wish="")
    def set_kernel(self, name: str) -> None:
        """Moves the chains, and those that they are compared with, with another kernel."""
        session = self.session
        if self._comparison is not None:
            self._comparison.mirror(lambda a: a.set_kernel(name))
        session.sampler.set_kernel(name)
        self._note(journal.KernelChosen(name))
        self.update(kernel=session.sampler.kernel)

    def tune_kernel(self, *, automatic: bool = False, **parameters: float) -> None:
        """Sets parameters of the chains' kernel, or lets it tune itself; a later number replaces one that waits."""
        names = "" if automatic else ",".join(sorted(parameters))
        self.post(lambda: self._tune_kernel(automatic, parameters), f"tune {names}" if names else "", wish="")

    def _tune_kernel(self, automatic: bool, parameters: dict[str, float]) -> None:
        session = self._resting_session()
        if self._comparison is not None:
            self._comparison.mirror(lambda a: a.tune_kernel(automatic=automatic, **parameters))
        session.sampler.tune_kernel(automatic=automatic, **parameters)
        self._note(journal.KernelTuned(automatic, tuple(parameters.items())))
        self.update(kernel=session.sampler.kernel)

    def _move_chains(self) -> None:
        session = self.session
        assert self._sampling is not None
        try:
            if not self._rests:
                self._rest()
            if self._comparison is not None:
                # On the random numbers that the others are about to use.
                self._comparison.step()
            sweep = next(self._sampling)
        except Exception as error:
            self._sampling = session.sample()
            if not isinstance(error, FieldError):
                self.update(activity=Activity.STILL, rate=0.0)
            raise
        self.view.observe(training=False)
        if self._recorder is not None:
            self._recorder.observe()
        moving, due = self.state.activity is Activity.SAMPLING, self._scheduler.is_due
        shown: dict[str, object] = {
            "sweep": sweep,
            "rate": self._scheduler.rate(),
            "kernel": session.sampler.kernel,
        }
        try:
            if not moving or due("snapshot", FRAME_SECONDS):
                shown |= self._on_view(passing=moving)
            if not moving or due("statistics", STATISTICS_SECONDS):
                shown |= self._measured()
            if not moving or due("draws", DRAWS_SECONDS):
                shown |= self._recorded()
        finally:
            self.update(**shown)

    def _figures(self) -> dict[str, object]:
        """Everything that is worked out of the chains on view, after the same step as they."""
        return self._measured() | self._recorded()

    def _measured(self) -> dict[str, object]:
        """V of the layers, and the energies of the hidden units, over the chains as they are now."""
        measured: dict[str, object] = {}
        if self._layers is not None:
            measured["statistics"] = self._layers.measure()
        if self.state.hidden is not None and not self._trains:
            measured["hidden"] = self.session.hidden_figures(training=False, before=self.state.hidden)
        return measured

    def _recorded(self) -> dict[str, object]:
        """Record of the chains up to now, while somebody looks at it and no model trains."""
        if self._recorder is None or self._trains:
            return {}
        self._recorder.observe()
        return {"draws": self._recorder.draws()}

    # What is seen of the chains.

    @command(replaces="follow chain")
    def follow_chain(self, chain: int | None) -> None:
        """Follows one of the chains on view, or none; states then carry its past."""
        self._chain = chain
        self.view.follow(chain)
        self._show_chains()

    @command(replaces="classify")
    def set_classify(self, wanted: bool) -> None:
        """Has snapshots carry predicted classes, or not."""
        self._classify = wanted
        self.view.classify = wanted
        self._show_chains()

    @command(replaces="follow on landscape")
    def follow_on_landscape(self, chain: int | None) -> None:
        """Follows one of the chains of a landscape of one or two coordinates, or none."""
        self.view.follow_on_landscape(chain)
        self._show_chains()

    @command(replaces="track on landscape")
    def track_on_landscape(self, wanted: bool) -> None:
        """Has states tell where all chains of a landscape have been, or not."""
        self.view.track_on_landscape(wanted)
        self._show_chains()

    @command(replaces="record chains")
    def record_chains(self, wanted: bool) -> None:
        """Records the chains that are sampled from now on, for their plots, or no longer."""
        self._records = wanted
        self._recorder = None if self._session is None else self._new_recorder(self._session)
        self.update(draws=None)

    def _new_recorder(self, session: Session) -> ChainRecorder | None:
        return ChainRecorder(session.sampler, session.dataset.columns) if self._records else None

    def _show_chains(self) -> None:
        self.update(**self._on_view())

    def _on_view(self, passing: bool = False) -> dict[str, object]:
        """The chains on view, and those that they are compared with, after the same step."""
        shown: dict[str, object] = {"snapshot": self.view.snapshot(self._trains, passing)}
        compared = self.state.compared
        if self._comparison is not None and compared is not None:
            shown["compared"] = compared._replace(snapshot=self._comparison.a.snapshot())
        return shown

    # Steer.

    @command(replaces="compose", wish="")
    def compose(self, composition: Composition, hurried: bool = False, number: int | None = None) -> None:
        """Puts the chains on a composition, and those that they are compared with on theirs.

        While the model trains the chains follow with the next preview. A later composition replaces one that waits.

        Args:
            composition: where to.
            hurried: True where another is about to come, as a slider is dragged: the chains follow it where they can.
            number: of the session that it was made for (`Facts.number`); nothing is done to another one.
        """
        session = self.session
        if not self.state.is_of(number):
            return
        possible = self._possible(composition)
        if self._trains:
            session.sampler.composition = possible
            self._note(journal.Steered(possible))
            self._scheduler.trigger("preview")
            if possible.is_model:
                self.update(steering=None, composition=possible)
        else:
            self._steer(possible, hurried)

    @command(wish="")
    def compare(self, composition: Composition | None, request: int = 0, number: int | None = None) -> None:
        """Keeps a composition as A beside what is composed from now on, B; None ends that.

        Args:
            composition: A.
            request: which the state has once this is done.
            number: of the session that A was made for; with another, or while the model trains, a comparison ends.
        """
        session = self._session
        try:
            if composition is None or session is None or self._trains or not self.state.is_of(number):
                self._end_comparison()
            else:
                self._comparison = Comparison(session.sampler, session.composer.without_missing(composition))
                self._steer(self._possible(self._wanted))
        except Exception:
            self._end_comparison()
            raise
        finally:
            self.update(comparison=request)

    @command(replaces="compose", wish="")
    def keep_a(self, composition: Composition, request: int = 0, number: int | None = None) -> None:
        """Ends a comparison with A, whose chains go on where they are in the place of those of B.

        Args:
            composition: A; where nothing is compared, the chains are put on it.
            request: which the state has once this is done.
            number: of the session that A was made for; nothing is done to another one.
        """
        comparison, compared = self._comparison, self.state.compared
        if not self.state.is_of(number):
            return
        try:
            if comparison is None or compared is None:
                self._end_comparison()
                self.compose(composition)
                return
            self._end_fall()
            self._wanted, self._refused = composition, ""
            self._comparison = None
            self.session.sampler.go_on_as(comparison.a)
            self._note(journal.Steered(self.session.composition))
            self._show_steered(steering=compared.steering, compared=None)
        finally:
            self.update(comparison=request)

    @command()
    def trust_field(self, source: FieldSource) -> None:
        """Runs the file of a user-defined field, which the user trusts.

        Raises:
            FieldError: it fails.
        """
        composer = self.session.composer
        composer.trust(source)
        self.update(trusted=frozenset(composer.trusted))
        if any(isinstance(layer.field, CustomField) for layer in self._wanted.acting):
            self._steer_again()

    @command()
    def distrust(self, digests: Collection[str]) -> None:
        """Switches the user-defined fields off whose files the user no longer trusts.

        Args:
            digests: SHA-256 of their sources.
        """
        if self._session is None:
            return
        composer = self._session.composer
        for digest in digests:
            composer.trusted.pop(digest, None)
        self.update(trusted=frozenset(composer.trusted))
        if self._comparison is not None:
            self._end_comparison()
        if any(isinstance(layer.field, CustomField) for layer in self._wanted.acting):
            self._steer_again()

    def _taken_over(self, session: Session, composition: Composition) -> Composition:
        """A composition as another session can make it, which is about to come on view."""
        session.composer.trusted.update(self.session.composer.trusted)
        return session.composer.without_missing(composition)

    def _possible(self, composition: Composition) -> Composition:
        """Remembers what is asked for; returns as much of it as the session can make.

        Where it asks for classes and there is no classifier yet, one is trained, and classes follow when it is.
        """
        session = self.session
        self._wanted, self._refused = composition, ""
        if composition.conditions and session.composer.lacks_classifier and not self._network:
            self.train_classifier()
        return session.composer.without_missing(composition)

    def _steer(self, composition: Composition, hurried: bool = False) -> None:
        """Puts the chains on a composition that the session can make."""
        session, comparison = self.session, self._comparison
        self._end_fall()
        moves = HURRIED_MOVES if hurried else JUMP_MOVES
        compared = self.state.compared
        if comparison is None:
            steering = session.sampler.follow(composition, moves) if hurried else None
            steering = steering or session.sampler.steer(composition, moves)
        else:
            both = comparison.follow(composition, moves) if hurried else None
            first, steering = both or comparison.steer(composition, moves)
            compared = _compared(comparison, first)
        self._note(journal.Steered(session.composition))
        self._show_steered(steering=steering, sweep=None, compared=compared)

    def _steer_again(self) -> None:
        """Does what is wanted, now that the session can make more of it, or less."""
        session = self.session
        if self._trains:
            session.sampler.composition = session.composer.without_missing(self._wanted)
            self._note(journal.Steered(session.composition))
            self.update(composition=session.composition)
        else:
            self._steer(self._possible(self._wanted))

    def _preview(self) -> None:
        """Puts the chains on the composition by the training chains as they are; says once where that fails.

        Raises:
            FieldError: a field has failed.
        """
        session = self.session
        try:
            steering = session.sampler.steer(session.composition, PREVIEW_MOVES, preview=True)
        except FieldError:
            raise
        except ValueError as error:
            if str(error) != self._refused:
                self._refused = str(error)
                self.tell("error", tr("{error}. Training goes on", error=error))
            return
        self._show_steered(steering=steering)

    def _show_steered(self, **changes: object) -> None:
        shown: dict[str, object] = {"snapshot": self.view.snapshot(training=False)}
        if self.state.activity is not Activity.SAMPLING:
            shown |= self._figures()
        self.update(composition=self.session.composition, **(shown | changes))

    def _end_comparison(self) -> None:
        """Goes on with the chains of the session alone."""
        self._comparison = None
        self.update(compared=None)

    # Fields that fail.

    def _switch_off(self, error: FieldError) -> None:
        """Switches off what has failed, names it, and lets the chains go on from their last valid states."""
        faults = self.state.faults
        fault = Fault(faults[-1].number + 1 if faults else 0, error.name, str(error))
        try:
            self._put_right(error)
        finally:
            self.update(faults=(*faults, fault)[-MOST_FAULTS:])

    def _put_right(self, error: FieldError) -> None:
        session, comparison = self._session, self._comparison
        if session is None:
            self.tell("error", str(error))
            return
        if error.name in custom_titles(session.composition) - custom_titles(self._wanted):
            self._wanted = session.composition
        if error.name in custom_titles(self._wanted):
            self._go_on_without(session, error)
        elif comparison is not None and error.name in custom_titles(comparison.a.composition):
            self._end_comparison()
            self.tell("error", tr("{error}. The comparison with it has ended", error=error))
            rest = self._possible(self._wanted)
            if not _does_the_same(rest, session.composition):
                self._steer(self._possible(rest))
        else:
            self.tell("error", str(error))

    def _go_on_without(self, session: Session, error: FieldError) -> None:
        self._end_comparison()
        rest = self._possible(without_custom(self._wanted, error.name))
        self.tell(
            "error", tr("{error}. It is switched off, and the chains go on from where they were", error=error)
        )
        if self._trains:
            self._steer_again()
        elif _does_the_same(rest, without_custom(session.composition, error.name)):
            session.sampler.carry_on(rest)
            self._note(journal.Steered(rest))
            self._show_steered(steering=None, sweep=None)
        else:
            self._steer(self._possible(rest))

    # Networks that are trained between two steps.

    @command(wish="")
    def train_classifier(self) -> None:
        """Trains the classifier anew, a pass over the images between two steps."""
        session = self.session

        def finish() -> str:
            accuracy = session.classifier_accuracy or 0.0
            if session.classifier_seed is not None:
                trained = journal.ClassesTrained(session.classifier_seed)
                self._note_of_run(trained)
                if self._present is not None:
                    self._note(trained)
            self.update(accuracy=accuracy, unsaved=True, lost=self._lost_work(tr("the new classifier")))
            return tr("Classifier trained: {accuracy:.1%} of unseen images right", accuracy=accuracy)

        self._begin_network(
            NetworkTraining(session.classifier_training(), tr("training the classifier"), finish)
        )

    @command(wish="")
    def train_discriminator(self) -> None:
        """Trains a discriminator against the chains as they are, a pass between two steps."""
        session = self._resting_session()
        if self._present is not None:
            raise ValueError(
                tr(
                    "a discriminator is trained against the run as it is, and an earlier epoch is on view; go back "
                    "to the latest first"
                )
            )
        steps = session.sampler.steps

        def finish() -> str:
            self._note(journal.DiscriminatorTrained(steps))
            rounds = tuple(session.composer.rounds)
            self.update(unsaved=True, rounds=rounds, lost=self._lost_work(tr("the new discriminator")))
            found = rounds[-1]
            return tr(
                "Discriminator of round {rounds}: right on {accuracy:.0%} ± {error:.0%} of images "
                "that it has not seen; 50% is chance",
                rounds=len(rounds),
                accuracy=found.accuracy,
                error=found.error,
            )

        training = discriminator_training(session.sampler, session.held_out_items, session.configuration.seed)
        self._begin_network(NetworkTraining(training, tr("training a discriminator"), finish))

    def _begin_network(self, network: NetworkTraining) -> None:
        self._network = network
        self.update(beside=network.what)

    def _stop_network(self) -> None:
        """Gives up the network that is trained."""
        self._network = None
        self.update(beside="")

    def _train_network(self, network: NetworkTraining) -> None:
        """Goes on with the network that is trained, for as long as the step beside it takes."""
        seconds = self._epoch_seconds if self._trains else 0.0
        try:
            share = learn_for(network.steps, max(seconds, BESIDE_SECONDS))
        except Exception:
            self._stop_network()
            raise
        if share is not None:
            self.update(beside=f"{network.what} {share:.0%}")
            return
        self._network = None
        try:
            self.tell("done", network.finish())
            if not self._wanted.is_model:
                self._steer_again()
        finally:
            # Last, as it says that the network is in use; another may have begun.
            if self._network is None:
                self._stop_network()

    # The convergence test, and ladders.

    @command()
    def test_convergence(self) -> None:
        """Begins the convergence test of the model, a step between two of the chains'.

        One that has ended without agreement, or was stopped, goes on with the same chains.
        """
        session, shown = self._resting_session(), self.state.convergence
        test = self._tested
        if test is None or shown is None or shown.is_settled or self.state.testing or not test.steps:
            test, shown = session.convergence_test(), None
        self._tested = test
        self._ladder = LadderWatch(test.ladder, STARTS)
        test.ladder.on_step = self._ladder.observe
        self._test, self._test_steps = test.run(test.steps + TEST_STEPS), test.steps
        self.update(convergence=shown, testing=True, **self._ladder_on_view())

    @command()
    def stop_test(self) -> None:
        """Ends the convergence test; what it found stays on view, and is noted where it has come to a judgement."""
        if self._test is not None and self._test_steps >= LEAST_STEPS:
            self._note(journal.StartsTested(self._test_steps))
            self._keep_verdict()
        self._test = None
        self.update(testing=False, **self._ladder_on_view())

    def _keep_verdict(self) -> None:
        """Keeps the verdict that the test has come to with the run, whichever epoch is on view."""
        test, record, facts = self._tested, self.state.convergence, self.state.facts
        if test is None or record is None or record.diagnosis is None or facts is None:
            return
        self.session.keep_verdict(test, record)
        self.run.verdicts = self.session.verdicts
        self.update(verdict=self.session.verdict, kept=self.session.kept, unsaved=True)
        # The model that ships can be tested again at any time, and is not to be asked about.
        if facts.origin is not Origin.SHIPPED:
            self.update(lost=self._lost_work(tr("the verdict of the convergence test")))

    @command(replaces="watch ladder")
    def watch_ladder(self, wanted: bool) -> None:
        """Has states carry the ladder's replicas, or not."""
        self._shows_ladder = wanted
        self._show_ladder()

    @command(replaces="follow replica")
    def follow_replica(self, replica: int) -> None:
        """Follows a replica of the ladder on view."""
        if self._ladder is not None:
            self._ladder.follow(replica)
            self._show_ladder()

    def _continue_test(self, test: Iterator[ConvergenceRecord]) -> None:
        try:
            record = next(test, None)
        except Exception:
            self.stop_test()
            raise
        if record is None:
            self.stop_test()
            return
        self._test_steps = record.steps
        due = self._scheduler.is_due("ladder", FRAME_SECONDS)
        self.update(convergence=record, **(self._ladder_on_view() if due else {}))

    def _on_ladder_step(self) -> None:
        """Shows the ladder of the training, or of the entropy estimator beside it, as it moves."""
        if self._test is None and self._ladder is not None:
            self._ladder.observe()
            if self._scheduler.is_due("ladder", TRAINING_FRAME_SECONDS):
                self._show_ladder()

    def _show_ladder(self) -> None:
        shown = self._ladder_on_view()
        if shown:
            self.update(**shown)

    def _ladder_on_view(self) -> dict[str, object]:
        """The ladder's replicas as they are now, while somebody watches them."""
        watched = self._ladder if self._shows_ladder else None
        return {} if watched is None else {"ladder": watched.snapshot()}

    # Searches on the landscape: they draw no random numbers, and keep the Hamiltonian that they began under.

    @command()
    def find_barrier(self, first: np.ndarray, second: np.ndarray) -> None:
        """Looks for the lowest pass between two images, uint8, each of shape (*shape).

        Raises:
            ValueError: the two are the same.
        """
        session, known = self._resting_session(), self._landscape
        if known is not None:
            ends = torch.stack([_image(session, first), _image(session, second)])
            formula = session.composition.formula_of(session.model.formula)
            search = BarrierSearch(session.sampler.chains.target, session.training_items, ends, formula)
            self._search = search.run()
            self._show_landscape(replace(known, barrier=None, searching="barrier"))

    @command()
    def find_minima(self) -> None:
        """Descends from the chains as they are to local minima, and looks for the passes between them."""
        session, known = self._resting_session(), self._landscape
        if known is not None:
            search = MinimaSearch(
                session.sampler.chains.target,
                session.training_items,
                session.sampler.chains.x.clone(),
                session.composition.formula_of(session.model.formula),
                memories=session.memories,
            )
            self._search = search.run()
            self._show_landscape(replace(known, minima=None, searching="minima"))

    @command(replaces="dissect")
    def dissect(self, image: np.ndarray) -> None:
        """Takes −log P of an image apart, uint8, shape (*shape); a later one replaces one that still waits."""
        session, known = self._resting_session(), self._landscape
        if known is not None:
            record = dissect(
                session.sampler.chains.target,
                session.training_items,
                _image(session, image),
                session.composition.formula_of(session.model.formula),
            )
            self._show_landscape(replace(known, dissection=record))

    @command()
    def stop_search(self) -> None:
        """Ends the search; what it found stays."""
        self._search = None
        if self._landscape is not None:
            self._show_landscape(replace(self._landscape, searching=""))

    def _forget_landscape(self) -> None:
        """Ends searches and drops what was found: the model is about to change."""
        self._search = self._bounds = None
        self.update(bounds=None, bounding=False)
        if self._landscape is not None:
            self._show_landscape(ImageLandscape(self._landscape.map))

    def _continue_search(self, search: Iterator[BarrierRecord | MinimaRecord]) -> None:
        try:
            record = next(search, None)
        except Exception:
            self.stop_search()
            raise
        known = self._landscape
        if record is None or known is None:
            self.stop_search()
            return
        if isinstance(record, BarrierRecord):
            self._landscape = replace(known, barrier=record)
        else:
            self._landscape = replace(known, minima=record)
        if record.is_done or self._scheduler.is_due("search", SEARCH_SECONDS):
            self._show_landscape(self._landscape)

    # Bounds: they draw random numbers of their own.

    @command()
    def find_bounds(self, temperature: float, starts: int) -> None:
        """Begins mean field of the model, a step between two of the chains'.

        Raises:
            ValueError: it has none, or a number is out of range.
        """
        session = self._resting_session()
        self.stop_bounds()
        self._bounds, self._bounded = session.bounds(temperature, starts).run(), None
        self.update(bounds=None, bounding=True)

    @command()
    def stop_bounds(self) -> None:
        """Ends mean field; what it found up to now stays on view."""
        found = self.state.bounds if self._bounds is None else self._bounded
        self._bounds = None
        self.update(bounds=found, bounding=False)

    def _continue_bounds(self, bounds: Iterator[BoundsRecord]) -> None:
        try:
            record = next(bounds, None)
        except Exception:
            self.stop_bounds()
            raise
        if record is None:
            self.stop_bounds()
            return
        self._bounded = record
        if record.is_done or self._scheduler.is_due("bounds", SEARCH_SECONDS):
            self.update(bounds=record)

    # Observables one by one: of a copy of the model, so that training may go on.

    @command(replaces="look into observables", wish="")
    def look_into_observables(self) -> None:
        """Begins to look into the observables of the model as it is, a while between two steps of all else."""
        self._looking = self.session.looking_into(self._trains, on_view=not self._trains)
        self.update(looking=0.0)

    def _look_on(self, looking: Generator[float, None, ObservablesRecord]) -> None:
        """Goes on for as long as a step beside it takes."""
        due = time.perf_counter() + BESIDE_SECONDS
        try:
            share = next(looking)
            while time.perf_counter() < due:
                share = next(looking)
        except StopIteration as end:
            self._looking = None
            self.update(observables=end.value, looking=None)
        except Exception:
            self._looking = None
            self.update(looking=None)
            raise
        else:
            self.update(looking=share)

    def _show_landscape(self, known: ImageLandscape) -> None:
        self._landscape = known
        self.update(landscape=known)


def landscape_of(session: Session) -> ImageLandscape | None:
    """The landscape of a session as it is known at first; None where there are no images."""
    space = session.space
    has_images = space.is_discrete and len(space.shape) == 2
    if isinstance(space, Spins) and space.sites > MOST_MAPPED:
        has_images = False
    return ImageLandscape(ImageMap.of(session.dataset, session.model.base_measure)) if has_images else None


def custom_titles(composition: Composition) -> set[str]:
    """Titles of the user-defined fields that are switched on."""
    return {
        layer.title for layer in composition.layers if layer.enabled and isinstance(layer.field, CustomField)
    }


def without_custom(composition: Composition, title: str) -> Composition:
    """A composition with the user-defined fields of a title switched off."""
    layers = enumerate(composition.layers)
    return switched_off(
        composition,
        [i for i, layer in layers if layer.title == title and isinstance(layer.field, CustomField)],
    )


def _does_the_same(a: Composition, b: Composition) -> bool:
    """True where chains under one are chains under the other."""
    return (a.acting, a.clamps, a.temperature, a.model_coefficient) == (
        b.acting,
        b.clamps,
        b.temperature,
        b.model_coefficient,
    )


def _compared(comparison: Comparison, steering: SteeringRecord | None) -> Compared:
    return Compared(comparison.a.composition, comparison.a.snapshot(), steering)


def _image(session: Session, image: np.ndarray) -> Tensor:
    """A configuration from its levels, uint8, shape (*shape)."""
    assert isinstance(session.space, Discrete)
    return session.space.from_index(torch.as_tensor(image).long()).to(session.device)


def _falling(fall: Fall) -> Falling:
    return Falling(fall.sweeps, fall.moving, len(fall.s))


def _number_of(chain: int | None) -> int:
    """Number of a chain from 1, as the journal has it; 0 for all."""
    return 0 if chain is None else chain + 1


def _spoken(device: str) -> str:
    """The name of a device in a sentence."""
    return tr("the CPU") if device == "cpu" else device


def _epochs(count: int) -> str:
    """A number of epochs, in words."""
    return counted(count, "epoch")

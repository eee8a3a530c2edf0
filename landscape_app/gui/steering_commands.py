"""What steering asks of the engine's thread: compositions, their comparison, statistics, and networks to train."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import NamedTuple, Protocol

from landscape_app.gui.state import Activity, Compared, EngineState, Fault
from landscape_app.gui.worker import Scheduler
from landscape_app.learning.classifier import learn_for
from landscape_app.physics.fields import CustomField, FieldError
from landscape_app.session import (
    Comparison,
    Composition,
    FieldSource,
    LayerMeter,
    Session,
    Snapshot,
    discriminator_training,
    journal,
)
from landscape_app.session.composition_edits import switched_off
from landscape_app.session.sampler import JUMP_MOVES

PREVIEW_MOVES = 4
"""After a resampling for a look while the model trains."""

HURRIED_MOVES = 1
"""After a resampling while a slider is dragged: the next one is about to come, and the chains go on moving."""

STATISTICS_SECONDS = 0.25

NETWORK_SECONDS = 0.05
"""Of a network's training between two steps of the chains: they go on as often as a person can see."""

MOST_FAULTS = 64
"""That frames carry."""


class Mailbox(Protocol):
    """Where the driver leaves its frame."""

    state: EngineState

    def tell(self, kind: str, text: str, detail: str = "") -> None:
        """Leaves a message for the person."""
        ...

    def publish(self, **changes: object) -> None:
        """Changes the frame."""
        ...

    def note(self, action: journal.Action) -> None:
        """Notes in the journal of the run what was done."""
        ...

    def look_again(self) -> Snapshot:
        """The walkers as they are now."""
        ...


class NetworkTraining(NamedTuple):
    """A network that is trained between two steps of the chains.

    Attributes:
        steps: shares that are done.
        what: which network, in words.
        finish: takes it into use; returns what to tell.
    """

    steps: Iterator[float]
    what: str
    finish: Callable[[], str]


class SteeringCommands:
    """Steers the walkers of the session on view.

    Args:
        mailbox: the driver, in whose thread all of this is called.
    """

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._session: Session | None = None
        self._wanted = Composition()
        self._comparison: Comparison | None = None
        self._meter: LayerMeter | None = None
        self._training: NetworkTraining | None = None
        self._refused = ""
        self._scheduler = Scheduler()

    @property
    def is_training_a_network(self) -> bool:
        """Whether there is a pass to do."""
        return self._training is not None

    def adopt(self, session: Session) -> None:
        """Steers another session from now on; files that were trusted stay so."""
        if self._session is not None:
            session.composer.trusted.update(self._session.composer.trusted)
        self._session = session
        self._wanted = session.composition
        self._comparison = self._training = None
        self._meter = LayerMeter(session)

    def take_over(self, session: Session, composition: Composition) -> Composition:
        """A composition as another session can make it, which is about to come on view."""
        if self._session is not None:
            session.composer.trusted.update(self._session.composer.trusted)
        return session.composer.without_missing(composition)

    def known(self) -> dict[str, object]:
        """What a frame says of the fields that the session can make."""
        assert self._session is not None
        composer = self._session.composer
        return {"rounds": tuple(composer.rounds), "trusted": frozenset(composer.trusted)}

    def wanted(self, composition: Composition) -> Composition:
        """Remembers what is asked for; returns as much of it as the session can make.

        Where it asks for classes and there is no class network yet, one is trained, and classes follow when it is.
        """
        self._wanted, self._refused = composition, ""
        session = self._session
        if session is None:
            return composition
        if composition.conditions and session.classes and session.classifier is None and not self._training:
            self.train_classifier()
        return session.composer.without_missing(composition)

    def compose(self, composition: Composition, hurried: bool = False) -> None:
        """Puts the walkers on a composition, and those that they are compared with on theirs."""
        session = self._session
        assert session is not None
        composition = self.wanted(composition)
        moves = HURRIED_MOVES if hurried else JUMP_MOVES
        changes: dict[str, object] = {}
        if self._comparison is None:
            steering = session.sampler.follow(composition, moves) if hurried else None
            steering = steering or session.steer(composition, moves)
        else:
            both = self._comparison.follow(composition, moves) if hurried else None
            first, steering = both or self._comparison.steer(composition, moves)
            changes["compared"] = self._compared(first)
        self._mailbox.note(journal.Steered(session.composition))
        self._show(steering=steering, sweep=None, **changes)

    def preview(self) -> None:
        """Puts the walkers on the composition by the training chains as they stand; says once where they cannot be.

        Raises:
            FieldError: a field has failed.
        """
        session = self._session
        assert session is not None
        try:
            steering = session.sampler.steer(session.composition, PREVIEW_MOVES, preview=True)
        except FieldError:
            raise
        except ValueError as error:
            if str(error) != self._refused:
                self._refused = str(error)
                self._mailbox.tell("error", f"{error}. Training goes on")
            return
        self._show(steering=steering)

    def restart(self, place: str, count: int | None) -> None:
        """Starts the walkers anew, and those that they are compared with; where that fails, all are as they were."""
        session, comparison = self._session, self._comparison
        assert session is not None
        changes: dict[str, object] = {}
        with ExitStack() as undone:
            undone.enter_context(session.sampler.chains.undone_by_failure())
            if comparison is not None:
                undone.enter_context(comparison.a.chains.undone_by_failure())
                first = comparison.mirror(lambda a: a.restart(place, count))
                changes["compared"] = self._compared(first)
            steering = session.sampler.restart(place, count)
            # More chains may move than can be shown: their energies and classes are evaluated for that.
            self._show(steering=steering, sweep=None, **changes)
        self._mailbox.note(journal.Restarted(place, len(session.sampler)))

    def set_kernel(self, name: str) -> None:
        """Moves the walkers, and those that they are compared with, with another kernel."""
        session = self._session
        assert session is not None
        if self._comparison is not None:
            self._comparison.mirror(lambda a: a.set_kernel(name))
        session.sampler.set_kernel(name)
        self._mailbox.note(journal.KernelChosen(name))

    def tune_kernel(self, automatic: bool, parameters: Mapping[str, float]) -> None:
        """Sets the kernel of the walkers, and of those that they are compared with."""
        session = self._session
        assert session is not None
        if self._comparison is not None:
            self._comparison.mirror(lambda a: a.tune_kernel(automatic=automatic, **parameters))
        session.sampler.tune_kernel(automatic=automatic, **parameters)
        self._mailbox.note(journal.KernelTuned(automatic, tuple(parameters.items())))

    def before_step(self) -> None:
        """Moves the walkers that are compared with, on the random numbers that the others are about to use."""
        if self._comparison is not None:
            self._comparison.step()

    def after_step(self) -> None:
        """Measures the layers where that is due."""
        if self._scheduler.is_due("statistics", STATISTICS_SECONDS):
            self._measure()

    def snapshot_compared(self) -> None:
        """Shows the walkers that are compared with as they stand."""
        compared = self._mailbox.state.compared
        if self._comparison is not None and compared is not None:
            snapshot = self._comparison.a.snapshot()
            self._mailbox.publish(compared=compared._replace(snapshot=snapshot))

    def compare(self, composition: Composition | None, request: int = 0, number: int | None = None) -> None:
        """Keeps a composition as A beside what is composed from now on; None ends that.

        Args:
            composition: A.
            request: which the frame has once it is done.
            number: of the session that A was made for; with another, or while the model trains, a comparison ends.
        """
        session = self._session
        fits = self._mailbox.state.is_of(number) and self._activity is not Activity.TRAINING
        try:
            if composition is None or session is None or not fits:
                self.end_comparison()
            else:
                self._comparison = Comparison(session.sampler, session.composer.without_missing(composition))
                self.compose(self._wanted)
        except Exception:
            self.end_comparison()
            raise
        finally:
            self._mailbox.publish(comparison=request)

    def end_comparison(self) -> None:
        """Goes on with the walkers of the session alone."""
        self._comparison = None
        self._mailbox.publish(compared=None)

    def trust_field(self, source: FieldSource) -> None:
        """Runs a person's own file, which they trust.

        Raises:
            FieldError: it fails.
        """
        if self._session is not None:
            self._session.composer.trust(source)
            self._mailbox.publish(**self.known())
            if any(isinstance(layer.field, CustomField) for layer in self._wanted.acting):
                self._compose_again()

    def fail(self, error: FieldError) -> None:
        """Switches off what has failed, names it, and lets the chains go on from their last valid states."""
        faults = self._mailbox.state.faults
        fault = Fault(faults[-1].number + 1 if faults else 0, error.name, str(error))
        try:
            self._put_right(error)
        finally:
            self._mailbox.publish(faults=(*faults, fault)[-MOST_FAULTS:])

    def _put_right(self, error: FieldError) -> None:
        session, comparison = self._session, self._comparison
        if session is not None and error.name in custom_titles(session.composition) - custom_titles(
            self._wanted
        ):
            self._wanted = session.composition
        if session is not None and error.name in custom_titles(self._wanted):
            self._switch_off(session, error)
        elif comparison is not None and error.name in custom_titles(comparison.a.composition):
            self.end_comparison()
            self._mailbox.tell("error", f"{error}. The comparison with it has ended")
            rest = self.wanted(self._wanted)
            if session is not None and not _does_the_same(rest, session.composition):
                self.compose(rest)
        else:
            self._mailbox.tell("error", str(error))

    def _switch_off(self, session: Session, error: FieldError) -> None:
        self.end_comparison()
        rest = self.wanted(without_own(self._wanted, error.name))
        self._mailbox.tell("error", f"{error}. It is switched off, and the chains go on from where they were")
        if self._activity is Activity.TRAINING:
            self._compose_again()
        elif _does_the_same(rest, without_own(session.composition, error.name)):
            session.sampler.carry_on(rest)
            self._mailbox.note(journal.Steered(rest))
            self._show(steering=None, sweep=None)
        else:
            self.compose(rest)

    def train_classifier(self) -> None:
        """Begins to train the class network anew."""
        session = self._session
        if session is None:
            return

        def finish() -> str:
            accuracy = session.classifier_accuracy or 0.0
            if session.classifier_seed is not None:
                self._mailbox.note(journal.ClassesTrained(session.classifier_seed))
            self._mailbox.publish(accuracy=accuracy, unsaved=True)
            return f"Class network trained: {accuracy:.1%} of unseen images right"

        self._begin(NetworkTraining(session.classifier_training(), "the class network", finish))

    def train_discriminator(self) -> None:
        """Begins to train a discriminator against the walkers as they stand; not while the model trains."""
        session = self._session
        if session is None or self._activity is Activity.TRAINING:
            return

        steps = session.sampler.steps

        def finish() -> str:
            self._mailbox.note(journal.DiscriminatorTrained(steps))
            self._mailbox.publish(unsaved=True, **self.known())
            rounds = session.composer.rounds
            found = rounds[-1]
            return (
                f"Discriminator of round {len(rounds)}: right on {found.accuracy:.0%} ± {found.error:.0%} of images "
                "that it has not seen; 50% is chance"
            )

        self._begin(NetworkTraining(discriminator_training(session), "a discriminator", finish))

    def stop_network(self) -> None:
        """Gives up the network that is trained."""
        self._training = None
        self._mailbox.publish(beside="")

    def advance(self, seconds: float = 0.0) -> None:
        """Goes on with the network that is trained, for as long as the step beside it takes.

        Args:
            seconds: of that step; not less than `NETWORK_SECONDS` are taken.
        """
        training, session = self._training, self._session
        if training is None or session is None:
            return
        try:
            share = learn_for(training.steps, max(seconds, NETWORK_SECONDS))
        except Exception:
            self.stop_network()
            raise
        if share is not None:
            self._mailbox.publish(beside=f"training {training.what} {share:.0%}")
            return
        self.stop_network()
        self._mailbox.tell("done", training.finish())
        if not self._wanted.is_model:
            self._compose_again()

    @property
    def _activity(self) -> Activity:
        return self._mailbox.state.activity

    def _compose_again(self) -> None:
        """Does what is wanted, now that the session can make more of it, or less."""
        session = self._session
        assert session is not None
        if self._activity is Activity.TRAINING:
            session.sampler.composition = session.composer.without_missing(self._wanted)
            self._mailbox.note(journal.Steered(session.composition))
            self._mailbox.publish(composition=session.composition)
        else:
            self.compose(self._wanted)

    def _begin(self, training: NetworkTraining) -> None:
        self._training = training
        self._mailbox.publish(beside=f"training {training.what}")

    def _compared(self, steering: object) -> Compared:
        assert self._comparison is not None
        snapshot = self._comparison.a.snapshot()
        return Compared(self._comparison.a.composition, snapshot, steering)  # type: ignore[arg-type]

    def _show(self, **changes: object) -> None:
        session = self._session
        assert session is not None
        assert self._meter is not None
        changes["snapshot"] = self._mailbox.look_again()
        if self._activity is not Activity.SAMPLING:
            changes["statistics"] = self._meter.measure()
        self._mailbox.publish(composition=session.composition, **changes)

    def _measure(self) -> None:
        assert self._meter is not None
        self._mailbox.publish(statistics=self._meter.measure())


def custom_titles(composition: Composition) -> set[str]:
    """Titles of the user-defined fields that are switched on."""
    return {
        layer.title for layer in composition.layers if layer.enabled and isinstance(layer.field, CustomField)
    }


def without_own(composition: Composition, title: str) -> Composition:
    """A composition with the user-defined fields of a title switched off."""
    layers = enumerate(composition.layers)
    return switched_off(
        composition,
        [i for i, layer in layers if layer.title == title and isinstance(layer.field, CustomField)],
    )


def _does_the_same(a: Composition, b: Composition) -> bool:
    """Whether chains under one are chains under the other."""
    return (a.acting, a.clamps, a.temperature, a.model_coefficient) == (
        b.acting,
        b.clamps,
        b.temperature,
        b.model_coefficient,
    )

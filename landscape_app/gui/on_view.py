"""Which of a session's chains are on view: those that train, or the walkers while they are steered or sampled."""

from __future__ import annotations

from dataclasses import replace

from landscape_app.gui.state import Activity, EngineState, Facts
from landscape_app.gui.worker import Scheduler
from landscape_app.physics.host import to_host
from landscape_app.physics.resampling import effective_sample_size, independent_samples
from landscape_app.runs import RunState
from landscape_app.session import (
    ChainHistory,
    Composition,
    KernelRecord,
    LandscapeWatch,
    SamplerWatch,
    Session,
    Snapshot,
    TrainingWatch,
    describe_kernel,
)
from landscape_app.session.persistence import run_state
from landscape_app.session.provenance import Identification, Provenance
from landscape_app.session.sample_file import SampleFile
from landscape_app.session.sampling import quantities

HISTORY_SECONDS = 0.12
"""Between two looks at the past of a chain while it moves: figures and curves cannot be read faster."""


class ChainsOnView:
    """The chains that a window shows, how long each has stood still, and the one that is followed."""

    def __init__(self) -> None:
        self._session: Session | None = None
        self._chain: int | None = None
        self._classify = False
        self._training_shown = False
        self._landscape: LandscapeWatch | None = None
        self._history: ChainHistory | None = None
        self._scheduler = Scheduler()

    def adopt(self, session: Session) -> None:
        """Looks at another session; its chain of the same number is followed there."""
        self._session = session
        problem = session.configuration.problem
        self._identification = Identification(problem, session.dataset, session.trainer)
        self._walkers, self._training = SamplerWatch(session), TrainingWatch(session)
        self._landscape = LandscapeWatch.of(session)
        self.follow(self._chain)

    def follow(self, chain: int | None) -> None:
        """Follows the walker and the training chain of that number from here; a number too high follows none."""
        self._chain = chain
        if self._session is not None:
            for watch in (self._walkers, self._training):
                watch.follow(chain if chain is not None and chain < len(watch.ages) else None)

    def classify_chains(self, wanted: bool) -> None:
        """Whether snapshots carry predicted classes."""
        self._classify = wanted

    def follow_on_landscape(self, walker: int | None) -> None:
        """Follows one of the walkers of a landscape of one or two coordinates, or none."""
        if self._landscape is not None:
            self._landscape.follow(walker)

    def track_on_landscape(self, wanted: bool) -> None:
        """Whether snapshots tell where all walkers of a landscape have been."""
        if self._landscape is not None:
            self._landscape.track(wanted)

    def restart_one(self, chain: int) -> None:
        """Starts a walker anew from the model's samples; leaves chains that train alone.

        Raises:
            ValueError: there is no such walker.
        """
        session = self._session
        if session is not None and not self._training_shown:
            session.sampler.restart_one(chain)

    def observe(self, training: bool) -> None:
        """Takes note of a step of the training chains, or of the walkers."""
        (self._training if training else self._walkers).observe()

    def snapshot(self, training: bool, passing: bool = False) -> Snapshot:
        """The chains on view; with their classes where they are steered, or where that is asked for.

        Args:
            training: whether the model trains.
            passing: whether the next snapshot is due with the next picture: the past of the chain that is followed
                may then be that of some pictures before, as each look at it evaluates every term of H.
        """
        session = self._session
        assert session is not None
        steered = not session.composition.is_model
        self._training_shown = training and not steered
        snapshot = session.snapshot(self._training_shown, classify=self._classify or steered)
        watch: TrainingWatch | SamplerWatch = self._training
        if not self._training_shown:
            watch = self._walkers
            self._walkers.observe()
        ages = watch.ages[: len(snapshot.x)]
        landscape = None if self._landscape is None else self._landscape.record(snapshot.training)
        # Chains that train are the model's own; nothing is added to it there.
        source = self._identification.source(Composition() if snapshot.training else session.composition)
        followed = self._past(watch, passing)
        return replace(snapshot, ages=ages, followed=followed, landscape=landscape, source=source)

    def state(self) -> RunState | None:
        """The run on view as plain data; None before there is one."""
        return None if self._session is None else run_state(self._session, passing=True)

    def samples(self) -> SampleFile | None:
        """The chains on view with their energies under the composition; None before there are any.

        Raises:
            ValueError: nothing has been trained that they could be samples of.
        """
        session = self._session
        if session is None:
            return None
        chains = session.trainer.ensemble.chains_at_one if self._training_shown else session.sampler.chains
        n = len(session.sampler)
        composition = Composition() if self._training_shown else session.composition
        if composition.hamiltonian and session.trainer.epoch == 0:
            raise ValueError(
                "nothing is exported: there is no trained model yet, and these chains are samples of the base "
                "measure; train first"
            )
        x, energy = chains.x[:n], chains.energy[:n]
        if self._training_shown:
            # They are written without their weights, which say how far they lag behind the model.
            effective = effective_sample_size(session.trainer.ensemble.log_weights[:n])
        else:
            effective = independent_samples(quantities(session, x, energy), session.sampler.ancestors)
        return SampleFile(
            x=to_host(session.space.compact(x)).numpy().copy(),
            energy=to_host(energy).numpy().copy(),
            space=session.space,
            effective_samples=effective,
            provenance=Provenance((self._identification.source(composition),)),
        )

    def _past(self, watch: TrainingWatch | SamplerWatch, passing: bool) -> ChainHistory | None:
        """What is remembered of the followed chain, not always up to its last states where more pass by."""
        known = self._history is not None and self._history.chain == watch.followed
        if not (passing and known) or self._scheduler.is_due("history", HISTORY_SECONDS):
            self._history = watch.history()
        return self._history


def kernel_on_view(session: Session, training: bool, acceptance_rate: float | None = None) -> KernelRecord:
    """What moves the chains on view; the rate is that of the training's kernel."""
    if not training or not session.composition.is_model:
        return session.sampler.kernel
    return describe_kernel(session.trainer.ensemble.kernel, session.space, acceptance_rate)


def first_state(session: Session, view: ChainsOnView, activity: Activity, facts: Facts) -> EngineState:
    """What there is to see of a session when it comes on view."""
    training = activity is Activity.TRAINING
    return EngineState(
        activity=activity,
        facts=facts,
        history=session.history,
        measurements=session.measurements,
        kept=session.kept,
        composition=session.composition,
        snapshot=view.snapshot(training),
        energies=session.energy_sets(),
        epoch=session.trainer.epoch,
        progress=session.progress,
        accuracy=session.classifier_accuracy,
        kernel=kernel_on_view(session, training),
        journal=session.journal.entries,
    )

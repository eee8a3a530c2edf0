"""View of a session: its chains, how long each has stood still, the one that is followed, and what it is made of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from landscape_app.data.columns import in_units
from landscape_app.gui.state import Activity, EngineState, Facts, Origin, shown_columns, shown_name
from landscape_app.gui.worker import Scheduler
from landscape_app.language import tr
from landscape_app.physics.host import to_host
from landscape_app.physics.resampling import effective_sample_size
from landscape_app.problems import problem_title
from landscape_app.session.chain_watch import SamplerWatch, TrainingWatch
from landscape_app.session.composition import Composition
from landscape_app.session.conditioning import columns_of
from landscape_app.session.landscape_watch import LandscapeWatch
from landscape_app.session.neighbours import Neighbours
from landscape_app.session.observables import number_of_observables
from landscape_app.session.plan import DataSize
from landscape_app.session.provenance import Identification, Provenance, Source
from landscape_app.session.records import ChainHistory, KernelRecord, Snapshot
from landscape_app.session.sample_file import SampleFile
from landscape_app.session.sampler import Sampler, describe_kernel
from landscape_app.session.session import Session

HISTORY_SECONDS = 0.12
"""Between two looks at the past of a chain while it moves: figures and curves cannot be read faster."""


class SessionView:
    """The chains of a session that a window shows: those that train, or those that are sampled.

    Args:
        session: whose chains.
        chain: number of the chain that is followed, None for none; a number too high follows none.
        classify: True where snapshots carry predicted classes.
    """

    def __init__(self, session: Session, chain: int | None = None, classify: bool = False) -> None:
        self.classify = classify
        self._session = session
        self._identification = Identification(session.configuration.problem, session.dataset, session.trainer)
        self._sampled, self._training = SamplerWatch(session.sampler), TrainingWatch(session.samples)
        self._landscape = LandscapeWatch.of(session.sampler)
        self._history: ChainHistory | None = None
        self._shows_training = False
        self._scheduler = Scheduler()
        self.follow(chain)

    def follow(self, chain: int | None) -> None:
        """Follows the sampled and the training chain of that number from here; a number too high follows none."""
        self.chain = chain
        for watch in (self._sampled, self._training):
            watch.follow(chain if chain is not None and chain < len(watch.ages) else None)

    def follow_on_landscape(self, chain: int | None) -> None:
        """Follows one of the chains of a landscape of one or two coordinates, or none."""
        if self._landscape is not None:
            self._landscape.follow(chain)

    def track_on_landscape(self, wanted: bool) -> None:
        """Has snapshots tell where all chains of a landscape have been."""
        if self._landscape is not None:
            self._landscape.track(wanted)

    @property
    def shows_training(self) -> bool:
        """True where the last snapshot is one of the chains that train."""
        return self._shows_training

    def observe(self, training: bool) -> None:
        """Takes note of a step of the training chains, or of those that are sampled."""
        (self._training if training else self._sampled).observe()

    def snapshot(self, training: bool, passing: bool = False) -> Snapshot:
        """The chains on view; with their classes where they are steered, or where that is asked for.

        Args:
            training: True while the model trains.
            passing: True where the next snapshot is due with the next picture: the past of the chain that is
                followed may then be that of some pictures before, as each look at it evaluates every term of H.
        """
        session = self._session
        steered = not session.composition.is_model
        self._shows_training = training and not steered
        columns = session.dataset.columns
        snapshot = session.snapshot(self._shows_training, classify=self.classify or steered)
        watch: TrainingWatch | SamplerWatch = self._training
        if not self._shows_training:
            watch = self._sampled
            self._sampled.observe()
        ages = watch.ages[: len(snapshot.x)]
        landscape = None if self._landscape is None else self._landscape.record(snapshot.training)
        if landscape is not None:
            landscape = landscape.in_units(columns)
        # Chains that train are the model's own; nothing is added to it there.
        source = self._source(Composition() if snapshot.training else session.composition)
        followed = self._past(watch, passing)
        x = in_units(columns, snapshot.x)
        return replace(snapshot, x=x, ages=ages, followed=followed, landscape=landscape, source=source)

    def samples(self, compared: Sampler | None = None) -> SampleFile:
        """The chains on view with their energies under the composition.

        Args:
            compared: the sampler that they are compared with, whose chains are wanted in their place.

        Raises:
            ValueError: nothing has been trained that they could be samples of.
        """
        session = self._session
        sampler = compared or session.sampler
        training = self._shows_training and compared is None
        chains = session.trainer.ensemble.chains_at_one if training else sampler.chains
        n = len(sampler)
        composition = Composition() if training else sampler.composition
        if composition.hamiltonian and session.trainer.epoch == 0:
            raise ValueError(
                tr(
                    "nothing is exported: there is no trained model yet, and these chains are samples of the base "
                    "measure; train first"
                )
            )
        x, energy = chains.x[:n], chains.energy[:n]
        # Chains that train are written without their weights, which say how far they lag behind the model.
        log_weights = session.trainer.ensemble.log_weights[:n]
        effective = effective_sample_size(log_weights) if training else sampler.worth()
        return SampleFile(
            x=to_host(session.space.compact(x)).numpy().copy(),
            energy=to_host(energy).numpy().copy(),
            space=session.space,
            effective_samples=effective,
            provenance=Provenance((self._source(composition),)),
            columns=session.dataset.columns,
        )

    def _source(self, composition: Composition) -> Source:
        """The model on view, under a composition."""
        return self._identification.source(composition, self._session.model_epoch)

    def _past(self, watch: TrainingWatch | SamplerWatch, passing: bool) -> ChainHistory | None:
        """The past of the followed chain, not always up to its last states where more pass by."""
        known = self._history is not None and self._history.chain == watch.followed
        if not (passing and known) or self._scheduler.is_due("history", HISTORY_SECONDS):
            self._history = watch.history()
        return self._history


def kernel_on_view(session: Session, training: bool, acceptance_rate: float | None = None) -> KernelRecord:
    """The kernel that moves the chains on view; the rate is that of the training's kernel."""
    if not training or not session.composition.is_model:
        return session.sampler.kernel
    return describe_kernel(session.trainer.ensemble.kernel, session.space, acceptance_rate)


def facts_of(session: Session, number: int, origin: Origin, path: Path | None) -> Facts:
    """Facts of a session that comes on view.

    Args:
        session: whose.
        number: grows with every session.
        origin: where it came from.
        path: its file, if any.
    """
    data, configuration = session.dataset, session.configuration
    title = problem_title(configuration.problem)
    return Facts(
        number=number,
        configuration=configuration,
        origin=origin,
        path=path,
        device=str(session.device),
        title=tr("{data}, autoregressive base", data=title) if configuration.is_base_learned else title,
        formula=session.model.formula,
        space=session.space,
        training_items=in_units(session.dataset.columns, session.dataset.training_items),
        data_size=DataSize.of(data),
        class_names=tuple(map(shown_name, session.class_names)),
        column_names=tuple(shown_name(column.counted_name) for column in session.dataset.columns),
        kernels=session.sampler.kernels,
        neighbours=Neighbours.of(session.dataset, session.space),
        memories=session.memories,
        columns=shown_columns(columns_of(session.dataset.columns, session.space)),
        counted=None if data.weights is None else data.as_often_as_counted(data.training),
        observables=number_of_observables(session.model, session.training_items),
        runs=session.lineage.names,
    )


def first_state(session: Session, view: SessionView, activity: Activity, facts: Facts) -> EngineState:
    """State of a session when it comes on view."""
    training = activity is Activity.TRAINING
    return EngineState(
        activity=activity,
        facts=facts,
        history=session.history,
        measurements=session.measurements,
        kept=session.kept,
        adequacy=session.adequacy,
        composition=session.composition,
        snapshot=view.snapshot(training),
        energies=session.energy_sets(),
        portrait=session.model.portrait(),
        hidden=session.hidden_figures(training),
        epoch=session.trainer.epoch,
        progress=session.progress,
        accuracy=session.classifier_accuracy,
        kernel=kernel_on_view(session, training),
        journal=session.journal.entries,
        verdict=session.verdict,
        snapshots=session.snapshots,
    )

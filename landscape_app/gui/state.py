"""State of the engine: one frozen record of everything that the window shows."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from landscape_app.data import ColumnMeaning
from landscape_app.gui.worker import WorkerState
from landscape_app.language import tr
from landscape_app.learning import FITS
from landscape_app.learning.closed_form import ClosedForm
from landscape_app.models import MODELS, Model
from landscape_app.models.memories import Memories
from landscape_app.models.model import Portrait
from landscape_app.physics.chain_statistics import ChainDraws
from landscape_app.physics.space import Space
from landscape_app.problems import Configuration
from landscape_app.runs import History
from landscape_app.session.adequacy import Adequacy
from landscape_app.session.bounds import BoundsRecord
from landscape_app.session.composition import Composition
from landscape_app.session.convergence import ConvergenceRecord
from landscape_app.session.custom_field import FieldSource
from landscape_app.session.device import DeviceInfo
from landscape_app.session.journal import Entry
from landscape_app.session.ladder_watch import LadderSnapshot
from landscape_app.session.landscape.map import ImageLandscape
from landscape_app.session.layer_statistics import CompositionStatistics
from landscape_app.session.measurement import Measurement
from landscape_app.session.neighbours import Neighbours
from landscape_app.session.observables import ObservablesRecord
from landscape_app.session.plan import DataSize
from landscape_app.session.provenance import Provenance, Source
from landscape_app.session.records import (
    DiscriminatorRecord,
    EnergySets,
    HiddenFigures,
    KernelRecord,
    Snapshot,
    SteeringRecord,
    SweepRecord,
)
from landscape_app.session.snapshots import Snapshots
from landscape_app.session.verdict import Verdict

if TYPE_CHECKING:
    from landscape_app.runs.remote import RemoteRun

DEFAULT_SPEED = 30.0
"""Steps of the chains on view, a second."""

DIGITS = tuple(map(str, range(10)))
"""Names of classes before there is a session."""

LONGEST_NAME = 80
"""Characters of a class's name that are kept."""

LEAST_MORE = 250
"""Fewest epochs by which a training that has ended is made longer."""


class Activity(enum.Enum):
    """Work of the engine on the session on view."""

    LOADING = "loading"
    TRAINING = "training"
    SAMPLING = "sampling"
    STILL = "still"


class Origin(enum.Enum):
    """Source of the session."""

    SHIPPED = "shipped"
    FILE = "file"
    NEW = "new"


@dataclass(frozen=True, eq=False)
class Facts:
    """Facts of a session that do not change while it trains or samples.

    Attributes:
        number: grows with every session that comes on view.
        configuration: of the run.
        origin: where it came from.
        path: the file it was opened from or saved to, if any.
        remote: the run on another machine that is on view, in words; empty for one of this machine.
        device: where it computes.
        title: of what it learns.
        formula: the model's energy.
        space: where its configurations live.
        training_items: in few bytes (`Space.compact`), shape (n, *shape); rows of a table in the units of the file.
        data_size: size of the data set, for the memory that a run takes.
        class_names: what to call each class that chains can be steered to, by its number; none where there are none.
        column_names: what to call each coordinate of a landscape; none where they have no names.
        kernels: names of the kernels that can move the chains.
        neighbours: finds the training images nearest to an image.
        memories: patterns that coupled spins are to remember; None of other models, or of many items.
        columns: of rows, what each of their numbers is; none of images.
        counted: places of as many training items, each as often as its weight says, int64, shape (n,); None where all
            count alike.
        observables: number of observables of the model whose means are constrained; 0 for none.
        runs: names of the run (`session.provenance.Lineage`): its own, and that of the file that it goes on from.
    """

    number: int
    configuration: Configuration
    origin: Origin
    path: Path | None
    device: str
    title: str
    formula: str
    space: Space
    training_items: np.ndarray
    data_size: DataSize
    class_names: tuple[str, ...]
    column_names: tuple[str, ...]
    kernels: tuple[str, ...]
    neighbours: Neighbours
    memories: Memories | None = None
    columns: tuple[ColumnMeaning, ...] = ()
    counted: np.ndarray | None = None
    observables: int = 0
    remote: str = ""
    runs: tuple[str, ...] = ()

    @property
    def own_path(self) -> Path | None:
        """File of the run; None where it has none of its own, as the model that ships."""
        return None if self.origin is Origin.SHIPPED else self.path

    @property
    def usual_path(self) -> Path:
        """Its file, else a name for one."""
        return self.own_path or Path(f"{self.configuration.problem}-run.h5")

    @property
    def counted_items(self) -> np.ndarray:
        """Training items, each as often as its weight says, shape (n, *shape)."""
        return self.training_items if self.counted is None else self.training_items[self.counted]

    @property
    def model(self) -> type[Model]:
        """Kind of model."""
        return MODELS[self.configuration.model]

    @property
    def is_given(self) -> bool:
        """True where the energy is given, and nothing is fitted."""
        return FITS[self.configuration.way_of_fitting].fits_given

    @property
    def is_set_at_once(self) -> bool:
        """True where a first epoch leaves nothing to train: the energy is given, or a rule sets it."""
        return self.is_given or issubclass(FITS[self.configuration.way_of_fitting], ClosedForm)

    @property
    def classes(self) -> int:
        """Number of classes that chains can be steered to; 0 for none."""
        return len(self.class_names)

    def class_name(self, number: int) -> str:
        """Name of a class; its number where it has none."""
        return self.class_names[number] if number < len(self.class_names) else str(number)


def shown_name(name: str) -> str:
    """A name of a class or column as it may be shown: a stranger's file could hold anything."""
    return "".join(c for c in name if c.isprintable()).strip()[:LONGEST_NAME] or "?"


class Untrusted(NamedTuple):
    """A run that was to be opened, and whose energy is Python that nobody has trusted.

    Attributes:
        run: its file, or where it is on another machine.
        source: of the energy; nothing of it has run.
    """

    run: Path | RemoteRun
    source: FieldSource


def shown_columns(columns: Sequence[ColumnMeaning]) -> tuple[ColumnMeaning, ...]:
    """Columns with names and values as they may be shown."""
    return tuple(
        replace(column, name=shown_name(column.name), values=tuple(map(shown_name, column.values)))
        for column in columns
    )


class Compute(NamedTuple):
    """Device and threads of the engine.

    Attributes:
        device: as `resolve_device` takes it.
        threads: of the CPU.
    """

    device: str
    threads: int


class Fault(NamedTuple):
    """A field of a person that has failed, and was switched off.

    Attributes:
        number: grows with every new one.
        name: what the person calls it.
        text: what was wrong.
    """

    number: int
    name: str
    text: str


class Falling(NamedTuple):
    """Chains that fall at T = 0.

    Attributes:
        sweeps: turns that every spin has had.
        moving: chains of which a spin has turned in the last whole sweep, or that have had none yet.
        chains: chains that fall.
    """

    sweeps: float
    moving: int
    chains: int


class Compared(NamedTuple):
    """Chains under another composition, A, that those on view, B, are compared with.

    Attributes:
        composition: A.
        snapshot: its chains.
        steering: their last jump; None where they started otherwise.
    """

    composition: Composition
    snapshot: Snapshot
    steering: SteeringRecord | None


@dataclass(frozen=True, eq=False)
class EngineState(WorkerState):
    """Everything the window shows, at one moment.

    Attributes:
        activity: what the engine is doing.
        busy: what long work it is doing, in words; empty for none.
        busy_share: share of that which is done; None where it is not known.
        beside: what is trained between two steps of the rest, in words; empty for nothing.
        facts: of the session; None while the first one loads.
        history: metrics of every epoch, growing in place.
        measurements: of the entropy estimator, growing in place.
        kept: of the model on view since its training has ended; None while there is more training.
        adequacy: evidence on the model that is kept, by fresh chains; None where there is none.
        composition: what the chains on view sample.
        snapshot: the chains on view.
        sweep: last step of the chains.
        steering: last jump of the chains.
        energies: energies of training, held-out and model samples.
        portrait: parameters of the model as a picture, of a model that has one.
        hidden: energy, entropy and free energy of the hidden units, of a model that has any.
        epoch: epochs that the model on view was trained for.
        progress: share of the planned training that is done.
        rate: epochs (training) or kernel steps (sampling) a second.
        left: seconds until the planned training is done, as its last part went; None where that is not known.
        afterwards: seconds that measuring the model takes then, about; None where that is not known.
        accuracy: of the classifier on images it never saw; None without one.
        unsaved: whether the run has changed since it was opened or saved.
        lost: what of that no file holds, not even the one in which the application saves a run by itself, in words;
            empty for nothing.
        kernel: what moves the chains on view, as it stands.
        convergence: how far the convergence test has come, or where it ended; None before and once the model changes.
        verdict: of the last convergence test of the model on view as it is, also from a file; None without one.
        testing: whether it is running.
        ladder: its replicas, while somebody watches them; None where there is no ladder.
        landscape: of images, and what was looked for on it; None where there are no images.
        bounds: mean field of the model, as far as it has come; None where nobody asked, and once the model changes.
        bounding: whether it is going on.
        observables: what was last found of them one by one; None where nobody asked.
        looking: share that is done of looking into them; None while nobody does.
        statistics: V of every layer over the chains and over the model's samples, a few times a second.
        rounds: the discriminators of the run.
        trusted: digests of the files of user-defined fields that may run.
        untrusted: the run that could not be opened for want of trust; a new one for each attempt.
        faults: user-defined fields that have failed, the latest last.
        compared: the chains under A, while two compositions are compared.
        comparison: number of the last request for a comparison, or for its end, that has been done.
        journal: what the person has done with the run on view, in order.
        failed: whether training has ended with an error, and was not begun again.
        compute: where the engine computes; None before it has tried.
        devices: of this machine, the CPU first.
        draws: what is recorded of the chains that are sampled, while somebody looks at its plots; None for nothing.
        falling: how far the chains have fallen at T = 0; None where they move at the composition's temperature.
        following: whether another process trains the run on view, here or on another machine, and it is followed.
        followed: epochs that it has done there; those on view may be fewer, as its state comes less often.
        trouble: why nothing comes of it now, in words; empty while all is well.
        snapshots: of the run after earlier epochs, growing in place; None while there is no session.
        latest: epochs that the run has trained, while an earlier epoch of it is on view; None while the run is as
            it is. Chains, energies, parameters and all that is found of the model are then of `epoch`; the history
            is that of the run.
    """

    activity: Activity = Activity.LOADING
    busy: str = ""
    busy_share: float | None = None
    beside: str = ""
    facts: Facts | None = None
    history: History = field(default_factory=History)
    measurements: History = field(default_factory=History)
    kept: Measurement | None = None
    adequacy: Adequacy | None = None
    composition: Composition = field(default_factory=Composition)
    snapshot: Snapshot | None = None
    sweep: SweepRecord | None = None
    steering: SteeringRecord | None = None
    energies: EnergySets | None = None
    portrait: Portrait | None = None
    hidden: HiddenFigures | None = None
    epoch: int = 0
    progress: float = 0.0
    rate: float = 0.0
    left: float | None = None
    afterwards: float | None = None
    accuracy: float | None = None
    unsaved: bool = False
    lost: str = ""
    kernel: KernelRecord | None = None
    convergence: ConvergenceRecord | None = None
    verdict: Verdict | None = None
    testing: bool = False
    ladder: LadderSnapshot | None = None
    landscape: ImageLandscape | None = None
    bounds: BoundsRecord | None = None
    bounding: bool = False
    observables: ObservablesRecord | None = None
    looking: float | None = None
    statistics: CompositionStatistics | None = None
    rounds: tuple[DiscriminatorRecord, ...] = ()
    trusted: frozenset[str] = frozenset()
    untrusted: Untrusted | None = None
    faults: tuple[Fault, ...] = ()
    compared: Compared | None = None
    comparison: int = 0
    journal: tuple[Entry, ...] = ()
    failed: bool = False
    compute: Compute | None = None
    devices: tuple[DeviceInfo, ...] = ()
    draws: ChainDraws | None = None
    falling: Falling | None = None
    following: bool = False
    followed: int = 0
    trouble: str = ""
    snapshots: Snapshots | None = None
    latest: int | None = None

    @property
    def trained(self) -> int:
        """Epochs that the run has trained, whichever is on view."""
        return self.epoch if self.latest is None else self.latest

    @property
    def epoch_in_words(self) -> str:
        """Epoch on view, such as "500", or "120 of 500" where it is an earlier one, or one that is kept."""
        return (
            f"{self.epoch:,}"
            if self.model_epoch == self.trained
            else tr("{epoch:,} of {latest:,}", epoch=self.model_epoch, latest=self.trained)
        )

    @property
    def model_epoch(self) -> int:
        """Epoch that the model on view is of, which rests on an earlier one where that is kept."""
        return self.epoch if self.kept is None else int(self.kept.epoch)

    @property
    def history_of_view(self) -> History:
        """Metrics up to the epoch that the model on view is of; those of later epochs are of other models."""
        return self.history if self.model_epoch == self.trained else self.history.until(self.model_epoch)

    @property
    def measurement(self) -> Measurement | None:
        """The measurement of the model that is kept, else the last up to the epoch on view; None before the first."""
        if self.kept is not None:
            return self.kept
        known = self.measurements if self.latest is None else self.measurements.until(self.epoch)
        return Measurement.from_figures(known.last) if len(known) else None

    @property
    def cautions(self) -> tuple[str, ...]:
        """Warnings on the figures of the model that is kept, a sentence each."""
        return () if self.kept is None or self.adequacy is None else self.adequacy.cautions(self.kept)

    def is_of(self, number: int | None) -> bool:
        """True where it shows the session of a number (`Facts.number`); None stands for whichever is on view."""
        return number is None or (self.facts is not None and self.facts.number == number)

    @property
    def can_train(self) -> bool:
        """True where the run on view can be trained on; the model that ships is left as it is."""
        facts = self.facts
        return (
            facts is not None
            and facts.origin is not Origin.SHIPPED
            and not (facts.is_set_at_once and self.trained > 0)
        )

    @property
    def more_epochs(self) -> int:
        """Epochs by which a training that has come to its end is made longer to go on; 0 before its end."""
        if self.facts is None or self.progress < 1.0:
            return 0
        return max(self.facts.configuration.planned_epochs // 2, LEAST_MORE)

    def provenance(self, source: Source | None, step: int | None) -> Provenance:
        """Provenance of chains on view, with how they are moved; the facts are known.

        Args:
            source: what they were drawn from; None where that is not known.
            step: kernel step; None where that is not known.
        """
        assert self.facts is not None
        sampling: dict[str, str | int | float | bool] = {"run_seed": self.facts.configuration.seed}
        if step is not None:
            sampling["steps"] = step
        if self.kernel is not None:
            sampling["kernel"] = self.kernel.name
        if self.snapshot is not None:
            sampling["training"] = self.snapshot.training
        return Provenance(() if source is None else (source,), sampling)

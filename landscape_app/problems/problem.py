"""Problem for a model to learn: a data set, and the configuration to start from."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from landscape_app.data import Dataset
from landscape_app.language import tr
from landscape_app.learning import FITS, MinMaxEnt
from landscape_app.learning.schedule import Schedule
from landscape_app.models import MODELS
from landscape_app.models.energy import EnergySource
from landscape_app.physics.kernels import KERNELS
from landscape_app.physics.ladder import MOST_REPLICAS
from landscape_app.physics.space import Space
from landscape_app.problems.networks import CONVOLUTIONS, NETWORKS, OF_IMAGES, PERCEPTRON, Sizes

MOST_CHAINS = 65_536
MOST_OBSERVABLES = 1_024
MOST_EPOCHS = 1_000_000
MOST_LAYERS = 8
MOST_COMPONENTS = 256
MOST_MEMBERS = 64

INDEPENDENT, AUTOREGRESSIVE = "independent", "autoregressive"
BASES = (INDEPENDENT, AUTOREGRESSIVE)
"""Base measures of images: independent pixels, by counting; every pixel given those before it, learned."""

STRIDES = (1, 2, 4)

NAMED: tuple[tuple[str, str, Collection[str]], ...] = (
    ("model", "model", MODELS),
    ("planned_for", "model", MODELS),
    ("fit", "way of fitting", FITS),
    ("network", "network", NETWORKS),
    ("base", "base measure", BASES),
    ("kernel", "kernel", KERNELS),
)
"""Settings that are names, with what is called so and the names that there are."""


class Range(NamedTuple):
    """Values that a setting may have.

    Attributes:
        words: what it is.
        least: of its values.
        most: likewise.
        is_optional: whether it may be None.
    """

    words: str
    least: float
    most: float
    is_optional: bool = False


RANGES = {
    "chains": Range(tr("the number of chains"), 2, MOST_CHAINS),
    "replicas": Range(tr("the number of replicas"), 1, MOST_REPLICAS),
    "balance": Range(tr("the number of balancing ladders"), 0, MOST_CHAINS),
    "units": Range(tr("the number of hidden units"), 0, MOST_OBSERVABLES, is_optional=True),
    "members": Range(tr("the number of members"), 1, MOST_MEMBERS),
    "widening": Range(tr("the base measure's widening"), 0.1, 100),
    "components": Range(tr("the base measure's components"), 1, MOST_COMPONENTS, is_optional=True),
    "planned_epochs": Range(tr("the number of epochs"), 1, MOST_EPOCHS),
}

TRAINING_SHARE, UNSOLVED_SHARE = 0.5, 0.9
"""Of planned seconds, those of epochs: where fresh chains solve the weights of modes at the end, and where they are
looked at only."""


@dataclass(frozen=True)
class Configuration:
    """Everything that, with the data, determines a run.

    Attributes:
        problem: name of what is learned.
        seed: of every random number.
        training_size: items to learn from, the others are held out; None takes the data set's own split.
        chains: chains at β = 1 that train: persistent ones, or columns of a ladder.
        replicas: temperatures of each, from the base measure to the model, when training begins; 1 for none.
            Weighted chains without replicas train best; alone they keep the weights of modes the better the more
            they are.
        balance: ladders that follow chains without replicas, and tell the weights of modes (`learning.balance`);
            0 for none.
        observables: number K of observables.
        model: kind of model, a name in `MODELS`.
        fit: way of fitting, a name in `FITS`; None for the model's own.
        units: hidden units, of a model that has any; None for as many as the model has by default.
        energy: the user's own energy, of the model "energy"; None for any other.
        network: a name in `NETWORKS`; None for the usual one (`network_on`).
        channels: channels of the observables' two convolutions, of images.
        stride: of the first of them, one of `STRIDES`.
        members: such networks, each of so many observables, that learn apart and are averaged (`learning.committee`).
        hidden: units of the observables' hidden layers, of a perceptron.
        base: one of `BASES`, of observables; what is not an image of levels has one base measure of its own.
        pseudo_count: added to every level's count in the base measure's per-site marginals, of levels and spins.
        smoothing: by which these spread, in levels; with the pseudo-count the best by leave-one-out.
        widening: the base measure's deviation over that of the data, on the line; within a component, of several.
        components: of the base measure on the line and of numbers beside categories; None for mixtures
            of several numbers together, as cross-validation within the training set weights them.
        kernel: a name in `KERNELS`.
        planned_epochs: length of training in epochs, by which the learning rates are annealed.
        planned_seconds: length in seconds instead, fresh chains at the end included, where it is not None.
        schedule: how an epoch is done.
        planned_for: kind of model, a name in `MODELS`, that epochs and schedule suit alone; None where they suit all.

    Raises:
        ValueError: a value outside its range, with the range.
    """

    problem: str = "digits"
    seed: int = 0
    training_size: int | None = None
    chains: int = 1_536
    replicas: int = 1
    balance: int = 0
    observables: int = 16
    model: str = "observables"
    fit: str | None = None
    units: int | None = None
    energy: EnergySource | None = None
    network: str | None = None
    channels: tuple[int, int] = OF_IMAGES[CONVOLUTIONS]
    stride: int = 1
    members: int = 1
    hidden: tuple[int, ...] = (32, 32)
    base: str = INDEPENDENT
    pseudo_count: float = 0.05
    smoothing: float = 1.0
    widening: float = 2.0
    components: int | None = 1
    kernel: str = "discrete-langevin"
    planned_epochs: int = 1_500
    planned_seconds: float | None = None
    schedule: Schedule = field(default_factory=Schedule)
    planned_for: str | None = None

    def __post_init__(self) -> None:
        for name, called, known in NAMED:
            value = getattr(self, name)
            # None is right where it is the default.
            if value not in (getattr(Configuration, name), *known):
                raise ValueError(f"no {called} is called {value!r}; choose from {', '.join(known)}")
        for name, (words, least, most, is_optional) in RANGES.items():
            value = getattr(self, name)
            if not (is_optional and value is None) and not least <= value <= most:
                raise ValueError(
                    tr(
                        "{what} must be {least} to {most}, got {got}",
                        what=words,
                        least=least,
                        most=most,
                        got=value,
                    )
                )
        if not 0 <= self.seed < 2**63:
            raise ValueError(
                tr("the seed must be a whole number from 0 to 2⁶³ − 1, got {seed}", seed=self.seed)
            )
        if not 1 <= self.observables <= MOST_OBSERVABLES:
            raise ValueError(tr("the number of observables must be 1 to {most}", most=MOST_OBSERVABLES))
        if len(self.channels) != 2 or not all(1 <= c <= MOST_OBSERVABLES for c in self.channels):
            raise ValueError(tr("two numbers of channels from 1 to {most} are needed", most=MOST_OBSERVABLES))
        if self.model == "energy" and self.energy is None:
            raise ValueError(
                tr("the model “energy” needs an energy of your own: a formula, or a Python file")
            )
        if self.stride not in STRIDES:
            strides = ", ".join(map(str, STRIDES))
            raise ValueError(
                tr("the stride must be one of {strides}, got {stride}", strides=strides, stride=self.stride)
            )
        if not 1 <= len(self.hidden) <= MOST_LAYERS or not all(
            1 <= h <= MOST_OBSERVABLES for h in self.hidden
        ):
            raise ValueError(
                tr(
                    "1 to {layers} hidden layers of 1 to {units} units are needed",
                    layers=MOST_LAYERS,
                    units=MOST_OBSERVABLES,
                )
            )
        if self.is_base_learned:
            self._check_learned_base()
        if not 0 < self.pseudo_count <= 1e6:
            raise ValueError(tr("the pseudo-count must be positive, got {count}", count=self.pseudo_count))
        if not 0 <= self.smoothing <= 1e3:
            raise ValueError(
                tr("the smoothing must be 0 to 1,000 levels, got {smoothing}", smoothing=self.smoothing)
            )
        if self.planned_seconds is not None and not 0 < self.planned_seconds < math.inf:
            raise ValueError(
                tr("the seconds of training must be positive, got {seconds}", seconds=self.planned_seconds)
            )

    def _check_learned_base(self) -> None:
        """Refuses what a learned base measure cannot go with."""
        if self.model != "observables" or self.way_of_fitting != "min-maxent":
            raise ValueError(
                tr(
                    "an autoregressive base measure goes with learned observables that are fitted by Min-MaxEnt; "
                    "choose these, or the base measure “independent”"
                )
            )
        if self.replicas > 1 or self.members > 1:
            raise ValueError(
                tr(
                    "over an autoregressive base measure one network trains by samples of it: leave out replicas and "
                    "members, or choose the base measure “independent”"
                )
            )

    @property
    def is_base_learned(self) -> bool:
        """True if the base measure is learned before the energy."""
        return self.base == AUTOREGRESSIVE

    def network_on(self, space: Space) -> str:
        """Name of the network in `NETWORKS`: if none is chosen, the paper's on images, else a perceptron."""
        return self.network or (CONVOLUTIONS if space.is_image else PERCEPTRON)

    @property
    def sizes(self) -> Sizes:
        """Sizes of the network."""
        return Sizes(self.observables, self.members, self.channels, self.stride, self.hidden)

    @property
    def way_of_fitting(self) -> str:
        """Name of the way of fitting in `FITS`."""
        return self.fit or MODELS[self.model].default_fit

    def epochs_in_all(self, epochs: float, seconds: float) -> float:
        """Epochs of the planned training, by so many in so many seconds where it is planned in these."""
        done = self.share_done(epochs, seconds)
        return epochs / done if done > 0 else self.planned_epochs

    def rate_in_effect(self, epochs: float, items: int) -> float:
        """Learning rate of θ in effect before it falls, of which `schedule.theta_rate` is the limit.

        Args:
            epochs: of the planned training.
            items: that it learns from.
        """
        takes_path = issubclass(FITS[self.way_of_fitting], MinMaxEnt)
        return self.schedule.rate_of(epochs, items) if takes_path else self.schedule.theta_rate

    @property
    def given_energy(self) -> EnergySource | None:
        """The user's own energy where it is the model; None of any other model."""
        return self.energy if self.model == "energy" else None

    @property
    def hidden_units(self) -> int:
        """Number of hidden units that are asked for, or that the model has by default."""
        return MODELS[self.model].default_units if self.units is None else self.units

    @property
    def training_seconds(self) -> float | None:
        """Seconds of epochs, where a length in seconds is planned: the rest is for fresh chains at the end."""
        if self.planned_seconds is None:
            return None
        return self.planned_seconds * (TRAINING_SHARE if self.solves_modes else UNSOLVED_SHARE)

    def share_done(self, epochs: float, seconds: float) -> float:
        """Share of the planned training that so many epochs in so many seconds are, 0 to 1."""
        if self.training_seconds is not None:
            return min(1.0, seconds / self.training_seconds)
        return min(1.0, epochs / self.planned_epochs)

    @property
    def solves_modes(self) -> bool:
        """True if the end of the training solves the weights of modes on fresh chains."""
        return self.model in FITS[self.way_of_fitting].solves_modes_of and not self.is_base_learned

    @property
    def balances(self) -> bool:
        """True if ladders follow the chains and tell the weights of modes."""
        kind = FITS[self.way_of_fitting]
        return self.balance > 0 and self.replicas == 1 and kind.balances and not self.is_base_learned

    def as_dict(self) -> dict[str, Any]:
        """The configuration as plain JSON values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Configuration:
        """A configuration from plain JSON values, as a run file carries them.

        Raises:
            ValueError: an unknown name, or a value of the wrong type or range.
        """
        try:
            plain = dict(values)
            own = plain.get("energy") or {}
            for kind, found in ((cls, plain), (Schedule, plain.get("schedule", {})), (EnergySource, own)):
                unknown = sorted(set(found) - {field.name for field in fields(kind)})
                if unknown:
                    raise ValueError(
                        tr(
                            "not a configuration of this version: there is no setting “{name}”",
                            name=unknown[0],
                        )
                    )
            schedule = Schedule(**plain.pop("schedule", {}))
            for name in ("channels", "hidden"):
                plain[name] = tuple(plain.get(name, getattr(cls, name)))
            if own:
                plain["energy"] = EnergySource(**own)
            return cls(schedule=schedule, **plain)
        except (TypeError, AttributeError) as error:
            raise ValueError(
                tr("not a configuration of this version: a setting is missing, or of another kind")
            ) from error


@dataclass(frozen=True)
class Problem:
    """A data set to learn and the configuration to start from.

    Attributes:
        name: on the command line and in run files.
        title: in the window.
        space: of its items.
        load: reads or draws the data; None where they are a person's own.
        defaults: the configuration a new run starts from.
        seconds: how long the command line trains where nobody says; None for the planned epochs.
    """

    name: str
    title: str
    space: Space
    load: Callable[[], Dataset] | None
    defaults: Configuration
    seconds: float | None = None

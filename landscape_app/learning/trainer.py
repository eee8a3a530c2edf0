"""A way to fit a model: what every trainer has in common, and the record of an epoch."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.learning.batches import Batches
from landscape_app.learning.ensembles import Ensemble
from landscape_app.learning.scaling import RootMeanSquareScaling
from landscape_app.learning.schedule import Schedule
from landscape_app.models.model import HiddenSplit, Model, SplitMeans
from landscape_app.physics.averages import weighted_mean
from landscape_app.physics.host import check_shape, random_state, read_back, restore_random
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.space import Space

MONITOR_INTERVAL = 10
"""Epochs between two looks at the energies of whole data sets."""

LEAST_RATE_SHARE = 0.02
"""Share that annealing leaves of the learning rates."""

CHECKPOINT_INTERVAL = 100
"""Epochs between two states that training can go back to."""

CAUTION = 0.5
"""Factor of the learning rates when training has gone back."""

MOST_RECOVERIES = 8

AVERAGED_SHARE = 0.1
"""Of all epochs so far, the last ones over which the average of the parameters looks back."""

RESTING_MOVES = 10
"""Of the ensemble, when the model takes its averaged parameters."""


def shrunk(factor: float, share: float, least_share: float) -> float:
    """A smaller factor of an update across which importance weights keep too small a share of their worth.

    Weights exp(−s ΔH) with Var ΔH = v keep about 1/(1 + s² v) of the effective sample size.

    Args:
        factor: s of the update that was tried.
        share: what it keeps.
        least_share: what it is to keep.
    """
    if share <= 0:
        return 0.1 * factor
    return factor * min(0.95 * math.sqrt((1 / least_share - 1) / (1 / share - 1)), 0.8)


ADVICE = tr("Try a smaller learning rate of θ, more moves an epoch, or another seed.")


class DivergenceError(RuntimeError):
    """Training met a number that is not finite, lost its constraints or came to a halt."""


@dataclass(frozen=True)
class EpochRecord:
    """Measurements of one epoch; numbers and host arrays only. A way of training adds its own.

    Attributes:
        epoch: from 1.
        seconds: training time so far.
        energy_training: ⟨H⟩ over the training set, nats, at the last look (every `MONITOR_INTERVAL` epochs).
        energy_held_out: ⟨H⟩ over the validation set, nats, at the same time.
        energy_model: ⟨H⟩ of the model, nats, at the same time.
        acceptance_rate: of the kernel at β = 1.
        step_size: of the kernel at β = 1, in units of x.
        recoveries: how often training has gone back to an earlier state so far.
    """

    epoch: int
    seconds: float
    energy_training: float
    energy_held_out: float
    energy_model: float
    acceptance_rate: float
    step_size: float
    recoveries: int

    @property
    def summary(self) -> str:
        """The numbers of its own that a way of training is watched by, for a line of progress."""
        return ""


class Energies(NamedTuple):
    """⟨H⟩ of training set, validation set and model at one time, nats."""

    training: float
    held_out: float
    model: float


class HiddenMeans(NamedTuple):
    """Energy, entropy and free energy of the hidden units at one time: means over training set and model."""

    training: SplitMeans
    model: SplitMeans

    @classmethod
    def of(cls, figures: Tensor) -> HiddenMeans:
        """From the numbers of both, shape (2, 6), on the host."""
        training, model = figures.double().tolist()
        return cls(SplitMeans(*training), SplitMeans(*model))


class Checkpoint(NamedTuple):
    """A state to go back to: parameters, their average and velocity, the gradients' scalings, the ensemble."""

    parameters: list[Tensor]
    average: list[Tensor]
    velocity: list[Tensor]
    scalings: dict[str, dict[str, Any]]
    ensemble: dict[str, Tensor]


class Live(NamedTuple):
    """State that training goes on from, while the model rests on other parameters.

    Attributes:
        parameters: of the model (`Model.values`).
        ensemble: its state under them.
        random: state of its generator.
    """

    parameters: list[Tensor]
    ensemble: dict[str, Tensor]
    random: Tensor


class Trainer(ABC):
    """A way to fit a model; one kind a file of `learning`.

    While it trains, the parameters wander about where they are going to, the more the larger the rates. Their
    average is the better model (Polyak and Juditsky 1992): at rest that is what the model holds, and the next epoch
    goes on from where training was, as if there had been no rest.

    Args:
        model: trained in place.
        training: training set, shape (n, *shape).
        held_out: validation set, shape (m, *shape); takes no part in any update.
        ensemble: samples of the model while it trains.
        schedule: how an epoch is done.
        seed: of the batches that epochs look at, where the training set is too large for all of it (`Batches`).
        weights: of the training set, positive, shape (n,); None where its items count alike.
        held_out_weights: of the validation set, likewise, shape (m,).

    Attributes:
        average: of the parameters (`Model.values`), over about the last `AVERAGED_SHARE` of the epochs.
        velocity: their last change, before it was shrunk.
        seed: of its random numbers but the ensemble's.
        scalings: of the gradients of the parameters, by the parameter's name.
        live: where training goes on from; None but at rest.
        epoch: epochs done.
        seconds: training time so far.
        progress: share of the planned training that is done, set by whoever knows the plan; 0 where there is none,
            and the rates then stay as they are.
        recoveries: how often training has gone back to an earlier state.
        balanced_at: the last epoch in which modes were given other weights than the chains' history says; 0 for none.
        evaluations: of the energy for training so far, of single configurations.
        energies: of the whole data sets at the last look; None before the first.
        hidden: of the hidden units at the last look; None before the first, and of a model without any.
    """

    record: ClassVar[type[EpochRecord]] = EpochRecord
    """Kind of the report of an epoch."""

    title: ClassVar[str]
    """Way of fitting, for people."""

    approximates: ClassVar[str]
    """Relation to maximum likelihood, in words."""

    may_weigh: ClassVar[bool] = True
    """False if the ensemble carries no weights, whatever the schedule says."""

    fits_given: ClassVar[bool] = False
    """True of the way that leaves an energy as it is given."""

    may_climb: ClassVar[bool] = True
    """False if the ensemble is no ladder, however many replicas are asked for."""

    may_share: ClassVar[bool] = False
    """True of the way that several ranks can do together."""

    learns_from_chains: ClassVar[bool] = False
    """True of the way whose updates take the model's averages from the ensemble; else it is something to look at."""

    balances: ClassVar[bool] = False
    """True of the way that has ladders tell chains without replicas the weights of modes."""

    solves_modes_of: ClassVar[tuple[str, ...]] = ()
    """Names of the models for which the end of the training solves the weights of modes on fresh chains."""

    def __init__(
        self,
        model: Model,
        training: Tensor,
        held_out: Tensor,
        ensemble: Ensemble,
        schedule: Schedule,
        seed: int = 0,
        weights: Tensor | None = None,
        held_out_weights: Tensor | None = None,
    ) -> None:
        self.check(model)
        self.model = model
        self.training, self.weights = training, weights
        self.batches = Batches(training, schedule.batch, seed, weights)
        self._monitored = self.batches.monitored
        self.held_out, self._held_out_weights = held_out, held_out_weights
        self.ensemble = ensemble
        ensemble.most_drawn = model.most_drawn
        self.ranks = ensemble.ranks
        self.schedule = schedule
        self.scalings: dict[str, RootMeanSquareScaling] = {}
        self.average = self.model.values()
        self.velocity = [torch.zeros_like(p) for p in self.average]
        self.live: Live | None = None
        self.seed = seed
        self.epoch = 0
        self.seconds = 0.0
        self.progress = 0.0
        self.recoveries = 0
        self.balanced_at = 0
        self.evaluations = 0
        self.energies: Energies | None = None
        self.hidden: HiddenMeans | None = None
        self._checkpoint: Checkpoint | None = None
        self._prepare()

    def _prepare(self) -> None:  # noqa: B027
        """Makes what a way of fitting has of its own; by default nothing."""

    @classmethod
    def obstacle(cls, model: type[Model], space: Space) -> str:
        """Reason why a kind of model cannot be fitted so on a space, and what to choose; empty where it can."""
        return ""

    @classmethod
    def check(cls, model: Model) -> None:
        """Refuses a model that cannot be fitted so.

        Raises:
            ValueError: says why, and what to choose.
        """
        if model.is_given and not cls.fits_given:
            raise ValueError(
                tr(
                    "{way} has nothing to fit: the model “{model}” has no parameters, its energy is given",
                    way=cls.title,
                    model=model.title,
                )
            )
        found = cls.obstacle(type(model), model.space)
        if found:
            raise ValueError(found)

    @abstractmethod
    def _epoch(self) -> EpochRecord:
        """One epoch: moves the ensemble, measures, updates the parameters.

        Raises:
            DivergenceError: a number is not finite, or training has come to a halt.
        """

    @property
    def metrics(self) -> dict[str, tuple[int, ...]]:
        """Shape of every number that an epoch reports, by its name in the history."""
        return dict.fromkeys((field.name for field in fields(self.record)), ())

    @property
    def is_resting(self) -> bool:
        """True if the model holds other parameters than training goes on from."""
        return self.live is not None

    @property
    def is_preparing(self) -> bool:
        """True while the base measure is still fitted: what was found of the model does not hold for it later."""
        return False

    @property
    def is_sound(self) -> bool:
        """True if the state is one to go back to."""
        return True

    @property
    def rate_share(self) -> float:
        """The learning rates over those of the schedule: 1, annealed; less after a divergence."""
        left = (1 - self.progress) / (1 - self.schedule.anneal_from)
        return min(1.0, max(LEAST_RATE_SHARE, left)) * CAUTION**self.recoveries

    def advance(self) -> EpochRecord:
        """One epoch that comes to its end: where it diverges, back to the last good state and on with smaller steps.

        Where anything else fails, as by too little memory, all is as it was before the epoch, to the last bit.

        Raises:
            DivergenceError: even that did not help; the last good state is kept.
        """
        with self._undone_by_failure():
            while True:
                try:
                    return self.run_epoch()
                except DivergenceError:
                    if not self.recover():
                        raise

    def run_epoch(self) -> EpochRecord:
        """One epoch.

        Raises:
            DivergenceError: a number is not finite, or training has come to a halt; the state before the epoch is
                restored.
        """
        self._go_on()
        before, epoch = self._state(), self.epoch
        start = time.perf_counter()
        try:
            if self._checkpoint is None or (self.epoch % CHECKPOINT_INTERVAL == 0 and self.is_sound):
                self._checkpoint = before
            record = self._epoch()
        except DivergenceError:
            self._go_to(before)
            self.epoch = epoch
            raise
        self.seconds += time.perf_counter() - start
        return replace(record, seconds=self.seconds)

    def rest(self, parameters: list[Tensor] | None = None) -> None:
        """Lets the model take its averaged parameters, or those given, and the ensemble follow.

        Where that fails, as by too little memory, nothing has changed.
        """
        with self._undone_by_failure():
            if self.live is None:
                self.live = Live(
                    self.model.values(), self.ensemble.state_dict(), self.ensemble.generator.get_state()
                )
            self.model.set_values(self.average if parameters is None else parameters)
            self.ensemble.follow(self.model.target)
            self.ensemble.run(RESTING_MOVES)

    def adopt(self, parameters: list[Tensor], epoch: int, x: Tensor | None = None) -> None:
        """Goes on from parameters that were found elsewhere, after so many epochs there.

        Args:
            parameters: of the model (`Model.values`).
            epoch: that they count as those of.
            x: a few samples of their model, from which the ensemble goes on, shape (n, *shape); None lets it follow
                from where it is: where that is far from the model, it is to be set down elsewhere.
        """
        self.model.set_values(parameters)
        self.average, self.live = self.model.values(), None
        self.velocity = [torch.zeros_like(v) for v in self.velocity]
        self.epoch = epoch
        if x is None:
            self.ensemble.follow(self.model.target)
        else:
            self.ensemble.start_from(x, self.model.target)

    def look(self) -> None:
        """Looks at the energies of training set, validation set and model now."""
        self.energies = self._look_at_energies()

    def recover(self) -> bool:
        """After a divergence: back to the last good checkpoint, with smaller steps; False when that is exhausted."""
        if self._checkpoint is None or self.recoveries >= MOST_RECOVERIES:
            return False
        self._go_to(self._checkpoint)
        self.velocity = [torch.zeros_like(v) for v in self.velocity]
        self.recoveries += 1
        return True

    def equilibrate(self, values: list[Tensor], ladder: Ladder) -> list[Tensor]:
        """Values from amid the training as they are best for the model at equilibrium: by default these."""
        return values

    def align(self) -> None:
        """Lets all ranks go on from the parameters of the first, should processors have rounded differently."""
        if self.ranks.is_alone:
            return
        lists = self.model.values(), self.average, self.velocity
        found = self.ranks.first(*(value for values in lists for value in values))
        n = len(self.average)
        values, self.average, self.velocity = (list(found[i * n : (i + 1) * n]) for i in range(len(lists)))
        self.model.set_values(values)

    def state_dict(self) -> dict[str, Any]:
        """All that training goes on from, but the model's parameters and the data: a tree of tensors and numbers.

        Where ranks share it, all of them must ask, and each has it whole.
        """
        named = self.model.named
        state: dict[str, Any] = {
            "epoch": self.epoch,
            "seconds": self.seconds,
            "recoveries": self.recoveries,
            "evaluations": self.evaluations,
            "average": named(self.average),
            "velocity": named(self.velocity),
            "scaling": {name: scaling.state_dict() for name, scaling in self.scalings.items()},
            "ensemble": self.ensemble.whole_state(self.ensemble.state_dict()),
            "random": random_state(self.ensemble.generator.get_state(), self.ranks),
        }
        if self.energies is not None:
            state["energies"] = torch.tensor(self.energies, dtype=torch.float64)
        if self.hidden is not None:
            state["hidden"] = torch.tensor(self.hidden, dtype=torch.float64)
        if self.live is not None:
            state["live"] = {
                "parameters": named(self.live.parameters),
                "ensemble": self.ensemble.whole_state(self.live.ensemble),
                "random": random_state(self.live.random, self.ranks),
            }
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on from a state, the model's parameters loaded before.

        Raises:
            KeyError, RuntimeError, TypeError or ValueError: the state is not whole, or of another model.
        """
        model, ensemble = self.model, self.ensemble
        self.live = None
        if "live" in state:
            live, at_rest = state["live"], model.values()
            model.set_values(model.values_of(live["parameters"]))
            ensemble.load_state_dict(ensemble.own_state(live["ensemble"]), model.target)
            restore_random(ensemble.generator, live["random"], self.ranks)
            self.live = Live(model.values(), ensemble.state_dict(), ensemble.generator.get_state())
            model.set_values(at_rest)
        ensemble.load_state_dict(ensemble.own_state(state["ensemble"]), model.target)
        restore_random(ensemble.generator, state["random"], self.ranks)
        parameters = dict(model.named_parameters())
        for name, scaling in self.scalings.items():
            scaling.load_state_dict(state["scaling"][name], parameters[name])
        self.average, self.velocity = model.values_of(state["average"]), model.values_of(state["velocity"])
        self.epoch, self.recoveries = int(state["epoch"]), int(state["recoveries"])
        self.evaluations, self.seconds = int(state["evaluations"]), float(state["seconds"])
        self.energies = self.hidden = None
        if "hidden" in state:
            check_shape("hidden", state["hidden"], (len(HiddenMeans._fields), len(SplitMeans._fields)))
            self.hidden = HiddenMeans.of(state["hidden"])
        if self.epoch:
            check_shape("energies", state["energies"], (len(Energies._fields),))
            self.energies = Energies(*state["energies"].tolist())

    def _end_epoch(self) -> Energies:
        """Counts an epoch, takes the parameters into their average, and looks at the energies where it is time."""
        self.epoch += 1
        share = 1 / max(1.0, AVERAGED_SHARE * self.epoch)
        self.average = [a.lerp(p, share) for a, p in zip(self.average, self.model.values(), strict=True)]
        if self.energies is None or self.epoch % MONITOR_INTERVAL == 0:
            self.energies = self._look_at_energies()
        return self.energies

    def _common_figures(self, acceptance_rate: float, energies: Energies) -> dict[str, Any]:
        """The fields that every record of an epoch has, by name."""
        return {
            "epoch": self.epoch,
            "seconds": self.seconds,
            "energy_training": energies.training,
            "energy_held_out": energies.held_out,
            "energy_model": energies.model,
            "acceptance_rate": acceptance_rate,
            "step_size": self.ensemble.kernel.step_size,
            "recoveries": self.recoveries,
        }

    def _look_at_energies(self) -> Energies:
        """⟨H⟩ of all sets, and the split of it where there are hidden units, in one transfer."""
        chains, ranks = self.ensemble.own_chains, self.ranks
        of_data, of_model = self.model.split(self._monitored), self.model.split(chains.x)
        hidden: list[Tensor] = []
        if of_data is not None and of_model is not None:
            of_all = HiddenSplit(*ranks.gather(len(chains), *of_model))
            hidden = [of_data.means(counts=self.batches.weights), of_all.means(chains.log_weights)]
        of_training, of_held_out, of_chains = self._energies_of_all(chains.energy)
        *means, figures = read_back(
            weighted_mean(of_training, self.batches.weights),
            weighted_mean(of_held_out, self._held_out_weights),
            chains.log_weights.softmax(0) @ of_chains,
            torch.cat(hidden) if hidden else of_chains.new_zeros(0),
        )
        energies = Energies(*ranks.agreed(*map(float, means)))
        if not all(math.isfinite(energy) for energy in energies):
            raise self._divergence(tr("an energy"))
        self.hidden = HiddenMeans.of(figures.view(2, -1)) if hidden else None
        return energies

    def _energies_of_all(self, of_chains: Tensor) -> tuple[Tensor, ...]:
        """H of the items that are looked at and of the chains, those of all ranks, by those of this one's chains."""
        energy, ranks = self.model.target.hamiltonian.energy, self.ranks
        sets = (self._monitored, self.held_out)
        if ranks.is_alone:
            return *map(energy, sets), of_chains
        parts = [(energy(items[ranks.own(len(items))]), len(items)) for items in sets]
        return ranks.sum(*(ranks.placed(part, n) for part, n in (*parts, (of_chains, len(self.ensemble)))))

    def _divergence(self, what: str) -> DivergenceError:
        return DivergenceError(
            tr(
                "{what} became infinite or undefined in epoch {epoch}; the last good state is kept. {advice}",
                what=what,
                epoch=self.epoch + 1,
                advice=ADVICE,
            )
        )

    def _go_on(self) -> None:
        """Back to where training was."""
        if self.live is None:
            return
        self.model.set_values(self.live.parameters)
        self.ensemble.load_state_dict(self.live.ensemble, self.model.target)
        self.ensemble.generator.set_state(self.live.random)
        self.live = None

    @contextmanager
    def _undone_by_failure(self) -> Iterator[None]:
        """Puts everything back where the block fails, but for a divergence, which has gone back itself.

        Nothing is computed for that, as there may be no memory for it.
        """
        parameters, own, go_back = self.model.values(), dict(vars(self)), self.ensemble.bookmark()
        scalings = [(scaling, dict(vars(scaling))) for scaling in self.scalings.values()]
        try:
            yield
        except DivergenceError:
            raise
        except Exception:
            self.model.set_values(parameters)
            for part, values in ((self, own), *scalings):
                vars(part).update(values)
            go_back()
            raise

    def _state(self) -> Checkpoint:
        scalings = {name: dict(vars(scaling)) for name, scaling in self.scalings.items()}
        return Checkpoint(
            self.model.values(), self.average, self.velocity, scalings, self.ensemble.state_dict()
        )

    def _go_to(self, state: Checkpoint) -> None:
        self.model.set_values(state.parameters)
        self.average, self.velocity = state.average, state.velocity
        for name, of_scaling in state.scalings.items():
            vars(self.scalings[name]).update(of_scaling)
        self.ensemble.load_state_dict(state.ensemble, self.model.target)

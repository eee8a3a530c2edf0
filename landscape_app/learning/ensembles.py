"""Ensembles for ⟨·⟩_P in training: chains at β = 1, or a ladder of replicas; either may carry weights."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from landscape_app.learning.schedule import Schedule
from landscape_app.physics.chains import Chains
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import DeviceReading, check_shape, check_steps
from landscape_app.physics.kernels import Kernel
from landscape_app.physics.kernels.kernel import State
from landscape_app.physics.ladder import Ladder, tuning_on
from landscape_app.physics.replica_pool import free_energies, pooled_log_weights
from landscape_app.physics.resampling import effective_count, effective_sample_size, systematic_resample, thin
from landscape_app.physics.weighted_samples import WeightedSamples

RESPACE_STEPS = 50
"""Steps of a ladder between two moves of its temperatures."""

POOLED_PER_COLUMN = 4
"""Most replicas a column whose observables are evaluated for an update; the others' weight is passed on to them."""


BALANCING = "balancing_"
"""Prefix of the balancing ladders' arrays among those of an ensemble."""

MOST_DRAWN = 768
"""Most chains without replicas whose observables are evaluated for an update."""


class Motion(NamedTuple):
    """Report of a move of an ensemble.

    Attributes:
        acceptance_rate: of the kernel at β = 1.
        resampled: whether a weighted ensemble was resampled.
        swap_rate: of the pair of neighbouring temperatures that swaps least; NaN without a ladder.
        weight_share: effective sample size of its weights over their number, before it was resampled.
    """

    acceptance_rate: float
    resampled: bool
    swap_rate: float
    weight_share: float


class Ensemble(ABC):
    """Ensemble that training takes ⟨·⟩_P from.

    Args:
        mover: the chains or the ladder.
        weighted: whether it carries importance weights for the changes it lives through, one for each of its
            chains at β = 1.
        resample_share: a weighted ensemble is resampled below this share of their number.
    """

    def __init__(self, mover: Chains | Ladder, weighted: bool, resample_share: float) -> None:
        self._mover = mover
        self.weighted = weighted
        self.resample_share = resample_share
        self.log_weights = mover.energy.new_zeros(len(mover))

    @property
    def kernel(self) -> Kernel:
        """Kernel that moves the chains."""
        return self._mover.kernel

    @property
    def _movers(self) -> tuple[Chains | Ladder, ...]:
        """All that is moved."""
        return (self._mover,)

    @property
    def generator(self) -> torch.Generator:
        """Its random state."""
        return self._mover.generator

    @property
    def chains_at_one(self) -> WeightedSamples:
        """The chains at β = 1, weighted."""
        return WeightedSamples(self._mover.x, self._mover.energy, self.log_weights)

    @property
    def on_view(self) -> WeightedSamples:
        """Chains to look at, as the chains at β = 1 are; looking at them changes nothing."""
        return self.chains_at_one

    @property
    def weight_share(self) -> float:
        """Effective sample size of its weights over their number."""
        return effective_sample_size(self.log_weights) / len(self)

    @property
    def on_step(self) -> Callable[[], None] | None:
        """Called after every kernel step."""
        return self._mover.on_step

    @on_step.setter
    def on_step(self, look: Callable[[], None] | None) -> None:
        self._mover.on_step = look

    def __len__(self) -> int:
        """Number of chains at β = 1."""
        return len(self._mover)

    @property
    @abstractmethod
    def size(self) -> int:
        """Number of configurations that a move moves."""

    @property
    @abstractmethod
    def samples(self) -> WeightedSamples:
        """All there is that says something of the model, weighted; looking at it changes nothing."""

    @abstractmethod
    def run(self, moves: int) -> DeviceReading[Motion]:
        """Moves every chain; resamples then where the weights have become too uneven. Waits for nothing."""

    @abstractmethod
    def draw(self, most: int = MOST_DRAWN) -> WeightedSamples:
        """Weighted samples of the model for an update, as many as are worth evaluating.

        Args:
            most: of chains without replicas.
        """

    def ahead(self, samples: WeightedSamples, target: Target) -> State:
        """Samples that were drawn last, under parameters that are tried; `follow` need not evaluate them anew."""
        return State(samples.x, target.hamiltonian.energy(samples.x), None)

    @abstractmethod
    def follow(self, target: Target, ahead: State | None = None) -> None:
        """Goes on under changed parameters, and carries the weights over where there are any.

        Args:
            target: with these parameters.
            ahead: samples under them, where they have been looked at.
        """

    @abstractmethod
    def state_dict(self) -> dict[str, Tensor]:
        """All that going on depends on but the random state."""

    @abstractmethod
    def load_state_dict(self, state: Mapping[str, Tensor], target: Target) -> None:
        """Goes back to a state, under a target.

        Raises:
            ValueError: an array of another shape, or temperatures that do not rise from 0 to 1.
            KeyError: an array is missing.
        """

    def start_from(self, x: Tensor, target: Target) -> None:
        """Goes on under a target from a few of its samples, over again as often as there are chains.

        By default as `follow`: what is weighted by its own energies needs no start.

        Args:
            x: samples, shape (n, *shape).
            target: that they are of.
        """
        self.follow(target)

    def bookmark(self) -> Callable[[], None]:
        """Remembers where it is; what is returned puts it back there to the last bit, and computes nothing."""
        random = self.generator.get_state()
        here = [(part, dict(vars(part))) for part in (self, *self._movers)]
        tuned = [
            (kernel, {name: _copied(value) for name, value in vars(kernel).items()})
            for kernel in (mover.kernel for mover in self._movers)
        ]

        def go_back() -> None:
            for part, values in (*here, *tuned):
                # What has been set since is to go, too.
                vars(part).clear()
                vars(part).update(values)
            self.generator.set_state(random)

        return go_back

    def _resample(self) -> Tensor:
        """Selects chains in proportion to their weights where these are too uneven; their share before, a scalar.

        The host does not know whether they were: where they were not, each is selected once.
        """
        if not self.weighted:
            return torch.ones_like(self.log_weights[0])
        share = effective_count(self.log_weights) / len(self)
        uneven = share < self.resample_share
        each = torch.arange(len(self), device=share.device)
        drawn = systematic_resample(self.log_weights, len(self), self.generator)
        self._mover.select(torch.where(uneven, drawn, each))
        self.log_weights = torch.where(uneven, 0.0, self.log_weights)
        return share

    def _is_uneven(self, share: Tensor) -> bool:
        """True if such a share has led to a resampling."""
        return self.weighted and bool(share < self.resample_share)

    def _thinned(self, most: int) -> WeightedSamples:
        """At most so many of the samples, the rest of the weight passed on to them without a bias."""
        everything = self.samples
        if len(everything) <= most:
            return everything
        chosen, log_weights = thin(everything.log_weights, most, self.generator)
        return WeightedSamples(everything.x[chosen], everything.energy[chosen], log_weights)

    def _reweight(self, log_ratio: Tensor) -> None:
        """The weights take up a change, where there are any."""
        if self.weighted:
            log_weights = self.log_weights + log_ratio
            self.log_weights = log_weights - log_weights.max()


class ChainEnsemble(Ensemble):
    """Persistent chains at β = 1.

    Args:
        chains: they.
        weighted: whether they carry importance weights (`Ensemble`).
        resample_share: below which they are resampled.
        balancing: ladders that follow the model, and tell the weights of modes (`learning.balance`); None for none.
    """

    def __init__(
        self, chains: Chains, weighted: bool, resample_share: float, balancing: Ladder | None = None
    ) -> None:
        super().__init__(chains, weighted, resample_share)
        self.chains = chains
        self.balancing = balancing

    @property
    def _movers(self) -> tuple[Chains | Ladder, ...]:
        return (self.chains,) if self.balancing is None else (self.chains, self.balancing)

    @property
    def size(self) -> int:
        """Number of chains."""
        return len(self)

    def cross(self, target: Target, moves: int, takes: int) -> Tensor:
        """Moves the balancing ladders under a target; samples at β = 1, shape (takes · ladders, *shape)."""
        ladder = self.balancing
        assert ladder is not None
        ladder.retarget(target)
        taken = []
        for _ in range(takes):
            ladder.advance(moves // takes)
            taken.append(ladder.x)
        ladder.respace()
        return torch.cat(taken)

    def keep_weights(self, target: Target) -> None:
        """Goes on under a model whose modes have been given the weights of the chains, which keep theirs."""
        self.chains.retarget(target)

    @property
    def samples(self) -> WeightedSamples:
        """All the chains, weighted."""
        return self.chains_at_one

    def run(self, moves: int) -> DeviceReading[Motion]:
        """Moves every chain; resamples then where the weights have become too uneven."""
        sweep = self.chains.advance(moves)

        def meaning(share: Tensor, *rest: Tensor) -> Motion:
            rate = sweep.meaning(*rest).acceptance_rate
            return Motion(rate, self._is_uneven(share), float("nan"), float(share))

        return DeviceReading((self._resample(), *sweep.tensors), meaning)

    def draw(self, most: int = MOST_DRAWN) -> WeightedSamples:
        """The chains, weighted; where they are very many, some of them, without a bias."""
        return self._thinned(most)

    def ahead(self, samples: WeightedSamples, target: Target) -> State:
        """Samples under parameters that are tried; where they are all the chains, as the kernel goes on from them."""
        if samples.x is self.chains.x:
            return self.kernel.init(samples.x, target)
        return super().ahead(samples, target)

    def follow(self, target: Target, ahead: State | None = None) -> None:
        """Goes on under changed parameters; the weights take up exp(H_before − H_after)."""
        looked_at = ahead is not None and ahead.x is self.chains.x
        if not (looked_at or self.weighted) and self.kernel.renews(target):
            self.chains.retarget_later(target)
            return
        before = self.chains.energy
        self.chains.retarget(target, state=ahead if looked_at else None)
        self._reweight(before - self.chains.energy)

    def start_from(self, x: Tensor, target: Target) -> None:
        """Goes on under a target from a few of its samples, all chains of the same weight."""
        self.chains.retarget(target, x[torch.arange(len(self), device=x.device) % len(x)])
        self.log_weights = torch.zeros_like(self.log_weights)

    def state_dict(self) -> dict[str, Tensor]:
        """Positions, weights and step sizes."""
        balancing = {} if self.balancing is None else self.balancing.state_dict()
        return {
            "x": self.chains.x,
            "log_weights": self.log_weights,
            "step_sizes": torch.tensor(self.kernel.step_sizes, dtype=torch.float64),
            **self.kernel.tuning(),
            **{BALANCING + name: tensor for name, tensor in balancing.items()},
        }

    def load_state_dict(self, state: Mapping[str, Tensor], target: Target) -> None:
        """Goes back to a state, under a target."""
        check_shape("x", state["x"], tuple(self.chains.x.shape))
        check_shape("log_weights", state["log_weights"], (len(self),))
        check_shape("step_sizes", state["step_sizes"], (1,))
        check_steps(state["step_sizes"])
        device = self.log_weights.device
        self.kernel.step_sizes = state["step_sizes"].tolist()
        self.kernel.take_tuning(tuning_on(device, state))
        self.chains.retarget(target, state["x"].to(device))
        self.log_weights = state["log_weights"].to(self.log_weights)
        if self.balancing is not None:
            found = {name[len(BALANCING) :]: state[name] for name in state if name.startswith(BALANCING)}
            self.balancing.load_state_dict(found, target)


class LadderEnsemble(Ensemble):
    """A ladder of replicas from the base measure to the model; all of them speak for the model, reweighted.

    With weights, a whole column carries one: the product of those of its replicas, exp(−Σ_b β_b ΔH(x_b)).
    """

    def __init__(self, ladder: Ladder, weighted: bool, resample_share: float) -> None:
        super().__init__(ladder, weighted, resample_share)
        self.ladder = ladder
        self._free = free_energies(ladder.energies, ladder.betas, self.log_weights)

    @property
    def size(self) -> int:
        """Number of replicas in all columns."""
        return len(self) * self.ladder.replicas

    @property
    def samples(self) -> WeightedSamples:
        """All replicas, with the weights that make them samples of the model."""
        ladder = self.ladder
        pooled = pooled_log_weights(ladder.energies, ladder.betas, self.log_weights, self._free_energies())
        return WeightedSamples(ladder.state.x, ladder.state.energy, pooled)

    def run(self, moves: int) -> DeviceReading[Motion]:
        """Moves and exchanges; then resamples columns and moves the temperatures where it is time."""
        statistics = self.ladder.advance(moves)
        before = self._resample()
        if self.ladder.spacing.rounds >= RESPACE_STEPS and self.ladder.respace():
            self._free = free_energies(self.ladder.energies, self.ladder.betas, self.log_weights)

        def meaning(share: Tensor, *rest: Tensor) -> Motion:
            found = statistics.meaning(*rest)
            rates = found.swap_rates[found.swap_rates > 0]
            swap_rate = float(rates.min()) if len(rates) else 0.0
            return Motion(found.acceptance_rate, self._is_uneven(share), swap_rate, float(share))

        return DeviceReading((before, *statistics.tensors), meaning)

    def draw(self, most: int = MOST_DRAWN) -> WeightedSamples:
        """Some of the `samples`, without a bias: those whose weight counts."""
        self._free = self._free_energies()
        return self._thinned(POOLED_PER_COLUMN * len(self))

    def follow(self, target: Target, ahead: State | None = None) -> None:
        """Goes on under changed parameters; the weights take up exp(Σ_b β_b (H_before − H_after))."""
        ladder = self.ladder
        before = ladder.energies
        ladder.retarget(target)
        self._reweight(ladder.betas @ (before - ladder.energies))

    def start_from(self, x: Tensor, target: Target) -> None:
        """Goes on under a target, all replicas of a column but the one at β = 0 from a sample of it."""
        ladder = self.ladder
        ladder.restart(x[torch.arange(len(self), device=x.device) % len(x)])
        ladder.retarget(target)
        self.log_weights = torch.zeros_like(self.log_weights)
        self._free = free_energies(ladder.energies, ladder.betas, self.log_weights)

    def set_down(self, ladder: Ladder, target: Target) -> None:
        """Goes on from replicas of another ladder, at its temperatures: its columns, over again where too few."""
        chosen = torch.arange(len(self), device=ladder.trips.device) % ladder.columns
        state, replicas = ladder.state_dict(), ladder.replicas
        x = state["x"].view(replicas, ladder.columns, *state["x"].shape[1:])
        state["x"] = x[:, chosen].flatten(0, 1)
        state["direction"] = state["direction"][:, chosen]
        state["replica_ids"] = torch.arange(replicas * len(self), device=chosen.device).view(replicas, -1)
        self.ladder.load_state_dict(state, target)
        self.log_weights = torch.zeros_like(self.log_weights)
        self._free = free_energies(self.ladder.energies, self.ladder.betas, self.log_weights)

    def state_dict(self) -> dict[str, Tensor]:
        """The ladder's state, the weights, and the free energies that reweight the replicas."""
        return self.ladder.state_dict() | {"log_weights": self.log_weights, "free_energies": self._free}

    def load_state_dict(self, state: Mapping[str, Tensor], target: Target) -> None:
        """Goes back to a state, under a target."""
        check_shape("log_weights", state["log_weights"], (len(self),))
        check_shape("free_energies", state["free_energies"], tuple(state["betas"].shape))
        self.ladder.load_state_dict(state, target)
        self.log_weights = state["log_weights"].to(self.log_weights)
        self._free = state["free_energies"].to(self.log_weights)

    def _free_energies(self) -> Tensor:
        return free_energies(self.ladder.energies, self.ladder.betas, self.log_weights, self._free)


def _copied(value: object) -> object:
    """Copy of what tuning may change in place."""
    if isinstance(value, Tensor):
        return value.clone()
    return list(value) if isinstance(value, list) else value


def make_ensemble(
    target: Target,
    kernel: Kernel,
    generator: torch.Generator,
    chains: int,
    replicas: int,
    schedule: Schedule,
    balancing: Ladder | None = None,
) -> Ensemble:
    """An ensemble that starts at the base measure.

    Args:
        target: q and H.
        kernel: moves it.
        generator: random state.
        chains: number of chains at β = 1.
        replicas: temperatures of each; one makes chains, more make a ladder.
        schedule: whether it carries weights, and when it is resampled.
        balancing: ladders that tell chains without replicas the weights of modes; None for none.
    """
    if replicas == 1:
        alone = Chains(target.base_measure.sample(chains, generator), target, kernel, generator)
        return ChainEnsemble(alone, schedule.weighted, schedule.resample_share, balancing)
    ladder = Ladder(chains, target, kernel, generator, replicas)
    return LadderEnsemble(ladder, schedule.weighted, schedule.resample_share)

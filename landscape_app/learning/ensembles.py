"""What training takes ⟨·⟩_P from: chains at β = 1, or a ladder of replicas; either may carry importance weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from landscape_app.learning.schedule import Schedule
from landscape_app.physics.chains import Chains
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.kernels import Kernel
from landscape_app.physics.ladder import Ladder, check_shape
from landscape_app.physics.replica_pool import free_energies, pooled_log_weights
from landscape_app.physics.resampling import effective_sample_size, systematic_resample, thin
from landscape_app.physics.reservoir import Reservoir

RESPACE_STEPS = 50
"""Steps of a ladder between two moves of its temperatures."""

POOLED_PER_COLUMN = 4
"""Most replicas a column whose observables are evaluated for an update; the others' weight is passed on to them."""


class Motion(NamedTuple):
    """What moving an ensemble reports.

    Attributes:
        acceptance_rate: of the kernel at β = 1.
        resampled: whether a weighted ensemble was resampled.
        swap_rate: of the pair of neighbouring temperatures that swaps least; NaN without a ladder.
    """

    acceptance_rate: float
    resampled: bool
    swap_rate: float


class Ensemble(Protocol):
    """What training takes ⟨·⟩_P from."""

    log_weights: Tensor

    @property
    def kernel(self) -> Kernel:
        """What moves it."""
        ...

    @property
    def generator(self) -> torch.Generator:
        """Its random state."""
        ...

    @property
    def chains_at_one(self) -> Reservoir:
        """The chains at β = 1, weighted."""
        ...

    @property
    def samples(self) -> Reservoir:
        """All there is that says something of the model, weighted; looking at it changes nothing."""
        ...

    @property
    def weight_share(self) -> float:
        """Effective sample size of its weights over their number."""
        ...

    @property
    def on_step(self) -> Callable[[], None] | None:
        """Called after every kernel step."""
        ...

    @on_step.setter
    def on_step(self, look: Callable[[], None] | None) -> None: ...

    @property
    def size(self) -> int:
        """Number of configurations that a move moves."""
        ...

    def __len__(self) -> int:
        """Number of chains at β = 1."""
        ...

    def run(self, moves: int) -> Motion:
        """Moves every chain; resamples first where the weights have become too uneven."""
        ...

    def draw(self) -> Reservoir:
        """Weighted samples of the model for an update, as many as are worth evaluating."""
        ...

    def follow(self, target: Target) -> None:
        """Goes on under changed parameters, and carries the weights over where there are any."""
        ...

    def state_dict(self) -> dict[str, Tensor]:
        """All that going on depends on but the random state."""
        ...

    def load_state_dict(self, state: Mapping[str, Tensor], target: Target) -> None:
        """Goes back to a state, under a target."""
        ...


class ChainEnsemble:
    """Persistent chains at β = 1.

    Args:
        chains: the chains.
        weighted: whether they carry importance weights for the changes they live through.
        resample_share: weighted chains are resampled below this share of their number.
    """

    def __init__(self, chains: Chains, weighted: bool, resample_share: float) -> None:
        self.chains = chains
        self.weighted = weighted
        self.resample_share = resample_share
        self.log_weights = chains.energy.new_zeros(len(chains))

    @property
    def kernel(self) -> Kernel:
        """What moves the chains."""
        return self.chains.kernel

    @property
    def generator(self) -> torch.Generator:
        """Their random state."""
        return self.chains.generator

    @property
    def chains_at_one(self) -> Reservoir:
        """All the chains, weighted."""
        return Reservoir(self.chains.x, self.chains.energy, self.log_weights)

    @property
    def samples(self) -> Reservoir:
        """The same."""
        return self.chains_at_one

    @property
    def weight_share(self) -> float:
        """Effective sample size of their weights over their number."""
        return effective_sample_size(self.log_weights) / len(self)

    @property
    def on_step(self) -> Callable[[], None] | None:
        """Called after every kernel step."""
        return self.chains.on_step

    @on_step.setter
    def on_step(self, look: Callable[[], None] | None) -> None:
        self.chains.on_step = look

    @property
    def size(self) -> int:
        """Number of chains."""
        return len(self)

    def __len__(self) -> int:
        return len(self.chains)

    def run(self, moves: int) -> Motion:
        """Moves every chain; resamples then where the weights have become too uneven."""
        sweep = self.chains.run(moves)
        resampled = self.weight_share < self.resample_share
        if resampled:
            chosen = systematic_resample(self.log_weights, len(self), self.generator)
            self.chains.retarget(self.chains.target, self.chains.x[chosen])
            self.log_weights = torch.zeros_like(self.log_weights)
        return Motion(sweep.acceptance_rate, resampled, float("nan"))

    def draw(self) -> Reservoir:
        """All the chains, weighted."""
        return self.samples

    def follow(self, target: Target) -> None:
        """Goes on under changed parameters; the weights take up exp(H_before − H_after)."""
        before = self.chains.energy
        self.chains.retarget(target)
        if self.weighted:
            self.log_weights = _from_largest(self.log_weights + before - self.chains.energy)

    def state_dict(self) -> dict[str, Tensor]:
        """Positions, weights and step sizes."""
        return {
            "x": self.chains.x,
            "log_weights": self.log_weights,
            "step_sizes": torch.tensor(self.kernel.step_sizes, dtype=torch.float64),
        }

    def load_state_dict(self, state: Mapping[str, Tensor], target: Target) -> None:
        """Goes back to a state, under a target.

        Raises:
            ValueError: an array of another shape.
            KeyError: an array is missing.
        """
        check_shape("x", state["x"], tuple(self.chains.x.shape))
        check_shape("log_weights", state["log_weights"], (len(self),))
        check_shape("step_sizes", state["step_sizes"], (1,))
        self.kernel.step_sizes = state["step_sizes"].tolist()
        self.chains.retarget(target, state["x"])
        self.log_weights = state["log_weights"].to(self.log_weights)


class LadderEnsemble:
    """A ladder of replicas from the base measure to the model; all of them speak for the model, reweighted.

    With weights, a whole column carries one: the product of those of its replicas, exp(−Σ_b β_b ΔH(x_b)).

    Args:
        ladder: the ladder.
        weighted: whether columns carry importance weights for the changes they live through.
        resample_share: weighted columns are resampled below this share of their number.
    """

    def __init__(self, ladder: Ladder, weighted: bool, resample_share: float) -> None:
        self.ladder = ladder
        self.weighted = weighted
        self.resample_share = resample_share
        self.log_weights = ladder.energy.new_zeros(len(ladder))
        self._free = free_energies(ladder.energies, ladder.betas, self.log_weights)

    @property
    def kernel(self) -> Kernel:
        """What moves the replicas."""
        return self.ladder.kernel

    @property
    def generator(self) -> torch.Generator:
        """Their random state."""
        return self.ladder.generator

    @property
    def chains_at_one(self) -> Reservoir:
        """The replicas at β = 1, weighted."""
        return Reservoir(self.ladder.x, self.ladder.energy, self.log_weights)

    @property
    def samples(self) -> Reservoir:
        """All replicas, with the weights that make them samples of the model."""
        ladder = self.ladder
        pooled = pooled_log_weights(ladder.energies, ladder.betas, self.log_weights, self._free_energies())
        return Reservoir(ladder.state.x, ladder.state.energy, pooled)

    @property
    def weight_share(self) -> float:
        """Effective sample size of the columns' weights over their number."""
        return effective_sample_size(self.log_weights) / len(self)

    @property
    def on_step(self) -> Callable[[], None] | None:
        """Called after every step of the ladder."""
        return self.ladder.on_step

    @on_step.setter
    def on_step(self, look: Callable[[], None] | None) -> None:
        self.ladder.on_step = look

    @property
    def size(self) -> int:
        """Number of replicas in all columns."""
        return len(self) * self.ladder.replicas

    def __len__(self) -> int:
        return len(self.ladder)

    def run(self, moves: int) -> Motion:
        """Moves and exchanges; then resamples columns and moves the temperatures where it is time."""
        statistics = self.ladder.run(moves)
        resampled = self.weight_share < self.resample_share
        if resampled:
            self.ladder.select(systematic_resample(self.log_weights, len(self), self.generator))
            self.log_weights = torch.zeros_like(self.log_weights)
        if self.ladder.spacing.rounds >= RESPACE_STEPS and self.ladder.respace():
            self._free = free_energies(self.ladder.energies, self.ladder.betas, self.log_weights)
        rates = statistics.swap_rates[statistics.swap_rates > 0]
        swap_rate = float(rates.min()) if len(rates) else 0.0
        return Motion(statistics.acceptance_rate, resampled, swap_rate)

    def draw(self) -> Reservoir:
        """Some of the `samples`, without a bias: those whose weight counts."""
        self._free = self._free_energies()
        everything = self.samples
        chosen, log_weights = thin(everything.log_weights, POOLED_PER_COLUMN * len(self), self.generator)
        return Reservoir(everything.x[chosen], everything.energy[chosen], log_weights)

    def follow(self, target: Target) -> None:
        """Goes on under changed parameters; the weights take up exp(Σ_b β_b (H_before − H_after))."""
        ladder = self.ladder
        before = ladder.energies
        ladder.retarget(target)
        if self.weighted:
            self.log_weights = _from_largest(self.log_weights + ladder.betas @ (before - ladder.energies))

    def state_dict(self) -> dict[str, Tensor]:
        """The ladder's state, the weights, and the free energies that reweight the replicas."""
        return self.ladder.state_dict() | {"log_weights": self.log_weights, "free_energies": self._free}

    def load_state_dict(self, state: Mapping[str, Tensor], target: Target) -> None:
        """Goes back to a state, under a target.

        Raises:
            ValueError: an array of another shape, or temperatures that do not rise from 0 to 1.
            KeyError: an array is missing.
        """
        check_shape("log_weights", state["log_weights"], (len(self),))
        check_shape("free_energies", state["free_energies"], tuple(state["betas"].shape))
        self.ladder.load_state_dict(state, target)
        self.log_weights = state["log_weights"].to(self.log_weights)
        self._free = state["free_energies"].to(self.log_weights)

    def _free_energies(self) -> Tensor:
        return free_energies(self.ladder.energies, self.ladder.betas, self.log_weights, self._free)


def make_ensemble(
    target: Target,
    kernel: Kernel,
    generator: torch.Generator,
    chains: int,
    replicas: int,
    schedule: Schedule,
) -> Ensemble:
    """An ensemble that starts at the base measure.

    Args:
        target: q and H.
        kernel: moves it.
        generator: random state.
        chains: number of chains at β = 1.
        replicas: temperatures of each; one makes chains, more make a ladder.
        schedule: whether it carries weights, and when it is resampled.
    """
    if replicas == 1:
        alone = Chains(target.base.sample(chains, generator), target, kernel, generator)
        return ChainEnsemble(alone, schedule.weighted, schedule.resample_share)
    ladder = Ladder(chains, target, kernel, generator, replicas)
    return LadderEnsemble(ladder, schedule.weighted, schedule.resample_share)


def _from_largest(log_weights: Tensor) -> Tensor:
    return log_weights - log_weights.max()

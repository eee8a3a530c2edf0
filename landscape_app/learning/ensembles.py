"""Ensembles for ⟨·⟩_P in training: chains at β = 1, or a ladder of replicas; either may carry weights."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from landscape_app.learning.schedule import Schedule
from landscape_app.physics.chains import Chains
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import DeviceReading, check_shape, check_steps, to_host
from landscape_app.physics.kernels import Kernel
from landscape_app.physics.kernels.kernel import State
from landscape_app.physics.ladder import Ladder, tuning_on
from landscape_app.physics.ranks import ALONE, Ranks, near
from landscape_app.physics.replica_pool import free_energies, pooled_log_weights
from landscape_app.physics.resampling import (
    conditional_effective_share,
    effective_count,
    effective_sample_size,
    share_of_sums,
    share_sums,
    systematic_resample,
    thin,
)
from landscape_app.physics.weighted_samples import WeightedSamples

RESPACE_STEPS = 50
"""Steps of a ladder between two moves of its temperatures."""

POOLED_PER_COLUMN = 4
"""Most replicas a column whose observables are evaluated for an update; the others' weight is passed on to them."""


BALANCING = "balancing_"
"""Prefix of the balancing ladders' arrays among those of an ensemble."""

MOST_DRAWN = 768
"""Most chains without replicas whose observables are evaluated for an update."""

ALL_AHEAD = 2
"""Chains over those that are drawn up to which all are looked at ahead: a second evaluation of those drawn, which is
saved then, would cost more than it costs to evaluate all again where an update is shrunk."""


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


@dataclass(frozen=True, eq=False)
class DrawnSamples(WeightedSamples):
    """Weighted samples for an update: configurations and energies of this rank, log weights of all ranks.

    Attributes:
        rows: places of this rank's among all of them.
    """

    rows: slice

    def __len__(self) -> int:
        """Number of samples of all ranks."""
        return len(self.log_weights)


class Choice(NamedTuple):
    """Decision of the first rank on an ensemble without replicas, before it moves.

    Attributes:
        of: log weights that it goes by.
        uneven: whether chains are resampled.
        chosen: chains that are drawn for an update, rising, int64, shape (k,).
        log_weights: of these, shape (k,).
    """

    of: Tensor
    uneven: bool
    chosen: Tensor
    log_weights: Tensor


class Ensemble(ABC):
    """Ensemble that training takes ⟨·⟩_P from.

    Where ranks share it, each moves a part of the chains, and all know the weights of all. What is said of the
    ensemble is of all of it; looking at chains of other ranks takes a message, for which all ranks must ask.

    Args:
        mover: the chains or the ladder.
        weighted: whether it carries importance weights for the changes it lives through, one for each of its
            chains at β = 1.
        resample_share: a weighted ensemble is resampled below this share of their number.

    Attributes:
        ranks: that share it.
        most_drawn: chains without replicas that the training draws for an update.
    """

    most_drawn: int = MOST_DRAWN

    def __init__(self, mover: Chains | Ladder, weighted: bool, resample_share: float) -> None:
        self._mover = mover
        self.ranks: Ranks = mover.ranks
        self.weighted = weighted
        self.resample_share = resample_share
        self.log_weights = mover.energy.new_zeros(int(self.ranks.total(len(mover))[0]))
        self._change: tuple[State, Tensor] | None = None

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
        """The chains at β = 1, weighted; of all ranks."""
        return self.gathered(self.own_chains)

    @property
    def own_chains(self) -> DrawnSamples:
        """The chains at β = 1 of this rank."""
        return DrawnSamples(self._mover.x, self._mover.energy, self.log_weights, self.ranks.own(len(self)))

    def gathered(self, samples: DrawnSamples) -> WeightedSamples:
        """Samples that were drawn, with those of the other ranks."""
        ranks, n, rows = self.ranks, len(samples), samples.rows
        if ranks.is_alone:
            return WeightedSamples(samples.x, samples.energy, samples.log_weights)
        compact = self._mover.target.base_measure.space.compact(samples.x)
        (x,), (energy,) = ranks.gather(n, compact, rows=rows), ranks.gather(n, samples.energy, rows=rows)
        return WeightedSamples(x.to(samples.x.dtype), energy, samples.log_weights)

    def kept_share(self, samples: DrawnSamples, ahead: State) -> DeviceReading[float]:
        """Share of their worth that samples keep under parameters that are tried (`conditional_effective_share`).

        One message of several ranks, which all find the same number.
        """
        change, ranks = samples.energy - ahead.energy, self.ranks
        if ranks.is_alone:
            return DeviceReading((conditional_effective_share(samples.log_weights, change),), float)
        here = slice(ranks.rank, ranks.rank + 1)
        sums = share_sums(samples.log_weights.log_softmax(0)[samples.rows], change).unsqueeze(0)
        change, sums = ranks.sum(
            ranks.placed(change, len(samples), samples.rows), ranks.placed(sums, ranks.count, here)
        )
        self._change = ahead, change
        return DeviceReading((sums,), share_of_sums)

    @property
    def on_view(self) -> WeightedSamples:
        """Chains to look at, as the chains at β = 1 are; looking at them changes nothing."""
        return self.chains_at_one

    @property
    def weight_share(self) -> float:
        """Effective sample size of its weights over their number."""
        return effective_sample_size(self.log_weights) / len(self)

    def reweighted(self, samples: DrawnSamples, ahead: State) -> Tensor:
        """Log weights of samples that were drawn, under parameters that are tried, those of all ranks."""
        own = samples.log_weights[samples.rows] + samples.energy - ahead.energy
        return self.ranks.gather(len(samples), own, rows=samples.rows)[0]

    @property
    def on_step(self) -> Callable[[], None] | None:
        """Called after every kernel step."""
        return self._mover.on_step

    @on_step.setter
    def on_step(self, look: Callable[[], None] | None) -> None:
        self._mover.on_step = look

    def __len__(self) -> int:
        """Number of chains at β = 1, of all ranks."""
        return len(self.log_weights)

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
    def draw(self, most: int = MOST_DRAWN) -> DrawnSamples:
        """Weighted samples of the model for an update, as many as are worth evaluating.

        Args:
            most: of chains without replicas.
        """

    def judges(self, samples: DrawnSamples) -> DrawnSamples:
        """Samples by which a change of the model is judged, of those that were drawn for it: by default these."""
        return samples

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
        """All that going on here depends on but the random state."""

    def whole_state(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The ensemble of all ranks, of a `state_dict` of this one."""
        return dict(state)

    def own_state(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """This rank's part of a `whole_state`, of as many ranks or of others.

        Raises:
            ValueError: an array of another shape.
            KeyError: an array is missing.
        """
        return dict(state)

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

    def _resample(self, is_uneven: Callable[[], bool]) -> Tensor:
        """Selects chains in proportion to their weights where these are too uneven; their share before, a scalar.

        The host of a single process does not know whether they were: where they were not, each is selected once.

        Args:
            is_uneven: what the first of several ranks finds.
        """
        if not self.weighted:
            return torch.ones_like(self.log_weights[0])
        share = effective_count(self.log_weights) / len(self)
        uneven = share < self.resample_share
        if not self.ranks.is_alone:
            if is_uneven():
                self._resample_all()
            return share
        each = torch.arange(len(self), device=share.device)
        drawn = systematic_resample(self.log_weights, len(self), self.generator)
        self._mover.select(torch.where(uneven, drawn, each))
        self.log_weights = torch.where(uneven, 0.0, self.log_weights)
        return share

    def _resample_all(self) -> None:
        """Selects chains of all ranks in proportion to their weights, by the random numbers of the first."""
        drawn = systematic_resample(self.log_weights, len(self), self.generator)
        (wanted,) = self.ranks.first(near(to_host(drawn), self.ranks))
        self._mover.select(wanted)
        self.log_weights = torch.zeros_like(self.log_weights)

    def _begin_uneven(self) -> Callable[[], bool]:
        """Asks the first of several ranks whether the weights are too uneven; returns what waits for its answer."""
        if self.ranks.is_alone or not self.weighted:
            return lambda: False
        share = effective_count(self.log_weights) / len(self)
        arrival = self.ranks.begin_first(share < self.resample_share)
        return lambda: bool(arrival()[0])

    def _is_uneven(self, share: Tensor) -> bool:
        """True if such a share has led to a resampling."""
        return self.weighted and bool(share < self.resample_share)

    def _thinned(self, everything: DrawnSamples, most: int) -> DrawnSamples:
        """At most so many of the samples, the rest of the weight passed on to them without a bias."""
        if len(everything) <= most:
            return everything
        chosen, log_weights = thin(everything.log_weights, most, self.generator)
        if self.ranks.is_alone:
            rows = slice(0, len(chosen))
            return DrawnSamples(everything.x[chosen], everything.energy[chosen], log_weights, rows)
        chosen, log_weights = self.ranks.first(*_in_order(chosen, log_weights))
        return self._own_among(everything, chosen, log_weights)

    def _own_among(self, everything: DrawnSamples, chosen: Tensor, log_weights: Tensor) -> DrawnSamples:
        """Samples that were chosen of all, rising, so that those of a rank stand side by side."""
        ends = chosen.new_tensor([everything.rows.start, everything.rows.stop])
        start, stop = to_host(torch.searchsorted(chosen, ends)).tolist()
        own = chosen[start:stop] - everything.rows.start
        return DrawnSamples(everything.x[own], everything.energy[own], log_weights, slice(start, stop))

    def _own_of(self, x: Tensor) -> Tensor:
        """Places of this rank's chains, where those of all ranks are given, over again where too few."""
        chosen = torch.arange(len(self), device=x.device)[self.ranks.own(len(self))]
        return x[chosen % len(x)]

    def _reweight(self, log_ratio: Tensor, ahead: State | None = None) -> None:
        """The weights take up a change, where there are any.

        Args:
            log_ratio: of this rank's chains.
            ahead: these under the new parameters, where `log_ratio` has told the change of those of all ranks.
        """
        if self.weighted:
            if not self.ranks.is_alone:
                known = self._change
                log_ratio = (
                    known[1] if known and known[0] is ahead else self.ranks.gather(len(self), log_ratio)[0]
                )
            self._change = None
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
        self._choice: Choice | None = None

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
        return ladder.ranks.gather_columns(ladder.all_columns, torch.stack(taken))[0].flatten(0, 1)

    def keep_weights(self, target: Target) -> None:
        """Goes on under a model whose modes have been given the weights of the chains, which keep theirs."""
        self.chains.retarget(target)

    @property
    def samples(self) -> WeightedSamples:
        """All the chains, weighted."""
        return self.chains_at_one

    def run(self, moves: int) -> DeviceReading[Motion]:
        """Moves every chain; resamples then where the weights have become too uneven."""
        decision = self._begin_choice()
        sweep = self.chains.advance(moves)
        self._choice = choice = decision()

        def meaning(share: Tensor, *rest: Tensor) -> Motion:
            rate = sweep.meaning(*rest).acceptance_rate
            return Motion(rate, self._is_uneven(share), float("nan"), float(share))

        share = self._resample(lambda: choice is not None and choice.uneven)
        if choice is not None and choice.uneven:
            self._choice = choice._replace(of=self.log_weights)
        return DeviceReading((share, *sweep.tensors), meaning)

    def _begin_choice(self) -> Callable[[], Choice | None]:
        """Asks the first of several ranks to decide; returns what waits for it, which needs nothing of the moves.

        None of a single process, and where there is nothing to decide.
        """
        n, most = len(self), self.most_drawn
        thins = n > most
        if self.ranks.is_alone or not (self.weighted or thins):
            return lambda: None
        of = self.log_weights
        uneven = (
            effective_count(of) / n < self.resample_share
            if self.weighted
            else torch.zeros((), dtype=torch.bool, device=of.device)
        )
        drawn = (
            torch.zeros(most if thins else 0, dtype=torch.int64, device=of.device),
            of[:most] if thins else of[:0],
        )
        if thins and self.ranks.is_first:
            drawn = _in_order(*thin(torch.where(uneven, 0.0, of), most, self.generator))
        arrival = self.ranks.begin_first(uneven, *drawn)

        def choice() -> Choice:
            uneven, *drawn = arrival()
            return Choice(of, bool(uneven), *drawn)

        return choice

    def draw(self, most: int = MOST_DRAWN) -> DrawnSamples:
        """The chains, weighted; where they are very many, some of them, without a bias."""
        choice, self._choice = self._choice, None
        if choice is not None and choice.of is self.log_weights and len(self) > most == len(choice.chosen):
            return self._own_among(self.own_chains, choice.chosen, choice.log_weights)
        return self._thinned(self.own_chains, most)

    def judges(self, samples: DrawnSamples) -> DrawnSamples:
        """All the chains, where they are not many more: under changed parameters they are all evaluated anyway."""
        if len(self) > ALL_AHEAD * len(samples):
            return samples
        return self.own_chains

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
        self._reweight(before - self.chains.energy, ahead if looked_at else None)

    def start_from(self, x: Tensor, target: Target) -> None:
        """Goes on under a target from a few of its samples, all chains of the same weight."""
        self.chains.retarget(target, self._own_of(x))
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

    def whole_state(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The chains of all ranks, and their balancing ladders."""
        whole = dict(state)
        if not self.ranks.is_alone:
            compact = self.chains.target.base_measure.space.compact(state["x"])
            whole["x"] = self.ranks.gather(len(self), compact)[0].to(state["x"].dtype)
        return whole if self.balancing is None else _with_balancing(whole, self.balancing.whole_state)

    def own_state(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """This rank's part of a `whole_state`."""
        own = dict(state)
        if not self.ranks.is_alone:
            check_shape("x", state["x"], (len(self), *self.chains.x.shape[1:]))
            own["x"] = state["x"][self.ranks.own(len(self))]
        return own if self.balancing is None else _with_balancing(own, self.balancing.own_state)

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
            self.balancing.load_state_dict(_of_balancing(state), target)


class LadderEnsemble(Ensemble):
    """A ladder of replicas from the base measure to the model; all of them speak for the model, reweighted.

    With weights, a whole column carries one: the product of those of its replicas, exp(−Σ_b β_b ΔH(x_b)).
    """

    def __init__(self, ladder: Ladder, weighted: bool, resample_share: float) -> None:
        super().__init__(ladder, weighted, resample_share)
        self.ladder = ladder
        self._free = free_energies(self._all_energies(), ladder.betas, self.log_weights)

    @property
    def size(self) -> int:
        """Number of replicas in all columns."""
        return len(self) * self.ladder.replicas

    @property
    def samples(self) -> WeightedSamples:
        """All replicas, with the weights that make them samples of the model."""
        return self.gathered(self._pooled(self._all_energies()))

    def _pooled(self, energies: Tensor) -> DrawnSamples:
        """This rank's replicas, with the weights of those of all ranks, of which those of a rank stand together."""
        ladder, ranks = self.ladder, self.ranks
        pooled = pooled_log_weights(energies, ladder.betas, self.log_weights, self._free_energies(energies))
        columns, replicas = ranks.own(len(self)), ladder.replicas
        if not ranks.is_alone:
            table = pooled.view(replicas, -1)
            pooled = torch.cat([table[:, part].flatten() for part in ranks.slices(len(self))])
        rows = slice(replicas * columns.start, replicas * columns.stop)
        return DrawnSamples(ladder.state.x, ladder.state.energy, pooled, rows)

    def _all_energies(self) -> Tensor:
        """H of the replicas of all ranks, shape (replicas, all columns)."""
        return self.ranks.gather_columns(self.ladder.all_columns, self.ladder.energies)[0]

    def run(self, moves: int) -> DeviceReading[Motion]:
        """Moves and exchanges; then resamples columns and moves the temperatures where it is time."""
        is_uneven = self._begin_uneven()
        statistics = self.ladder.advance(moves)
        before = self._resample(is_uneven)
        if self.ladder.spacing.rounds >= RESPACE_STEPS and self.ladder.respace():
            self._free = free_energies(self._all_energies(), self.ladder.betas, self.log_weights)

        def meaning(share: Tensor, *rest: Tensor) -> Motion:
            found = statistics.meaning(*rest)
            rates = found.swap_rates[found.swap_rates > 0]
            swap_rate = float(rates.min()) if len(rates) else 0.0
            return Motion(found.acceptance_rate, self._is_uneven(share), swap_rate, float(share))

        return DeviceReading((before, *statistics.tensors), meaning)

    def draw(self, most: int = MOST_DRAWN) -> DrawnSamples:
        """Some of the `samples`, without a bias: those whose weight counts."""
        energies = self._all_energies()
        self._free = self._free_energies(energies)
        return self._thinned(self._pooled(energies), POOLED_PER_COLUMN * len(self))

    def follow(self, target: Target, ahead: State | None = None) -> None:
        """Goes on under changed parameters; the weights take up exp(Σ_b β_b (H_before − H_after))."""
        ladder = self.ladder
        before = ladder.energies
        ladder.retarget(target)
        self._reweight(ladder.betas @ (before - ladder.energies))

    def start_from(self, x: Tensor, target: Target) -> None:
        """Goes on under a target, all replicas of a column but the one at β = 0 from a sample of it."""
        ladder = self.ladder
        ladder.restart(self._own_of(x))
        ladder.retarget(target)
        self.log_weights = torch.zeros_like(self.log_weights)
        self._free = free_energies(self._all_energies(), ladder.betas, self.log_weights)

    def set_down(self, ladder: Ladder, target: Target) -> None:
        """Goes on from replicas of another ladder, at its temperatures: its columns, over again where too few."""
        chosen = torch.arange(len(self), device=ladder.trips.device) % ladder.all_columns
        state, replicas = ladder.whole_state(ladder.state_dict()), ladder.replicas
        x = state["x"].view(replicas, ladder.all_columns, *state["x"].shape[1:])
        state["x"] = x[:, chosen].flatten(0, 1)
        state["direction"] = state["direction"][:, chosen]
        state["replica_ids"] = torch.arange(replicas * len(self), device=chosen.device).view(replicas, -1)
        self.ladder.load_state_dict(self.ladder.own_state(state), target)
        self.log_weights = torch.zeros_like(self.log_weights)
        self._free = free_energies(self._all_energies(), self.ladder.betas, self.log_weights)

    def state_dict(self) -> dict[str, Tensor]:
        """The ladder's state, the weights, and the free energies that reweight the replicas."""
        return self.ladder.state_dict() | {"log_weights": self.log_weights, "free_energies": self._free}

    def whole_state(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The ladders of all ranks."""
        return self.ladder.whole_state(state)

    def own_state(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """This rank's part of a `whole_state`."""
        return self.ladder.own_state(state)

    def load_state_dict(self, state: Mapping[str, Tensor], target: Target) -> None:
        """Goes back to a state, under a target."""
        check_shape("log_weights", state["log_weights"], (len(self),))
        check_shape("free_energies", state["free_energies"], tuple(state["betas"].shape))
        self.ladder.load_state_dict(state, target)
        self.log_weights = state["log_weights"].to(self.log_weights)
        self._free = state["free_energies"].to(self.log_weights)

    def _free_energies(self, energies: Tensor) -> Tensor:
        return free_energies(energies, self.ladder.betas, self.log_weights, self._free)


def _in_order(chosen: Tensor, log_weights: Tensor) -> tuple[Tensor, Tensor]:
    """Samples that were chosen, rising, with their log weights."""
    chosen, order = chosen.sort()
    return chosen, log_weights[order]


def _of_balancing(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The balancing ladders' state, of that of an ensemble."""
    return {name.removeprefix(BALANCING): state[name] for name in state if name.startswith(BALANCING)}


def _with_balancing(
    state: dict[str, Tensor], change: Callable[[Mapping[str, Tensor]], dict[str, Tensor]]
) -> dict[str, Tensor]:
    """An ensemble's state with a change of that of its balancing ladders."""
    return state | {BALANCING + name: tensor for name, tensor in change(_of_balancing(state)).items()}


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
    ranks: Ranks = ALONE,
) -> Ensemble:
    """An ensemble that starts at the base measure.

    Args:
        target: q and H.
        kernel: moves it.
        generator: random state.
        chains: number of chains at β = 1, of all ranks.
        replicas: temperatures of each; one makes chains, more make a ladder.
        schedule: whether it carries weights, and when it is resampled.
        balancing: ladders that tell chains without replicas the weights of modes; None for none.
        ranks: that share it, no more of them than chains.
    """
    if replicas == 1:
        x = target.base_measure.sample(ranks.share(chains), generator)
        own = Chains(x, target, kernel, generator, ranks=ranks)
        return ChainEnsemble(own, schedule.weighted, schedule.resample_share, balancing)
    ladder = Ladder(chains, target, kernel, generator, replicas, ranks=ranks)
    return LadderEnsemble(ladder, schedule.weighted, schedule.resample_share)

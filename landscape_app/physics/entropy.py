"""log Z, entropy and heat capacity with error bars, from the energies that a ladder's replicas pass through."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.physics.estimate import ROUNDING, Estimate
from landscape_app.physics.exact import rounding_of
from landscape_app.physics.host import read_back
from landscape_app.physics.ladder import LEAST_OVERLAP, Ladder

ALLOWED_ERRORS, MOST_ALLOWED = 3.0, 1.0
"""Standard errors, and at most nats, by which an estimate may miss a bound and still be one."""

BRACKET_ERRORS = 2.0
"""Standard errors that bounds lie beyond the estimates that they come from."""

MEETING_ERRORS, LARGEST_GAP = 3.0, 0.5
"""Joint standard errors, or nats, up to which the estimates of two sides count as one."""

AGREEING_ERRORS = 1.5
"""Joint standard errors up to which two sides agree: to run on would not change what is found."""


class LadderEnergies(NamedTuple):
    """Energies that a ladder passed through while its temperatures and step sizes stood still.

    Attributes:
        betas: inverse temperatures, shape (replicas,).
        energy: H of every replica, float64, shape (steps, replicas, columns).
        log_q: log q of the replicas at β = 1, float64, shape (steps, columns).
    """

    betas: Tensor
    energy: Tensor
    log_q: Tensor


class RecordedEnergies:
    """Energies that a ladder has passed through so far, on its device, where nobody waits for them.

    Args:
        ladder: that is recorded.
        steps: most to be recorded.
        earlier: what it had passed through before.

    Attributes:
        betas: inverse temperatures, shape (replicas,).
    """

    def __init__(self, ladder: Ladder, steps: int, earlier: LadderEnergies | None = None) -> None:
        self.betas = ladder.betas
        self._ranks, self._columns = ladder.ranks, ladder.all_columns
        self._energy = ladder.energies.new_empty(steps, ladder.replicas, ladder.columns)
        self._log_q = ladder.energies.new_empty(steps, ladder.columns)
        self._done = 0
        if earlier is not None:
            self._done = len(earlier.energy)
            self._energy[: self._done] = earlier.energy.float().to(self._energy.device)
            self._log_q[: self._done] = earlier.log_q.float().to(self._energy.device)

    def __len__(self) -> int:
        """Steps recorded."""
        return self._done

    def add(self, ladder: Ladder) -> None:
        """Records where the ladder is now."""
        self._energy[self._done] = ladder.energies
        self._log_q[self._done] = ladder.target.base_measure.log_prob(ladder.x)
        self._done += 1

    def on_host(self) -> LadderEnergies:
        """The same of the ladders of all ranks, in float64 on the host, where sums are taken."""
        energy, log_q = self._energy[: self._done], self._log_q[: self._done]
        rows, log_q = self._ranks.gather_columns(self._columns, energy.flatten(0, 1), log_q)
        found = read_back(self.betas, rows.view(*energy.shape[:2], self._columns), log_q)
        return LadderEnergies(*(part.double() for part in found))


class Thermometry(NamedTuple):
    """Thermodynamics of a model by its ladder.

    Attributes:
        betas: inverse temperatures, float64, shape (replicas,).
        log_partition: log Z of the model, Z = E_q[exp(−H)].
        entropy: S = log Z + ⟨H⟩ − ⟨log q⟩, nats (differential, in continuous spaces).
        energy: ⟨H⟩ of the model, nats.
        heat_capacity: β² Var(H) at every β, shape (replicas,).
        heat_capacity_error: standard errors, shape (replicas,).
        overlap: mean swap probability between neighbours, shape (replicas − 1,).
        columns: independent ladders that the errors come from.
        drift: log Z by the later half of the steps less that by the earlier half.
        agree: whether ladders from both sides, if there are two, agree on log Z within `AGREEING_ERRORS`.
    """

    betas: Tensor
    log_partition: Estimate
    entropy: Estimate
    energy: Estimate
    heat_capacity: Tensor
    heat_capacity_error: Tensor
    overlap: Tensor
    columns: int
    drift: Estimate
    agree: bool = True

    @property
    def is_drifting(self) -> bool:
        """True if log Z changed over the steps beyond doubt: its error does not cover what is to come."""
        return abs(self.drift.value) > max(MEETING_ERRORS * self.drift.error, LARGEST_GAP)

    @property
    def is_connected(self) -> bool:
        """True if every pair of neighbours overlaps; if not, log Z and the entropy are upper bounds."""
        return bool((self.overlap >= LEAST_OVERLAP).all())


def measure(energies: LadderEnergies) -> Thermometry:
    """Thermodynamics from the energies of a ladder in equilibrium.

    log Z is the sum over neighbours of Bennett's acceptance-ratio estimates (Bennett 1976). Columns are
    independent: every estimate is linearised in what each column adds to it, and the spread of these
    contributions over the columns is its standard error, whatever the autocorrelation within a column. The rounding
    of energies in single precision is the same in all columns, and added.

    Between neighbours that do not overlap nothing can be estimated. As ⟨H⟩ falls with β, log Z_b/Z_a = −∫⟨H⟩dβ is
    at most −(β_b − β_a)⟨H⟩_b, which is what counts there: log Z and the entropy are then upper bounds.

    Raises:
        ValueError: fewer than two columns, or energies that are not finite.
    """
    columns = energies.energy.shape[2]
    if columns < 2:
        raise ValueError("an error bar needs at least two ladders side by side")
    if not bool(torch.isfinite(energies.energy).all()):
        raise ValueError(tr("an energy is not finite: the ladder cannot be measured"))
    gaps = energies.betas.diff().view(1, -1, 1)
    lower = gaps * energies.energy[:, :-1]
    upper = gaps * energies.energy[:, 1:]
    swap = (-gaps * (energies.energy[:, :-1] - energies.energy[:, 1:])).clamp(max=0).exp()
    overlap = swap.mean((0, 2))
    apart = overlap < LEAST_OVERLAP
    ratio = acceptance_ratio(lower, upper)
    free = torch.where(apart, upper.mean((0, 2)), ratio)
    log_z = -free.sum()

    level = ratio.view(1, -1, 1)
    excess = torch.sigmoid(level - lower) - torch.sigmoid(upper - level)
    slope = _slope(level - lower) + _slope(upper - level)
    by_ratio = excess / slope.mean((0, 2)).clamp_min(1e-300).unsqueeze(1)
    by_step = torch.where(apart.unsqueeze(1), -upper, by_ratio).sum(1)
    influence, half = by_step.mean(0), len(by_step) // 2
    change = by_step[half:].mean(0) - by_step[:half].mean(0) if half else torch.zeros_like(influence)
    top = energies.energy[:, -1].mean(0)
    surprise = top - energies.log_q.mean(0)
    variance, variance_error = _variances(energies.energy)
    rounding = rounding_of(float(top.mean()), float(log_z))
    log_partition = Estimate(float(log_z), math.hypot(_error(influence), rounding))
    entropy = Estimate(float(log_z + surprise.mean()), math.hypot(_error(influence + surprise), rounding))
    if bool(apart.any()):
        log_partition, entropy = (
            Estimate.between(-math.inf, found.value + BRACKET_ERRORS * found.error)
            for found in (log_partition, entropy)
        )
    return Thermometry(
        betas=energies.betas,
        log_partition=log_partition,
        entropy=entropy,
        energy=Estimate(float(top.mean()), _error(top)),
        heat_capacity=energies.betas**2 * variance,
        heat_capacity_error=energies.betas**2 * variance_error,
        overlap=overlap,
        columns=columns,
        drift=Estimate(float(change.mean()), _error(change)),
    )


def measure_from_both_sides(energies: LadderEnergies, from_data: Tensor) -> Thermometry:
    """Thermodynamics from ladders of which some started from the base measure, the others from data.

    Ladders from the base have too little weight in modes that they have not found, and log Z from them is too low;
    those from data have not left modes that melt late, and log Z from them is too high. Where the two agree within
    `MEETING_ERRORS`, and neither drifts, all columns make one estimate; what they differ by beyond their noise adds
    half of it to the error. Elsewhere log Z lies between the two, and so does ⟨H − log q⟩, which makes the bounds of
    S: two sides that pass each other on their ways have not met.

    Args:
        energies: of all ladders.
        from_data: which started from data, not from the base measure, bool, on the host, shape (columns,).

    Source: the sandwich of Grosse, Ghahramani, Adams (2015), "Sandwiching the marginal likelihood using
    bidirectional Monte Carlo", by replica exchange instead of annealing.
    """
    sides = [
        measure(LadderEnergies(energies.betas, energies.energy[:, :, side], energies.log_q[:, side]))
        for side in (~from_data, from_data)
    ]
    base, data = (side.log_partition for side in sides)
    found = measure(energies)
    log_z = _joined(found.log_partition, base, data, any(side.is_drifting for side in sides))
    agree = not log_z.is_bracket and abs(data.value - base.value) <= AGREEING_ERRORS * math.hypot(
        base.error, data.error
    )
    found = found._replace(agree=agree)
    if not log_z.is_bracket:
        return found._replace(
            log_partition=log_z, entropy=_with_gap(found.entropy, *(side.entropy for side in sides))
        )
    surprise = (energies.energy[:, -1] - energies.log_q).mean(0)
    ends = [
        (float(part.mean()), BRACKET_ERRORS * _error(part))
        for part in (surprise[~from_data], surprise[from_data])
    ]
    low, high = min(mean - reach for mean, reach in ends), max(mean + reach for mean, reach in ends)
    return found._replace(log_partition=log_z, entropy=Estimate.between(log_z.low + low, log_z.high + high))


def _joined(pooled: Estimate, base: Estimate, data: Estimate, drifting: bool) -> Estimate:
    """log Z of two sides: one estimate, or bounds."""
    if base.is_bracket or data.is_bracket:
        highest = max(side.high if side.is_bracket else side.value for side in (base, data, pooled))
        return Estimate.between(-math.inf, highest)
    apart = abs(data.value - base.value)
    if not drifting and apart <= max(MEETING_ERRORS * math.hypot(base.error, data.error), LARGEST_GAP):
        return _with_gap(pooled, base, data)
    low, high = sorted((base, data), key=lambda side: side.value)
    return Estimate.between(low.value - BRACKET_ERRORS * low.error, high.value + BRACKET_ERRORS * high.error)


def _with_gap(pooled: Estimate, base: Estimate, data: Estimate) -> Estimate:
    """The estimate from all columns; what the sides differ by beyond their noise adds half of it to the error."""
    excess = (data.value - base.value) ** 2 - base.error**2 - data.error**2
    return Estimate(pooled.value, math.hypot(pooled.error, math.sqrt(max(0.0, excess)) / 2))


class DistinctStates:
    """Distinct states among some of a discrete space; more may be compared with them.

    Args:
        x: in few bytes (`Space.compact`), on the host, shape (n, *shape).

    Attributes:
        places: of the first of each, int64, shape (distinct,).
    """

    def __init__(self, x: Tensor) -> None:
        self._known: frozenset[int] = frozenset()
        self.places, self._known = self._new(x)

    def not_among(self, x: Tensor) -> Tensor:
        """Places of the first of each state that is not known yet, int64, of x as above, shape (m, *shape)."""
        return self._new(x)[0]

    def _new(self, x: Tensor) -> tuple[Tensor, frozenset[int]]:
        # Two states of one hash count as one: the sum over them is a bound all the same.
        places: dict[int, int] = {}
        for place, state in enumerate(x.numpy()):
            places.setdefault(hash(state.tobytes()), place)
        new = [place for state, place in places.items() if state not in self._known]
        return torch.tensor(new, dtype=torch.int64), self._known | places.keys()


def held_to_bounds(found: Thermometry, surprisal: Tensor) -> Thermometry:
    """Estimate of a ladder on a discrete space, held to two bounds that no distribution breaks.

    log Z ≥ log Σ q(x) exp(−H(x)) over any distinct states, and S ≥ 0. Of data among these states −log P ≥ 0 follows.
    What misses a bound within its error takes the bound's value. What misses it by more has failed: nothing is
    known of log Z but the bound, and nothing of S.

    Args:
        found: by a ladder.
        surprisal: H − log q of distinct states, such as data and chains, float64, on the host, shape (n,).
    """
    bound = float((-surprisal).logsumexp(0))
    log_z, entropy = found.log_partition, found.entropy
    rounding = ROUNDING * (1 + abs(bound) + abs(log_z.value) + abs(found.energy.value))

    def breaks(missing: float, error: float) -> bool:
        return not missing <= rounding + min(ALLOWED_ERRORS * error, MOST_ALLOWED)

    highest = log_z.high if log_z.is_bracket else log_z.value
    raised = entropy.value + max(0.0, bound - log_z.value)
    lowest = entropy.high if entropy.is_bracket else raised
    if breaks(bound - highest, log_z.error) or breaks(-lowest, entropy.error):
        return found._replace(
            log_partition=Estimate.between(bound, math.inf), entropy=Estimate.between(-math.inf, math.inf)
        )
    return found._replace(
        log_partition=Estimate.between(max(bound, log_z.low), max(bound, log_z.high))
        if log_z.is_bracket
        else log_z._replace(value=max(bound, log_z.value)),
        entropy=Estimate.between(max(0.0, entropy.low), max(0.0, entropy.high))
        if entropy.is_bracket
        else entropy._replace(value=max(0.0, raised)),
    )


def acceptance_ratio(lower: Tensor, upper: Tensor) -> Tensor:
    """ΔF = −log Z_b/Z_a of each pair of neighbours, from as many samples of a as of b (Bennett 1976).

    The root of Σ_a σ(ΔF − u_a) = Σ_b σ(u_b − ΔF), σ the logistic function, by bisection.

    Args:
        lower: u = (β_b − β_a) H on samples of a, shape (steps, pairs, columns).
        upper: the same on samples of b.

    Returns:
        Shape (pairs,).
    """
    low = torch.minimum(lower.amin((0, 2)), upper.amin((0, 2))) - 1
    high = torch.maximum(lower.amax((0, 2)), upper.amax((0, 2))) + 1
    for _ in range(60):
        middle = (low + high) / 2
        level = middle.view(1, -1, 1)
        short = torch.sigmoid(level - lower).mean((0, 2)) < torch.sigmoid(upper - level).mean((0, 2))
        low, high = torch.where(short, middle, low), torch.where(short, high, middle)
    return (low + high) / 2


def _slope(u: Tensor) -> Tensor:
    s = torch.sigmoid(u)
    return s * (1 - s)


def _error(contributions: Tensor) -> float:
    """Standard error of the mean of independent contributions, shape (columns,)."""
    return float(contributions.std()) / math.sqrt(len(contributions))


def _variances(energy: Tensor) -> tuple[Tensor, Tensor]:
    """Var(H) of each replica and its standard error, shapes (replicas,)."""
    square = (energy - energy.mean((0, 2), keepdim=True)) ** 2
    by_column = square.mean(0)
    return by_column.mean(1), by_column.std(1) / math.sqrt(by_column.shape[1])

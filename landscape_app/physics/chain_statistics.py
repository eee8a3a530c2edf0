"""Statistics of chains from anywhere: means with errors, ranks, autocorrelations, and a verdict on what they show."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from landscape_app.counting import counted
from landscape_app.language import tr
from landscape_app.physics.diagnostics import (
    LEAST_EFFECTIVE,
    LEAST_EFFECTIVE_PER_CHAIN,
    LEAST_MOVES,
    LEAST_STEPS,
    LONG_RUN,
    MOST_NAMED,
    PARTED,
    R_HAT_LIMIT,
    SINGLE_PRECISION,
    array_stats,
    autocorrelation_time,
    effective_sample_size,
    r_hat,
)
from landscape_app.physics.estimate import rounded, shown
from landscape_app.physics.space import QUANTITIES, with_unit

Array = npt.NDArray[np.float64]
Finding = Literal[
    "no disagreement found", "nothing to compare", "too few draws", "disagreement", "frozen", "copies"
]
FINDINGS: dict[Finding, str] = {
    "no disagreement found": tr("no disagreement found"),
    "nothing to compare": tr("nothing to compare"),
    "too few draws": tr("too few draws"),
    "disagreement": tr("disagreement"),
    "frozen": tr("frozen"),
    "copies": tr("copies"),
}
"""Findings as people read them."""

MOST_NUMBERS = 2**26
"""Numbers of all draws together: half a gigabyte."""

MOST_QUANTITIES = 5_000
"""Quantities that are judged one by one."""

MOST_COORDINATES = 8
"""Of a corner plot."""

TAILS = (0.05, 0.95)
"""Quantiles whose effective sample sizes are those of the tails."""

RANK_BINS = 20

LONGEST_LAG = 1_000
"""Steps of the longest lag whose correlation is worked out."""

CONFIDENCE = 0.95
"""Probability that all counts of all chains lie within their band."""

LONG_STANDSTILL = 0.05
"""Share of a chain that it must stand still for, to be called frozen there."""


@dataclass(frozen=True, eq=False)
class ChainDraws:
    """Draws of several chains, a table for each quantity.

    Attributes:
        name: of their source.
        quantities: by name, float64, each of shape (chains, draws).
        units: of the quantities that have one.
        coordinates: names of the quantities that are a configuration's coordinates, for a corner plot.
        spacing: steps of the chains from one draw to the next.
        burn_in: draws at the beginning that are not judged: chains may not have forgotten there where they started.
        notes: what of the source was left out, or its program says of it, in words.

    Raises:
        ValueError: there are no quantities, or they differ in shape.
    """

    name: str
    quantities: Mapping[str, Array]
    units: Mapping[str, str] = field(default_factory=dict)
    coordinates: tuple[str, ...] = ()
    spacing: int = 1
    burn_in: int = 0
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shapes = {values.shape for values in self.quantities.values()}
        if len(shapes) != 1 or len(next(iter(shapes))) != 2 or 0 in next(iter(shapes)):
            raise ValueError(
                tr(
                    "{name} needs quantities of one shape (chain, draw), with at least one draw each; got {shapes}",
                    name=self.name,
                    shapes=", ".join(map(str, sorted(shapes))) or tr("none"),
                )
            )

    @classmethod
    def of_arrays(cls, name: str, arrays: Mapping[str, npt.ArrayLike], **others: Any) -> ChainDraws:
        """Draws of arrays of shape (chain, draw, …): each entry beyond the second axis is a quantity, as θ[0,1].

        Args:
            name: of their source.
            arrays: by name.
            others: further attributes.

        Raises:
            ValueError: an array has fewer than two axes, has no numbers, or another number of chains or draws; there
                are too many numbers or quantities.
        """
        found = {variable: np.asarray(array) for variable, array in arrays.items()}
        for variable, array in found.items():
            if array.dtype.kind not in "iufb":
                raise ValueError(
                    tr(
                        "{name}: {variable} holds no real numbers but {type}; leave it out or convert it",
                        name=name,
                        variable=variable,
                        type=array.dtype,
                    )
                )
            if array.ndim < 2:
                raise ValueError(
                    tr(
                        "{name}: {variable} has shape {shape}; expected (chain, draw, …): one chain of n draws "
                        "has shape (1, n)",
                        name=name,
                        variable=variable,
                        shape=array.shape,
                    )
                )
        shapes = {variable: array.shape[:2] for variable, array in found.items()}
        if len(set(shapes.values())) > 1:
            said = ", ".join(f"{variable} {shape}" for variable, shape in list(shapes.items())[:4])
            raise ValueError(
                tr(
                    "{name}: every variable needs the same chains and draws; got {shapes}",
                    name=name,
                    shapes=said,
                )
            )
        if sum(array.size for array in found.values()) > MOST_NUMBERS:
            raise ValueError(
                tr(
                    "{name} holds more than {most:,} numbers; write fewer draws or variables",
                    name=name,
                    most=MOST_NUMBERS,
                )
            )
        count = sum(math.prod(array.shape[2:]) for array in found.values())
        if count > MOST_QUANTITIES:
            raise ValueError(
                tr(
                    "{name} holds {count:,} quantities; at most {most:,} are judged: leave variables out",
                    name=name,
                    count=count,
                    most=MOST_QUANTITIES,
                )
            )
        quantities: dict[str, Array] = {}
        for variable, array in found.items():
            for index in np.ndindex(array.shape[2:]):
                label = f"{variable}[{','.join(map(str, index))}]" if index else variable
                quantities[label] = np.ascontiguousarray(array[(..., *index)], np.float64)
        return cls(name, quantities, **others)

    @property
    def chains(self) -> int:
        """Number of chains."""
        return next(iter(self.quantities.values())).shape[0]

    @property
    def draws(self) -> int:
        """Number of draws of each chain."""
        return next(iter(self.quantities.values())).shape[1]

    @property
    def judged(self) -> ChainDraws:
        """The draws after the burn-in."""
        if not self.burn_in:
            return self
        later = {name: values[:, self.burn_in :] for name, values in self.quantities.items()}
        return replace(self, quantities=later, burn_in=0)

    def axis(self, quantity: str) -> str:
        """A quantity with its unit, for an axis."""
        return with_unit(quantity, self.units.get(quantity, ""))


class QuantityStatistics(NamedTuple):
    """Statistics of one quantity over all draws.

    Attributes:
        name: of the quantity.
        mean: over all draws.
        error: Monte Carlo standard error of the mean, sd / √ESS.
        deviation: standard deviation over all draws.
        r_hat: rank-normalised split R-hat, the larger of bulk and tail; of one chain, between its parts.
        bulk: effective sample size of the bulk, over all chains.
        tail: effective sample size of the tails: the smaller of those for the 5% and the 95% quantile.
        autocorrelation_time: within a chain, in steps of the chains.
    """

    name: str
    mean: float
    error: float
    deviation: float
    r_hat: float
    bulk: float
    tail: float
    autocorrelation_time: float

    @property
    def rounded(self) -> tuple[str, str]:
        """Mean and its error, to the second digit of the error."""
        return rounded(self.mean, self.error)


@dataclass(frozen=True)
class ChainsDiagnosis:
    """Judgement of chains of which nothing but their draws is known.

    Attributes:
        name: of their source.
        chains: number of chains.
        draws: number of draws of each.
        quantities: a row each, of those that can be judged.
        left_out: reason why a quantity cannot be judged, by its name.
        frozen: chains that do not move while the others do, numbered from 0.
        finding: in a few words. None of them says that the chains are in equilibrium: draws alone cannot.
        sentence: the finding with its reason.
        unsaid: what the finding does not say.
        notes: of the source.
    """

    name: str
    chains: int
    draws: int
    quantities: tuple[QuantityStatistics, ...]
    left_out: Mapping[str, str]
    frozen: tuple[int, ...]
    finding: Finding
    sentence: str
    unsaid: str
    notes: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """True where nothing was found that speaks against the chains."""
        return self.finding == "no disagreement found"

    @cached_property
    def worst(self) -> QuantityStatistics | None:
        """The quantity of the largest R-hat; None where none can be judged."""
        known = [row for row in self.quantities if not math.isnan(row.r_hat)]
        return max(known, key=lambda row: row.r_hat, default=None)

    def figures(self) -> dict[str, Any]:
        """Everything by name, as JSON takes it; None where a figure is not known or infinite; chains count from 1."""
        return {
            "source": self.name,
            "chains": self.chains,
            "draws": self.draws,
            "finding": self.finding,
            "sentence": self.sentence,
            "unsaid": self.unsaid,
            "frozen_chains": [chain + 1 for chain in self.frozen],
            "left_out": dict(self.left_out),
            "notes": list(self.notes),
            "quantities": {
                row.name: {
                    name: value if math.isfinite(value) else None
                    for name, value in (
                        ("mean", row.mean),
                        ("mean_error", row.error),
                        ("sd", row.deviation),
                        ("r_hat", row.r_hat),
                        ("bulk_effective_samples", row.bulk),
                        ("tail_effective_samples", row.tail),
                        ("autocorrelation_time", row.autocorrelation_time),
                    )
                }
                for row in self.quantities
            },
        }


def statistics_of(name: str, draws: npt.ArrayLike, spacing: int = 1) -> QuantityStatistics:
    """Mean with its error, spread, R-hat, effective sample sizes and autocorrelation time of one quantity.

    Where there are fewer than LEAST_STEPS draws a chain, only mean and standard deviation are known.

    Args:
        name: of the quantity.
        draws: finite, shape (chains, draws).
        spacing: steps of the chains between two draws.

    Source: Vehtari, Gelman, Simpson, Carpenter, Bürkner 2021.
    """
    values = np.asarray(draws, np.float64)
    mean, deviation = float(values.mean()), float(values.std(ddof=1)) if values.size > 1 else math.nan
    if values.shape[1] < LEAST_STEPS:
        return QuantityStatistics(name, mean, math.nan, deviation, *[math.nan] * 4)
    stats = array_stats()
    with np.errstate(divide="ignore", invalid="ignore"):
        error, tail = (
            float(stats.mcse(values, method="mean")),
            float(stats.ess(values, method="tail", prob=TAILS)),
        )
    return QuantityStatistics(
        name,
        mean,
        error,
        deviation,
        split_r_hat(values),
        effective_sample_size(values),
        tail,
        spacing * autocorrelation_time(values),
    )


def split_r_hat(draws: npt.ArrayLike) -> float:
    """`r_hat` of two or more chains; of one, that of its halves; NaN where half a chain is too short."""
    values = np.asarray(draws, np.float64)
    if len(values) == 1:
        half = values.shape[1] // 2
        values = np.vstack([values[:, :half], values[:, -half:]])
    return r_hat(values) if values.shape[1] >= LEAST_STEPS else math.nan


class Autocorrelation(NamedTuple):
    """Correlation of a quantity with itself some steps later.

    Attributes:
        lags: steps of the chains, int64, shape (n,).
        correlation: ρ at each lag, 1 at lag 0, shape (n,).
        error: standard error of ρ, shape (n,).
    """

    lags: npt.NDArray[np.int64]
    correlation: Array
    error: Array


def autocorrelation(draws: npt.ArrayLike, lags: int | None = None, spacing: int = 1) -> Autocorrelation:
    """ρ(t) within a chain, averaged over the chains, with its error.

    As in `autocorrelation_time` each chain is centred on its own mean, which is corrected to leading order. The
    error is Bartlett's (1946), with correlations as they are estimated, as in Lüscher 2005, appendix E:

        Var ρ(t) = Σ_{k ≥ 1} [ρ(k + t) + ρ(k − t) − 2 ρ(k) ρ(t)]² / N, N of all draws.

    Args:
        draws: finite, shape (chains, draws).
        lags: largest lag, in draws; None for six autocorrelation times, but 20 at least.
        spacing: steps of the chains between two draws.

    Raises:
        ValueError: fewer than LEAST_STEPS draws, or none of the chains moves.
    """
    values = np.asarray(draws, np.float64)
    time = autocorrelation_time(values)
    if math.isinf(time):
        raise ValueError("chains that do not move have no autocorrelation")
    steps = values.shape[1]
    if lags is None:
        lags = max(20, math.ceil(6 * time))
    lags = min(lags, steps // 2, LONGEST_LAG)
    beyond = min(max(2 * lags, math.ceil(10 * time)), steps - 1)
    lag = np.arange(beyond + 1)
    covariance = array_stats().autocov(values).mean(axis=0)[lag] * steps / (steps - lag)
    # Centring on the chain's own mean lowers every covariance by τ Var / steps.
    covariance = covariance + time * covariance[0] / steps
    rho = covariance / covariance[0]
    # Far lags are noise, whose squares would add up.
    known = np.where(lag <= max(lags, math.ceil(6 * time)), rho, 0.0)
    padded = np.concatenate([known, np.zeros(lags + 1)])
    k = np.arange(1, beyond + 1)
    errors = np.zeros(lags + 1)
    for t in range(1, lags + 1):
        errors[t] = math.sqrt(
            float(((padded[k + t] + padded[np.abs(k - t)] - 2 * padded[k] * padded[t]) ** 2).sum())
            / values.size
        )
    return Autocorrelation(spacing * np.arange(lags + 1), rho[: lags + 1], errors)


class RankCounts(NamedTuple):
    """Draws of each chain by their rank among the draws of all.

    Attributes:
        edges: of the bins, as a share of all ranks, 0 to 1, shape (bins + 1,).
        counts: draws of a chain in a bin, int64, shape (chains, bins).
        expected: draws in a bin where all chains have one law.
        low: lower end of the band that all counts lie in then, with a probability of 95%, shape (bins,).
        high: upper end, likewise.
    """

    edges: Array
    counts: npt.NDArray[np.int64]
    expected: float
    low: Array
    high: Array

    @property
    def outside(self) -> tuple[int, ...]:
        """Chains with a count outside the band, the furthest first, numbered from 0."""
        furthest = np.abs(self.counts - self.expected).max(axis=1)
        beyond = np.flatnonzero(((self.counts < self.low) | (self.counts > self.high)).any(axis=1))
        return tuple(int(chain) for chain in beyond[np.argsort(-furthest[beyond], kind="stable")])


def rank_counts(draws: npt.ArrayLike, bins: int = RANK_BINS) -> RankCounts:
    """Histogram of ranks of each chain (Vehtari et al. 2021), with the band of uniform expectation.

    Equal draws are ranked in random order, always the same. A count of n draws has variance τ n p (1 − p) (1 − 1/C)
    with p = 1 / bins, C chains and τ the autocorrelation time in draws, at least 1, of being in that bin; the band is
    as many deviations wide as none of the counts exceeds with a probability of 95% (Bonferroni).

    Args:
        draws: finite, shape (chains, draws).
        bins: number of bins.

    Raises:
        ValueError: fewer than two chains.
    """
    values = np.asarray(draws, np.float64)
    chains, steps = values.shape
    if chains < 2:
        raise ValueError("ranks compare chains, and there is one")
    from scipy.special import ndtri

    flat = values.ravel()
    order = np.lexsort((np.random.default_rng(0).random(flat.size), flat))
    ranks = np.empty(flat.size, np.int64)
    ranks[order] = np.arange(flat.size)
    place = (ranks * bins // flat.size).reshape(values.shape)
    counts = np.stack([np.bincount(row, minlength=bins) for row in place])
    share = 1 / bins
    times = np.ones(bins)
    if steps >= LEAST_STEPS:
        for number in range(bins):
            time = autocorrelation_time(place == number)
            times[number] = max(1.0, time) if math.isfinite(time) else 1.0
    deviation = np.sqrt(times * steps * share * (1 - share) * (1 - 1 / chains))
    reach = float(-ndtri((1 - CONFIDENCE) / (2 * counts.size))) * deviation
    expected = steps * share
    return RankCounts(
        np.linspace(0, 1, bins + 1),
        counts,
        expected,
        np.maximum(0.0, expected - reach),
        np.minimum(steps, expected + reach),
    )


def judge_chains(draws: ChainDraws) -> ChainsDiagnosis:
    """Judges chains by their draws alone, the burn-in left out: where they were started is not known.

    Chains that agree may all be in one mode of several, so the best finding is "no disagreement found" among these,
    never that they have reached equilibrium. A chain that stands still while the others move is named. One that
    agrees with another draw for draw is a copy of it.

    Raises:
        ValueError: no quantity can be judged: none changes, or none is finite.
    """
    draws = draws.judged
    left_out: dict[str, str] = {}
    arrays: dict[str, Array] = {}
    for name, values in draws.quantities.items():
        unknown = int(np.sum(~np.isfinite(values)))
        if unknown:
            left_out[name] = tr(
                "{count:,} of {all:,} draws are NaN or infinite", count=unknown, all=values.size
            )
        elif np.ptp(values) <= SINGLE_PRECISION**2 * np.abs(values).max():
            left_out[name] = tr("constant, {value:g} in every draw", value=values.flat[0])
        else:
            arrays[name] = values
    if not arrays:
        said = "; ".join(f"{name}: {reason}" for name, reason in list(left_out.items())[:MOST_NAMED])
        if len(left_out) > MOST_NAMED:
            said += tr("; and {count:,} more", count=len(left_out) - MOST_NAMED)
        raise ValueError(
            tr(
                "{name} holds nothing that can be judged ({reasons}); record another quantity",
                name=draws.name,
                reasons=said,
            )
        )
    evidence = _Evidence(draws.chains, draws.draws, draws.spacing, _frozen(arrays), _copies(arrays))
    rows = tuple(statistics_of(name, values, draws.spacing) for name, values in arrays.items())
    finding, reason = _find(rows, evidence)
    said = tr(" Left out: {names}.", names=_named(left_out)) if left_out else ""
    return ChainsDiagnosis(
        draws.name,
        draws.chains,
        draws.draws,
        rows,
        left_out,
        tuple(sorted({still.chain for still in evidence.frozen})),
        finding,
        f"{FINDINGS[finding]}: {reason}.{said}",
        _unsaid(evidence),
        draws.notes,
    )


class _Standstill(NamedTuple):
    """A chain that stands still, in words, and True if it never moves."""

    chain: int
    said: str
    never: bool


class _Evidence(NamedTuple):
    chains: int
    draws: int
    spacing: int
    frozen: tuple[_Standstill, ...]
    copies: tuple[int, int] | None

    @property
    def steps(self) -> int:
        return self.spacing * self.draws

    @property
    def effective_needed(self) -> int:
        return max(LEAST_EFFECTIVE, LEAST_EFFECTIVE_PER_CHAIN * self.chains)


def _find(rows: Sequence[QuantityStatistics], run: _Evidence) -> tuple[Finding, str]:
    """The finding and its reason, the most elementary first."""
    if run.frozen:
        said = "; ".join(still.said for still in run.frozen[:MOST_NAMED])
        if len(run.frozen) > MOST_NAMED:
            said += tr("; and {count:,} more", count=len(run.frozen) - MOST_NAMED)
        wrong = (
            tr("no number of draws makes its mean right")
            if any(still.never for still in run.frozen)
            else tr("every mean counts that place too often")
        )
        return "frozen", f"{said}; {wrong}"
    if run.copies is not None:
        first, second = (chain + 1 for chain in run.copies)
        return "copies", tr(
            "chains {first} and {second} are the same draw for draw, as two of one seed are; they count as one",
            first=first,
            second=second,
        )
    if run.draws < LEAST_STEPS * (2 if run.chains == 1 else 1):
        return "too few draws", tr(
            "{draws} a chain; errors, R-hat and correlations take at least {least}",
            draws=counted(run.draws, "draw"),
            least=LEAST_STEPS * (2 if run.chains == 1 else 1),
        )
    furthest = max(rows, key=lambda row: row.r_hat)
    poorest = min(rows, key=lambda row: min(row.bulk, row.tail))
    if furthest.r_hat > R_HAT_LIMIT:
        r = shown(furthest.r_hat, ".3f")
        if run.chains > 1:
            reason = tr(
                "the chains disagree on {name} (R-hat {r_hat}, where {limit} is tolerated)",
                name=QUANTITIES.get(furthest.name, furthest.name),
                r_hat=r,
                limit=R_HAT_LIMIT,
            )
        else:
            reason = tr(
                "parts of the chain disagree on {name} (R-hat {r_hat}, where {limit} is tolerated)",
                name=QUANTITIES.get(furthest.name, furthest.name),
                r_hat=r,
                limit=R_HAT_LIMIT,
            )
        if len(rows) > 1:
            count = sum(row.r_hat > R_HAT_LIMIT for row in rows)
            reason += (
                tr(", and on no other of {all} quantities", all=len(rows))
                if count == 1
                else tr(", and on {count} of {all} quantities in all", count=count, all=len(rows))
            )
        time = furthest.autocorrelation_time
        if math.isinf(furthest.r_hat):
            return "disagreement", reason + tr(", and none of them changes it")
        if run.steps < LONG_RUN * time:
            return "disagreement", reason + tr(
                "; they may only be too short: run longer, and see whether they meet"
            )
        # The spread of the halves' means that their own autocorrelation explains.
        if furthest.r_hat**2 - 1 > PARTED * 2 * time / run.steps:
            return "disagreement", reason + tr(
                ", although each forgets where it was within the part that it stays in, in {steps}: barriers lie "
                "between them, and running longer may not help",
                steps=counted(round(max(time, 1)), "step"),
            )
        return "too few draws", reason + tr(
            ", no more than chains of {count:,.0f} autocorrelation times do: run longer",
            count=run.steps / time,
        )
    worth = min(poorest.bulk, poorest.tail)
    if not worth >= run.effective_needed:
        found = shown(worth, ",.0f")
        if poorest.bulk <= poorest.tail:
            reason = tr(
                "no disagreement, but for the bulk of {name} the draws are worth only {worth} independent ones, of "
                "{needed:,} needed: run longer",
                name=QUANTITIES.get(poorest.name, poorest.name),
                worth=found,
                needed=run.effective_needed,
            )
        else:
            reason = tr(
                "no disagreement, but for the tails of {name} the draws are worth only {worth} independent ones, "
                "of {needed:,} needed: run longer",
                name=QUANTITIES.get(poorest.name, poorest.name),
                worth=found,
                needed=run.effective_needed,
            )
        return "too few draws", reason
    agreement = tr(
        "R-hat is at most {r_hat} ({name}), and the draws are worth at least {worth:,.0f} independent ones "
        "({poorest})",
        r_hat=shown(furthest.r_hat, ".3f"),
        name=QUANTITIES.get(furthest.name, furthest.name),
        worth=worth,
        poorest=QUANTITIES.get(poorest.name, poorest.name),
    )
    if run.chains == 1:
        return "nothing to compare", tr(
            "this one chain agrees with itself, {agreement}; run three more", agreement=agreement
        )
    return "no disagreement found", tr(
        "among these {count} chains {agreement}", count=run.chains, agreement=agreement
    )


def _unsaid(run: _Evidence) -> str:
    """Limits of what draws alone can say."""
    if run.chains == 1:
        limits = tr(
            "It does not say that this chain has reached equilibrium. A mode that it has not visited cannot be "
            "seen, and chains that were started near one another agree wherever they are."
        )
    else:
        limits = tr(
            "It does not say that these {count} chains have reached equilibrium. A mode that none of them has "
            "visited cannot be seen, and chains that were started near one another agree wherever they are.",
            count=run.chains,
        )
    return f"{limits} {tr('Start some far apart, and see whether they come to the same place.')}"


def _frozen(arrays: Mapping[str, Array]) -> tuple[_Standstill, ...]:
    """Chains that stand still while a typical one of the others moves LEAST_MOVES times, and how."""
    changes = {name: np.diff(values, axis=1) != 0 for name, values in arrays.items()}
    chains = len(next(iter(changes.values())))
    steps = next(iter(changes.values())).shape[1]
    if not steps:
        return ()
    still: dict[int, list[str]] = {}
    moved = np.any(list(changes.values()), axis=0)
    if not moved.any():
        return tuple(
            _Standstill(chain, tr("chain {number} never moves", number=chain + 1), True)
            for chain in range(chains)
        )
    for name, changed in changes.items():
        moves = changed.sum(1)
        moving = moves[moves > 0]
        if len(moving) and np.median(moving) >= LEAST_MOVES:
            for unmoved in np.flatnonzero(moves == 0).tolist():
                still.setdefault(unmoved, []).append(name)
    found = {
        chain: _Standstill(
            chain,
            tr("chain {number} never moves while others do", number=chain + 1)
            if not moved[chain].any()
            else tr("chain {number} never changes {names}", number=chain + 1, names=_listed(names)),
            True,
        )
        for chain, names in still.items()
    }
    rate = float(np.median(moved.mean(1)))
    needed = max(LONG_STANDSTILL * steps, (LEAST_MOVES + math.log(moved.size)) / rate) if rate else math.inf
    for chain in range(chains):
        first, length = _longest_standstill(moved[chain])
        if chain not in found and length + 1 >= needed:
            said = tr(
                "chain {number} stands still from draw {first:,} for {count:,} of its {draws:,} draws",
                number=chain + 1,
                first=first + 1,
                count=length + 1,
                draws=steps + 1,
            )
            found[chain] = _Standstill(chain, said, False)
    return tuple(sorted(found.values()))


def _longest_standstill(moved: npt.NDArray[np.bool_]) -> tuple[int, int]:
    """First step and length of the longest run without a move."""
    ends = np.flatnonzero(np.concatenate([[True], moved, [True]]))
    gaps = np.diff(ends) - 1
    longest = int(gaps.argmax())
    return int(ends[longest]), int(gaps[longest])


def _copies(arrays: Mapping[str, Array]) -> tuple[int, int] | None:
    """The first two chains whose draws of every quantity are equal."""
    together = np.stack(list(arrays.values()), axis=1)
    seen: dict[bytes, int] = {}
    for chain, rows in enumerate(together):
        first = seen.setdefault(np.ascontiguousarray(rows).tobytes(), chain)
        if first != chain:
            return first, chain
    return None


def _named(left_out: Mapping[str, str]) -> str:
    said = "; ".join(f"{name} ({reason})" for name, reason in list(left_out.items())[:MOST_NAMED])
    if len(left_out) > MOST_NAMED:
        said += tr("; and {count:,} more", count=len(left_out) - MOST_NAMED)
    return said


def _listed(names: Sequence[str]) -> str:
    said = ", ".join(names[:MOST_NAMED])
    if len(names) > MOST_NAMED:
        return tr("{names} and {count} more", names=said, count=len(names) - MOST_NAMED)
    return said

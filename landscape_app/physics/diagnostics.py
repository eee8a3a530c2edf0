"""Diagnostics of Markov chains: R-hat, effective sample size, autocorrelation time, and a verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from landscape_app.physics.ladder import LEAST_OVERLAP

Array = npt.NDArray[np.float64]
Verdict = Literal["mixed", "still drifting", "stuck"]

R_HAT_LIMIT = 1.01
"""Largest R-hat of mixed chains (Vehtari, Gelman, Simpson, Carpenter, Bürkner 2021).

The spread between chains is then at most 14 % of the spread within, √(1.01² − 1). Chains on their own cannot
get there in fewer than about a hundred autocorrelation times each; groups of M chains need M times fewer,
as it is the means of the groups that are compared."""

LEAST_EFFECTIVE = 400
"""Least bulk effective sample size of mixed chains: 100 for each of the usual four (Vehtari et al. 2021).

The 100 do not grow with the number of chains: 400 draws give a mean to 5 % of the standard deviation, however
many chains they come from, and whether every chain arrived is R-hat's question."""

LEAST_EFFECTIVE_PER_CHAIN = 5
"""Effective draws of each chain, on average, below which most chains have not yet forgotten their start."""

LEAST_STEPS = 16
"""Steps below which the autocorrelation within half a chain cannot be estimated at all."""

LONG_RUN = 20
"""Autocorrelation times in a chain long enough to tell a barrier from slow motion.

A chain that has only drifted all along has about two."""

PARTED = 11.0
"""Times that the disagreement between chains exceeds what their own autocorrelation explains, at a barrier.

10.8 is the 99.9 % quantile of χ² with one degree of freedom: of the spread between two groups, the fewest."""

LEAST_ACCEPTANCE, MOST_ACCEPTANCE = 0.05, 0.95
"""Acceptance rates far outside 0.2 to 0.6, where kernels are efficient (Roberts, Rosenthal 2001)."""

MOST_EXTRAPOLATED = 10
"""Lengths of the run beyond which the steps still needed are not extrapolated."""


class QuantityDiagnosis(NamedTuple):
    """The diagnostics of one quantity.

    Attributes:
        name: of the quantity.
        r_hat: rank-normalised split R-hat, nested where the chains have groups.
        effective_sample_size: of the bulk, over all chains.
        autocorrelation_time: within a chain, in steps.
    """

    name: str
    r_hat: float
    effective_sample_size: float
    autocorrelation_time: float


@dataclass(frozen=True)
class Diagnosis:
    """Diagnosis of an ensemble of chains by its recorded quantities.

    Attributes:
        r_hat: the worst over the quantities; infinite where nothing moves but the chains differ, NaN where
            every quantity was left out.
        effective_sample_size: the smallest over the quantities, of the bulk.
        autocorrelation_time: the largest over the quantities, in steps.
        quantities: one row for each quantity.
        left_out: names of quantities that had one and the same value throughout.
        acceptance_rate: mean acceptance probability, 0 to 1.
        swap_rates: of neighbouring replicas, 0 to 1; None without a ladder.
        round_trips: of replicas over the whole ladder and back; None without a ladder.
        verdict: "mixed", "still drifting" or "stuck".
        sentence: the verdict with its reason and what to try.
    """

    r_hat: float
    effective_sample_size: float
    autocorrelation_time: float
    quantities: tuple[QuantityDiagnosis, ...]
    left_out: tuple[str, ...]
    acceptance_rate: float
    swap_rates: tuple[float, ...] | None
    round_trips: int | None
    verdict: Verdict
    sentence: str


def r_hat(draws: npt.ArrayLike) -> float:
    """Rank-normalised split R-hat, the larger of bulk and tail (Vehtari et al. 2021).

    Infinite where no chain moves but they differ; NaN where all draws are equal.

    Args:
        draws: shape (chains, steps).

    Raises:
        ValueError: fewer than two chains or LEAST_STEPS steps, or a draw is not finite.
    """
    draws = _checked(draws, least_chains=2)
    if _frozen(draws):
        return math.inf if np.ptp(draws) else math.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(_array_stats().rhat(draws))


def nested_r_hat(draws: npt.ArrayLike, groups: npt.ArrayLike) -> float:
    """Rank-normalised R-hat between groups of chains: the right one for many short chains.

    √(1 + B/W), where B is the variance of the group means and W the mean variance within a group, between its
    chains and within them (Margossian, Hoffman, Sountsov, Riou-Durand, Vehtari, Gelman 2024, equations 6 to 8).
    The first and the second half of a group count as two groups here, so that a drift common to all shows too.

    Infinite where no chain moves but the groups differ; NaN where all draws are equal.

    Args:
        draws: shape (chains, steps).
        groups: label of each chain, shape (chains,): equal for chains from one start or ancestor.

    Raises:
        ValueError: fewer than two groups, groups of unequal size, or what `r_hat` raises.
    """
    draws = _checked(draws, least_chains=2)
    index = _group_index(groups, len(draws))
    if _frozen(draws):
        return math.inf if np.ptp(draws) else math.nan
    middle = draws.shape[1] // 2
    halves = np.vstack([draws[:, :middle], draws[:, -middle:]])
    index_of_half = np.concatenate([index, index + index.max() + 1])
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(_array_stats().rhat_nested(halves, superchain_ids=index_of_half))


def effective_sample_size(draws: npt.ArrayLike) -> float:
    """Bulk effective sample size of all chains together (Vehtari et al. 2021); 0 where no chain moves.

    Args:
        draws: shape (chains, steps).

    Raises:
        ValueError: no chain, fewer than LEAST_STEPS steps, or a draw is not finite.

    Example:
        >>> independent = np.random.default_rng(0).normal(size=(4, 1_000))
        >>> 3_000 < effective_sample_size(independent) < 5_000
        True
    """
    draws = _checked(draws)
    return 0.0 if _frozen(draws) else float(_array_stats().ess(draws))


def autocorrelation_time(draws: npt.ArrayLike) -> float:
    """τ = 1 + 2 Σ_t ρ(t), t ≥ 1, in steps: how many draws of a chain are worth one independent draw.

    ρ is the correlation about the chain's own mean, averaged over the chains: τ says how soon a chain forgets
    where it was, and nothing of whether the chains agree. The sum is Geyer's initial monotone sequence (1992);
    that a short chain is centred on its own mean is corrected to leading order (as in Wolff 2004). Too short
    a chain bounds τ from below: 7 % low at sixteen τ, half at two. Infinite where no chain moves.

    Args:
        draws: shape (chains, steps).

    Raises:
        ValueError: no chain, fewer than LEAST_STEPS steps, or a draw is not finite.
    """
    draws = _checked(draws)
    if _frozen(draws):
        return math.inf
    steps = draws.shape[1]
    lags = np.arange(2 * (steps // 4))
    covariance = _array_stats().autocov(draws).mean(axis=0)[lags] * steps / (steps - lags)
    pairs = covariance.reshape(-1, 2).sum(axis=1)
    kept = len(pairs) if (pairs > 0).all() else int((pairs <= 0).argmax())
    total = 2 * np.minimum.accumulate(pairs[:kept]).sum() - covariance[0]
    # Centring on the chain's own mean lowers each of the 4 kept − 1 covariances in the sum by total / steps.
    total /= 1 - (4 * kept - 1) / steps
    return max(float(total / (covariance[0] + total / steps)), 1 / steps)


def diagnose(
    draws: Mapping[str, npt.ArrayLike],
    acceptance_rate: float,
    groups: npt.ArrayLike | None = None,
    swap_rates: Sequence[float] | None = None,
    round_trips: int | None = None,
    spacing: int = 1,
) -> Diagnosis:
    """Judges whether chains have mixed, from scalar quantities recorded along them.

    "mixed" is a statement about what was recorded: the chains agree, and their draws are worth enough. It is as
    strong as the starts were different, so give as groups the chains from noise, from data and from the
    persistent ensemble. The ladder's rates explain a failure; in mixed chains they only add a warning.

    Args:
        draws: by name, each of shape (chains, steps), the burn-in left out.
        acceptance_rate: mean acceptance probability of the kernel, 0 to 1.
        groups: label of each chain's start, shape (chains,), as `nested_r_hat` takes them; needed for chains
            too short to explore alone.
        swap_rates: acceptance of swaps between neighbouring replicas, shape (replicas − 1,).
        round_trips: made by all replicas over the whole ladder and back.
        spacing: steps of the chains from one draw to the next; times are in steps.

    Raises:
        ValueError: nothing recorded, quantities of different shapes, a rate outside 0 to 1, or what
            `nested_r_hat` and `r_hat` raise.
    """
    if not draws:
        raise ValueError("nothing to diagnose: record at least one quantity along the chains")
    arrays = {name: _checked(values, least_chains=2, name=name) for name, values in draws.items()}
    shapes = {values.shape for values in arrays.values()}
    if len(shapes) > 1:
        raise ValueError(f"every quantity needs draws of the same chains and steps, got shapes {shapes}")
    rates = None if swap_rates is None else tuple(float(rate) for rate in swap_rates)
    if not all(0 <= rate <= 1 for rate in (acceptance_rate, *(rates or ()))):
        raise ValueError(f"rates must be between 0 and 1, got acceptance {acceptance_rate} and swaps {rates}")
    rows, left_out = [], []
    for name, values in arrays.items():
        r = r_hat(values) if groups is None else nested_r_hat(values, groups)
        if math.isnan(r):
            left_out.append(name)
        else:
            effective, time = effective_sample_size(values), spacing * autocorrelation_time(values)
            rows.append(QuantityDiagnosis(name, r, effective, time))
    chains, steps = shapes.pop()
    group_count = chains if groups is None else len(np.unique(np.asarray(groups)))
    compared: Literal["chains", "starts"] = "chains" if groups is None else "starts"
    run = _Run(chains, spacing * steps, compared, chains // group_count, acceptance_rate, rates, round_trips)
    verdict, reason = _judge(rows, run)
    omitted = f" (left out, as constant: {', '.join(left_out)})" if left_out else ""
    return Diagnosis(
        r_hat=max((row.r_hat for row in rows), default=math.nan),
        effective_sample_size=min((row.effective_sample_size for row in rows), default=0.0),
        autocorrelation_time=max((row.autocorrelation_time for row in rows), default=math.inf),
        quantities=tuple(rows),
        left_out=tuple(left_out),
        acceptance_rate=acceptance_rate,
        swap_rates=rates,
        round_trips=round_trips,
        verdict=verdict,
        sentence=f"{verdict}: {reason}{omitted}",
    )


class _Fault(NamedTuple):
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.what}: try {self.remedy}"


class _Run(NamedTuple):
    """Evidence for the verdict beside the quantities' own rows."""

    chains: int
    steps: int
    compared: Literal["chains", "starts"]
    chains_in_group: int
    acceptance_rate: float
    swap_rates: tuple[float, ...] | None
    round_trips: int | None

    @property
    def effective_needed(self) -> int:
        return max(LEAST_EFFECTIVE, LEAST_EFFECTIVE_PER_CHAIN * self.chains)


def _judge(rows: Sequence[QuantityDiagnosis], run: _Run) -> tuple[Verdict, str]:
    """The verdict and its reason."""
    if not rows:
        unchanged = _Fault("nothing that was recorded ever changed", "another start or another quantity")
        return "stuck", str(_unfit_step(run) or unchanged)
    furthest = max(rows, key=lambda row: row.r_hat)
    poorest = min(rows, key=lambda row: row.effective_sample_size)
    agree = furthest.r_hat <= R_HAT_LIMIT
    if agree and poorest.effective_sample_size >= run.effective_needed:
        broken = _disconnected(run) or _bottleneck(run)
        warning = f", although {broken.what}" if broken else ""
        return "mixed", (
            f"the {run.compared} agree (R-hat {furthest.r_hat:.3f}) and their draws are worth "
            f"{poorest.effective_sample_size:,.0f} independent ones{warning}"
        )
    parted = [row for row in rows if _is_parted(row, run)]
    fault = _cause(parted, run) if parted or not agree else None
    if fault:
        return "stuck", str(fault)
    if agree:
        worth = f"{poorest.effective_sample_size:,.0f} independent ones, of {run.effective_needed:,} needed"
        reason = f"the {run.compared} agree, but their draws of {poorest.name} are worth only {worth}"
    else:
        apart = f"the {run.compared}, or the two halves of the run, do not agree"
        reason = f"{apart} on {furthest.name} yet (R-hat {furthest.r_hat:.4f})"
    return "still drifting", f"{reason}: run longer, {_more_steps(furthest, poorest, run)} more steps"


def _is_parted(row: QuantityDiagnosis, run: _Run) -> bool:
    """True if each chain soon forgets where it was, and yet they disagree: a barrier."""
    if math.isinf(row.r_hat):
        return True
    if run.steps < LONG_RUN * row.autocorrelation_time:
        return False
    explained = row.autocorrelation_time / (run.chains_in_group * run.steps / 2)
    if row.r_hat > R_HAT_LIMIT and row.r_hat**2 - 1 > PARTED * explained:
        return True
    # Groups may agree although the chains within each are parted, in the same proportions.
    worth_by_themselves = run.chains * run.steps / row.autocorrelation_time
    lacking = row.effective_sample_size < run.effective_needed
    return lacking and PARTED * row.effective_sample_size < worth_by_themselves


def _cause(parted: Sequence[QuantityDiagnosis], run: _Run) -> _Fault | None:
    """Cause that keeps chains from agreeing, the most elementary first; None where time may mend it."""
    fault = _unfit_step(run) or _disconnected(run)
    if fault or not parted:
        return fault
    return _bottleneck(run) or _barrier(max(parted, key=lambda row: row.r_hat), run)


def _unfit_step(run: _Run) -> _Fault | None:
    what = f"the kernel accepts {run.acceptance_rate:.1%} of its moves"
    if run.acceptance_rate < LEAST_ACCEPTANCE:
        return _Fault(what, "a smaller step")
    return _Fault(what, "a larger step") if run.acceptance_rate > MOST_ACCEPTANCE else None


def _disconnected(run: _Run) -> _Fault | None:
    if not run.swap_rates or min(run.swap_rates) >= LEAST_OVERLAP:
        return None
    i = run.swap_rates.index(min(run.swap_rates))
    gap = f"replicas {i + 1} and {i + 2} swap in {run.swap_rates[i]:.1%} of the attempts"
    return _Fault(f"the ladder's ends are disconnected ({gap})", "more replicas")


def _bottleneck(run: _Run) -> _Fault | None:
    if run.round_trips != 0:
        return None
    what = "the ladder has a bottleneck (replicas swap, but none has travelled all of it and back)"
    return _Fault(what, "more replicas around the temperature where they turn back")


def _barrier(row: QuantityDiagnosis, run: _Run) -> _Fault:
    has_ladder = run.swap_rates is not None or run.round_trips is not None
    among = run.compared if row.r_hat > R_HAT_LIMIT else "chains of each start"
    moves = f"although each forgets where it was in {row.autocorrelation_time:,.0f} steps"
    if math.isinf(row.r_hat):
        moves = "and none of them moves"
    return _Fault(
        f"the {among} disagree on {row.name} (R-hat {row.r_hat:.3f}, effective sample size "
        f"{row.effective_sample_size:,.0f}) {moves}; barriers lie between them",
        "more replicas" if has_ladder else "replica exchange",
    )


def _more_steps(furthest: QuantityDiagnosis, poorest: QuantityDiagnosis, run: _Run) -> str:
    """Further steps that it takes while R̂² − 1 falls as 1/steps and the effective sample size grows as steps."""
    for_agreement = (furthest.r_hat**2 - 1) / (R_HAT_LIMIT**2 - 1)
    for_precision = run.effective_needed / poorest.effective_sample_size
    factor = max(for_agreement, for_precision)
    steps = max(run.steps * (min(factor, MOST_EXTRAPOLATED) - 1), 1)
    unit = 10 ** max(int(math.log10(steps)) - 1, 0)
    return f"{'about' if factor <= MOST_EXTRAPOLATED else 'at least'} {math.ceil(steps / unit) * unit:,}"


def _array_stats() -> Any:
    """The array interface of arviz-stats, which takes most of a second to import as it needs all of scipy.stats."""
    from arviz_stats.base import array_stats

    return array_stats


def _frozen(draws: Array) -> bool:
    return bool((draws == draws[:, :1]).all())


def _checked(draws: npt.ArrayLike, least_chains: int = 1, name: str = "the draws") -> Array:
    array = np.asarray(draws, dtype=np.float64)
    if array.ndim != 2 or array.shape[0] < least_chains or array.shape[1] < LEAST_STEPS:
        wanted = f"at least {least_chains} chains and {LEAST_STEPS} steps"
        raise ValueError(f"{name}: expected shape (chains, steps) with {wanted}, got {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: {np.sum(~np.isfinite(array))} of {array.size} draws are not finite")
    return array


def _group_index(groups: npt.ArrayLike, chains: int) -> npt.NDArray[np.intp]:
    """The number of each chain's group, from 0 up."""
    labels = np.asarray(groups)
    if labels.shape != (chains,):
        raise ValueError(f"groups: expected one label for each of {chains} chains, got shape {labels.shape}")
    _, index, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    if len(sizes) < 2 or sizes.min() != sizes.max():
        raise ValueError(f"groups: expected two or more of equal size, got sizes {sizes.tolist()}")
    return index

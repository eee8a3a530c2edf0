"""Diagnostics of Markov chains: R-hat, effective sample size, equality of the starts' means, and a verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from landscape_app.language import english_of, in_both, in_english, joined, tr
from landscape_app.physics.estimate import shown
from landscape_app.physics.ladder import LEAST_OVERLAP
from landscape_app.physics.space import QUANTITIES

Array = npt.NDArray[np.float64]
Verdict = Literal["mixed", "still drifting", "stuck", "frozen"]
VERDICTS: dict[Verdict, str] = {
    "mixed": tr("mixed"),
    "still drifting": tr("still drifting"),
    "stuck": tr("stuck"),
    "frozen": tr("frozen"),
}
"""Verdicts as people read them."""

R_HAT_LIMIT = 1.01
"""Largest R-hat of mixed chains (Vehtari, Gelman, Simpson, Carpenter, Bürkner 2021).

The spread between chains is then at most 14% of the spread within, √(1.01² − 1). Chains on their own cannot
get there in fewer than about a hundred autocorrelation times each; groups of M chains need M times fewer,
as it is the means of the groups that are compared."""

LEAST_EFFECTIVE = 400
"""Least bulk effective sample size of mixed chains: 100 for each of the usual four (Vehtari et al. 2021).

The 100 do not grow with the number of chains: 400 draws give a mean to 5% of the standard deviation, however
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

10.8 is the 99.9% quantile of χ² with one degree of freedom: of the spread between two groups, the fewest."""

PARTED_AT = 0.001
"""Probability that means of chains without a barrier between them spread as much by chance."""

LEAST_ACCEPTANCE, MOST_ACCEPTANCE = 0.05, 0.95
"""Acceptance rates far outside 0.2 to 0.6, where kernels are efficient (Roberts, Rosenthal 2001)."""

MOST_EXTRAPOLATED = 10
"""Lengths of the run beyond which the steps still needed are not extrapolated."""

SIGNIFICANCE = 0.01
"""Probability that starts of one law are called apart by their means, over all quantities together."""

CONFIDENCE = 0.95
"""Probability that no mean of a start is off by more than the limit that a verdict quotes."""

MOST_SHIFT = 0.6
"""Standard deviations by which the mean of a start of mixed chains may be off at most, at that confidence.

If it is one start of three, the mean over all is then off by 0.2, what a mean is judged by (`estimate.TOLERANCE`). A
test ends at its first good look, where it sees least: without a bound, few draws would let anything pass."""

REARRANGEMENTS = 1_999
"""Random ways to deal the chains out to the starts; the smallest probability is one in so many and one."""

SINGLE_PRECISION = 1e-6
"""Spread of draws, relative to their size, that may be no more than rounding: that depends on a chain's number."""

ROUNDING = 1e-12
"""Of a share of spread, summed in another order."""

DEPENDENT = 1e-3
"""Share of the largest variance below which a combination of quantities counts as constant, as that of an energy
with the observables that it is a sum of: what is left there is rounding."""

MOST_NAMED = 3
"""Frozen chains that a verdict names."""

LEAST_MOVES = 15
"""Changes of a typical chain while another had none, which is then frozen: by chance one in e¹⁵, 3 million."""


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


class StartMeans(NamedTuple):
    """Means of one quantity by start.

    Attributes:
        name: of the quantity.
        shifts: mean of each start less that of all others, in standard deviations of the draws, by start.
        error: standard error of a shift, from the spread of the chains' means within the starts.
        probability: that starts of one law differ as much in any of the quantities.
        limit: no shift is larger in size, at 95% confidence for all starts and quantities together.
        is_partial: True where the starts differ most in what the other quantities do not explain of it.
    """

    name: str
    shifts: Mapping[str, float]
    error: float
    probability: float
    limit: float
    is_partial: bool = False

    @property
    def furthest(self) -> str:
        """Start whose mean is furthest from that of the others."""
        return max(self.shifts, key=lambda start: abs(self.shifts[start]))

    @property
    def differ(self) -> bool:
        """True if the starts have different means beyond doubt."""
        return self.probability <= SIGNIFICANCE


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
        verdict: "mixed", "still drifting", "stuck" or "frozen".
        sentence: the verdict with its reason and what to try.
        means: the starts' means of each quantity; empty where chains have no starts in common.
        frozen: chains that never moved while others did, numbered from 0.
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
    means: tuple[StartMeans, ...] = ()
    frozen: tuple[int, ...] = ()

    @property
    def limit(self) -> float:
        """Standard deviations by which no start's mean is off, at 95% confidence; NaN without starts."""
        return max((row.limit for row in self.means), default=math.nan)


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
        return float(array_stats().rhat(draws))


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
        return float(array_stats().rhat_nested(halves, superchain_ids=index_of_half))


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
    return 0.0 if _frozen(draws) else float(array_stats().ess(draws))


def autocorrelation_time(draws: npt.ArrayLike) -> float:
    """τ = 1 + 2 Σ_t ρ(t), t ≥ 1, in steps: how many draws of a chain are worth one independent draw.

    ρ is the correlation about the chain's own mean, averaged over the chains: τ says how soon a chain forgets
    where it was, and nothing of whether the chains agree. The sum is Geyer's initial monotone sequence (1992);
    that a short chain is centred on its own mean is corrected to leading order (as in Wolff 2004). Too short
    a chain bounds τ from below: 7% low at sixteen τ, half at two. Infinite where no chain moves.

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
    covariance = array_stats().autocov(draws).mean(axis=0)[lags] * steps / (steps - lags)
    pairs = covariance.reshape(-1, 2).sum(axis=1)
    kept = len(pairs) if (pairs > 0).all() else int((pairs <= 0).argmax())
    total = 2 * np.minimum.accumulate(pairs[:kept]).sum() - covariance[0]
    # Centring on the chain's own mean lowers each of the 4 kept − 1 covariances in the sum by total / steps.
    total /= 1 - (4 * kept - 1) / steps
    return max(float(total / (covariance[0] + total / steps)), 1 / steps)


def memory_of_all(draws: npt.ArrayLike) -> float:
    """`autocorrelation_time` of independent chains, or, where these are parted, what tells of their means' spread.

    Means of n steps of a law of variance σ² have the variance τ σ² / n. Where the variance between the chains' means
    exceeds that beyond doubt, by the `PARTED_AT` quantile of χ², a barrier lies between them that none of them
    knows of: τ is then that which their spread stands for, all n steps where each stays in its part.

    Args:
        draws: shape (chains, steps).

    Raises:
        ValueError: what `autocorrelation_time` raises.
    """
    draws = _checked(draws)
    time, spread = autocorrelation_time(draws), float(draws.var())
    between = spread_of_chains(draws.mean(1), spread, draws.shape[1])
    return between if are_parted(between, time, len(draws)) else time


def spread_of_chains(means: Array, variance: float, steps: int) -> float:
    """n Var(m) / σ²: the autocorrelation time that the spread of chains' means m over n steps each stands for.

    NaN of one chain, and where nothing changes.

    Args:
        means: of each chain, shape (chains,).
        variance: σ², of the draws of all chains.
        steps: n, of each chain.
    """
    return steps * float(np.var(means, ddof=1)) / variance if len(means) > 1 and variance > 0 else math.nan


def are_parted(between: float, time: float, chains: int) -> bool:
    """True if the means of so many chains spread by more than their autocorrelation time explains, beyond doubt.

    Args:
        between: of `spread_of_chains`.
        time: autocorrelation time within a chain.
        chains: their number.
    """
    if math.isnan(between):
        return False
    from scipy.special import chdtri  # a tenth of a second to import

    most = float(chdtri(chains - 1, PARTED_AT)) / (chains - 1)
    return math.isinf(time) or between > most * time


def equal_means(draws: Mapping[str, npt.ArrayLike], groups: npt.ArrayLike) -> tuple[StartMeans, ...]:
    """Test that chains from different starts have the same means, of all quantities together.

    Chains are independent, so the mean m_c of a quantity over each is one observation, whatever the autocorrelation
    along the chain. For G starts of C chains, R² = C Σ_g (m̄_g − m̄)² / Σ_c (m_c − m̄)² is the share of the spread
    of the m_c that lies between the starts; it rises with the F of a one-way analysis of variance. Where all starts
    have reached one law, the chains may be dealt out to the starts in any way: R² is compared with its law over
    random rearrangements, of the first quantity by itself, and of all others as the largest among them, the same for
    all. Both probabilities count twice: so the first, the energy, is not hidden by the number of others. They are
    exact for means of any distribution, and for any number of quantities however correlated (maxT of Westfall, Young
    1993; counted as in Phipson, Smyth 2010). Two chains of each of three starts can be dealt out in 15 ways, too few
    to find anything.

    Quantities that rise and fall together hide what moves one of them alone. So among the others are the residuals of
    each quantity's regression on all of the rest, over the chains: columns of M Σ⁺, M the means, Σ their covariance,
    up to factors. As the regression knows nothing of the starts, rearrangements stay exact.

    Shifts have the limit |shift| + t · error, with Student's t of G (C − 1) degrees of freedom at 1 − 0.05 / (2 G K)
    for K quantities (Bonferroni).

    The probability is that of one look. A run that goes on until a look finds nothing calls equal laws apart less
    often than that, but sees only what its first good look can see: the limit says how little that is.

    Args:
        draws: by name, the energy first, each of shape (chains, steps); a quantity that never changes, but for
            rounding, is left out.
        groups: label of each chain's start, shape (chains,).

    Raises:
        ValueError: what `nested_r_hat` raises.
    """
    arrays = {name: _checked(values, least_chains=2, name=name) for name, values in draws.items()}
    arrays = {name: x for name, x in arrays.items() if np.ptp(x) > SINGLE_PRECISION * np.abs(x).max()}
    labels = np.asarray(groups)
    if not arrays:
        return ()
    index = _group_index(labels, len(next(iter(arrays.values()))))
    starts = [str(labels[index == group][0]) for group in range(index.max() + 1)]
    members = len(index) // len(starts)
    if members < 2:
        return ()
    # A row for each chain, those of one start together, and a column for each quantity, in deviations of its draws.
    means = np.stack([values.mean(1) / values.std() for values in arrays.values()], axis=1)
    means = (means - means.mean(0))[np.argsort(index, kind="stable")]
    total = np.maximum((means**2).sum(0), np.finfo(float).tiny)

    def by_start(rows: Array) -> Array:
        return rows.reshape(len(starts), members, -1).mean(1)

    # One quantity is its own residual.
    tested = np.hstack([means, _residuals(means)])[:, : 1 if len(arrays) == 1 else None]
    tested = tested / np.sqrt(np.maximum((tested**2).sum(0), np.finfo(float).tiny))
    shares = members * (by_start(tested) ** 2).sum(0)
    dealt = np.tile(np.repeat(np.arange(len(starts)), members), (REARRANGEMENTS, 1))
    dealt = np.random.default_rng(0).permuted(dealt, axis=1)
    drawn = np.sum([((dealt == start) @ tested) ** 2 for start in range(len(starts))], axis=0) / members
    drawn[:, 1:] = drawn[:, 1:].max(1, keepdims=True, initial=0)
    # The same rearrangement may sum to a little less in another order.
    as_large = (drawn >= shares - ROUNDING).sum(0)
    both = np.minimum(min(len(arrays), 2) * (1 + as_large) / (1 + REARRANGEMENTS), 1)
    both = both.reshape(-1, len(arrays))
    share, probability, is_partial = shares[: len(arrays)], both.min(0), both[-1] < both[0]
    freedom = len(means) - len(starts)
    # A start's mean less that of the others is G / (G − 1) times its distance from the mean of all.
    shifts = by_start(means) * len(starts) / (len(starts) - 1)
    variance = total * np.maximum(1 - share, 0) / freedom
    errors = np.sqrt(variance / members * len(starts) / (len(starts) - 1))
    limits = np.abs(shifts).max(0) + students_t(1 - CONFIDENCE, freedom, shifts.size) * errors
    return tuple(
        StartMeans(
            name,
            dict(zip(starts, shifts[:, k].tolist(), strict=True)),
            float(errors[k]),
            float(probability[k]),
            float(limits[k]),
            bool(is_partial[k]),
        )
        for k, name in enumerate(arrays)
    )


def _residuals(means: Array) -> Array:
    """Residuals of each column's regression on all others, up to factors, shape (chains, quantities)."""
    scaled = means / np.sqrt(np.maximum((means**2).mean(0), np.finfo(float).tiny))
    covariance = scaled.T @ scaled / len(scaled)
    return np.asarray(scaled @ np.linalg.pinv(covariance, rcond=DEPENDENT, hermitian=True))


def students_t(probability: float, freedom: int, quantities: int) -> float:
    """Standard errors that none of so many estimates is off by, but for a probability (Bonferroni).

    Args:
        probability: that one or more are off by more, either way.
        freedom: degrees of freedom of the errors.
        quantities: number of estimates.
    """
    from scipy.special import stdtrit  # a tenth of a second to import

    return float(stdtrit(freedom, 1 - probability / (2 * quantities)))


def diagnose(
    draws: Mapping[str, npt.ArrayLike],
    acceptance_rate: float,
    groups: npt.ArrayLike | None = None,
    swap_rates: Sequence[float] | None = None,
    round_trips: int | None = None,
    spacing: int = 1,
    means: Mapping[str, npt.ArrayLike] | None = None,
    rejects: bool = True,
    sets_replicas: bool = False,
) -> Diagnosis:
    """Judges whether chains have mixed, from scalar quantities recorded along them.

    "mixed" is a statement about what was recorded: the chains agree, and their draws are worth enough. It is as
    strong as the starts were different, so give as groups the chains from noise, from data and from a hot ladder.
    Where all of them are in one mode of several, no test of theirs can see it, and the sentence says so. The ladder's
    rates explain a failure; in mixed chains they only add a warning.

    A chain that never moves in any quantity, while a typical one does LEAST_MOVES times, is frozen: then the verdict
    is, and draws are worth nothing, as no number of them makes its mean right.

    Args:
        draws: by name, each of shape (chains, steps), the burn-in left out.
        acceptance_rate: mean acceptance probability of the kernel, 0 to 1.
        groups: label of each chain's start, shape (chains,), as `nested_r_hat` takes them; needed for chains
            too short to explore alone.
        swap_rates: acceptance of swaps between neighbouring replicas, shape (replicas − 1,).
        round_trips: made by all replicas over the whole ladder and back.
        spacing: steps of the chains from one draw to the next; times are in steps.
        means: further quantities by name, likewise, of which the starts' means are compared and nothing else, such as
            being in a class.
        rejects: False of a kernel that draws from conditional laws, such as Gibbs sampling: it may accept all of its
            moves.
        sets_replicas: True where a program sets the ladder: other replicas are then no advice.

    Raises:
        ValueError: nothing recorded, quantities of different shapes, a rate outside 0 to 1, or what
            `nested_r_hat` and `r_hat` raise.
    """
    if not draws:
        raise ValueError(tr("nothing to diagnose: record at least one quantity along the chains"))
    arrays = {name: _checked(values, least_chains=2, name=name) for name, values in draws.items()}
    more = {name: _checked(values, name=name) for name, values in (means or {}).items()}
    shapes = {values.shape for values in (arrays | more).values()}
    if len(shapes) > 1:
        raise ValueError(f"every quantity needs draws of the same chains and steps, got shapes {shapes}")
    rates = None if swap_rates is None else tuple(float(rate) for rate in swap_rates)
    if not all(0 <= rate <= 1 for rate in (acceptance_rate, *(rates or ()))):
        raise ValueError(f"rates must be between 0 and 1, got acceptance {acceptance_rate} and swaps {rates}")
    frozen = _frozen_chains([*arrays.values(), *more.values()])
    rows, left_out = [], []
    for name, values in arrays.items():
        r = r_hat(values) if groups is None else nested_r_hat(values, groups)
        if math.isnan(r):
            left_out.append(name)
        else:
            effective, time = effective_sample_size(values), spacing * autocorrelation_time(values)
            rows.append(QuantityDiagnosis(name, r, *((0.0, math.inf) if frozen else (effective, time))))
    chains, steps = shapes.pop()
    starts = None if groups is None else tuple(str(label) for label in np.asarray(groups))
    compared = () if groups is None else equal_means(arrays | more, groups)
    run = _Run(
        chains,
        spacing * steps,
        starts,
        compared,
        frozen,
        acceptance_rate,
        rates,
        round_trips,
        rejects,
        sets_replicas,
    )
    verdict, reason = _judge(rows, run)
    with in_english():
        _, english = _judge(rows, run)
    names = joined(", ", [_called(name) for name in left_out])
    omitted = tr(" (left out, as constant: {names})", names=names) if left_out else ""
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
        sentence=in_both(
            f"{VERDICTS[verdict]}: {reason}{omitted}", f"{verdict}: {english}{english_of(omitted)}"
        ),
        means=compared,
        frozen=frozen,
    )


class _Fault(NamedTuple):
    what: str
    remedy: str

    def __str__(self) -> str:
        return tr("{fault}: try {remedy}", fault=self.what, remedy=self.remedy) if self.remedy else self.what


class _Run(NamedTuple):
    """Evidence for the verdict beside the quantities' own rows."""

    chains: int
    steps: int
    starts: tuple[str, ...] | None
    means: tuple[StartMeans, ...]
    frozen: tuple[int, ...]
    acceptance_rate: float
    swap_rates: tuple[float, ...] | None
    round_trips: int | None
    rejects: bool
    sets_replicas: bool

    @property
    def chains_in_group(self) -> int:
        return 1 if self.starts is None else self.chains // len(set(self.starts))

    @property
    def agreement(self) -> str:
        """Names of the starts, and how well their means agree."""
        if self.starts is None:
            return ""
        within = (
            tr(
                ", no start's mean off by more than {limit} standard deviations",
                limit=shown(self.limit, ".2f"),
            )
            if self.means
            else ""
        )
        return f"{', '.join(dict.fromkeys(self.starts))}{within}, "

    @property
    def limit(self) -> float:
        """Standard deviations by which no start's mean is off; NaN where that is not known."""
        return max((row.limit for row in self.means), default=math.nan)

    @property
    def remedy(self) -> str:
        """Remedy against barriers."""
        has_ladder = self.swap_rates is not None or self.round_trips is not None
        return self.of_ladder(tr("more replicas")) if has_ladder else tr("replica exchange")

    def of_ladder(self, remedy: str) -> str:
        """A remedy that changes the ladder; none where nobody can choose its replicas."""
        return "" if self.sets_replicas else remedy

    @property
    def apart(self) -> StartMeans | None:
        """The quantity whose means differ most, where any do beyond doubt."""
        differing = [row for row in self.means if row.differ]
        return max(
            differing,
            key=lambda row: (-row.probability, abs(row.shifts[row.furthest]) / max(row.error, ROUNDING)),
            default=None,
        )

    @property
    def effective_needed(self) -> int:
        return max(LEAST_EFFECTIVE, LEAST_EFFECTIVE_PER_CHAIN * self.chains)


def _judge(rows: Sequence[QuantityDiagnosis], run: _Run) -> tuple[Verdict, str]:
    """The verdict and its reason."""
    if not rows:
        unchanged = _Fault(
            tr("nothing that was recorded ever changed"), tr("another start or another quantity")
        )
        return "stuck", str(_unfit_step(run) or unchanged)
    if run.frozen:
        return "frozen", _frozen_reason(run)
    furthest = max(rows, key=lambda row: row.r_hat)
    poorest = min(rows, key=lambda row: row.effective_sample_size)
    apart = run.apart
    agree = furthest.r_hat <= R_HAT_LIMIT and apart is None
    enough = poorest.effective_sample_size >= run.effective_needed
    if agree and enough and not run.limit > MOST_SHIFT:
        broken = _disconnected(run) or _bottleneck(run)
        warning = tr(", although {fault}", fault=broken.what) if broken else ""
        evidence = f"{run.agreement}R-hat {furthest.r_hat:.3f}"
        draws = f"{poorest.effective_sample_size:,.0f}"
        if run.starts is None:
            return "mixed", tr(
                "the chains agree ({evidence}) and their draws are worth {draws} independent ones{warning}; a mode "
                "that none of these chains has reached cannot be seen",
                evidence=evidence,
                draws=draws,
                warning=warning,
            )
        return "mixed", tr(
            "the starts agree ({evidence}) and their draws are worth {draws} independent ones{warning}; a mode "
            "that none of these starts has reached cannot be seen",
            evidence=evidence,
            draws=draws,
            warning=warning,
        )
    parted = [row for row in rows if _is_parted(row, run)]
    memory = max(row.autocorrelation_time for row in rows)
    fault = _cause(parted, run, memory) if parted or not agree else None
    if fault:
        return "stuck", str(fault)
    if agree and enough:
        least = max(run.means, key=lambda row: row.limit)
        reason = tr(
            "the starts agree, but a start's mean of {name} may still be off by {limit} standard deviations, of "
            "{most} at most",
            name=_called(least.name),
            limit=shown(least.limit, ".2f"),
            most=MOST_SHIFT,
        )
    elif agree:
        name, worth = _called(poorest.name), poorest.effective_sample_size
        if run.starts is None:
            reason = tr(
                "the chains agree, but their draws of {name} are worth only {worth:,.0f} independent ones, of "
                "{needed:,} needed",
                name=name,
                worth=worth,
                needed=run.effective_needed,
            )
        else:
            reason = tr(
                "the starts agree, but their draws of {name} are worth only {worth:,.0f} independent ones, of "
                "{needed:,} needed",
                name=name,
                worth=worth,
                needed=run.effective_needed,
            )
    elif furthest.r_hat > R_HAT_LIMIT or apart is None:
        name, r = _called(furthest.name), shown(furthest.r_hat, ".4f")
        if run.starts is None:
            reason = tr(
                "the chains, or the two halves of the run, do not agree on {name} yet (R-hat {r_hat})",
                name=name,
                r_hat=r,
            )
        else:
            reason = tr(
                "the starts, or the two halves of the run, do not agree on {name} yet (R-hat {r_hat})",
                name=name,
                r_hat=r,
            )
    else:
        reason = _difference(apart)
    steps, extrapolated = _more_steps(furthest, poorest, run)
    if extrapolated:
        return "still drifting", tr(
            "{reason}: run longer, at least {steps:,} more steps", reason=reason, steps=steps
        )
    return "still drifting", tr(
        "{reason}: run longer, about {steps:,} more steps", reason=reason, steps=steps
    )


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


def _cause(parted: Sequence[QuantityDiagnosis], run: _Run, memory: float) -> _Fault | None:
    """Cause that keeps chains from agreeing, the most elementary first; None where time may mend it.

    Args:
        parted: quantities on which chains are parted by a barrier.
        run: the evidence beside.
        memory: longest autocorrelation time, in steps.
    """
    fault = _unfit_step(run) or _disconnected(run)
    if fault:
        return fault
    if parted:
        return _bottleneck(run) or _barrier(max(parted, key=lambda row: row.r_hat), run)
    if run.apart and run.steps >= LONG_RUN * memory:
        what = tr(
            "{difference}, although chains forget where they were within the part that they stay in, in "
            "{steps:,.0f} steps; barriers lie between them",
            difference=_difference(run.apart),
            steps=memory,
        )
        return _bottleneck(run) or _Fault(what, run.remedy)
    return None


def _difference(row: StartMeans) -> str:
    """The start whose mean of a quantity differs most, and by how much."""
    shift = f"{shown(float(row.shifts[row.furthest]), '+.2f')} ± {row.error:.2f}"
    allowing = tr(", the other quantities allowed for") if row.is_partial else ""
    return tr(
        "the starts disagree on the mean of {name}: that from {start} is off the others' by {shift} standard "
        "deviations (p = {p:.2g}{allowing})",
        name=_called(row.name),
        start=row.furthest,
        shift=shift,
        p=row.probability,
        allowing=allowing,
    )


def _frozen_reason(run: _Run) -> str:
    count = len(run.frozen)
    if count == run.chains:
        what = tr(
            "none of the {count} chains ever moves, so no number of draws makes their mean right",
            count=run.chains,
        )
    else:
        named = ", ".join(
            str(chain + 1) + ("" if run.starts is None else tr(" (from {start})", start=run.starts[chain]))
            for chain in run.frozen[:MOST_NAMED]
        )
        if count > MOST_NAMED:
            named = tr("{names} and {count} more", names=named, count=count - MOST_NAMED)
        if count == 1:
            what = tr(
                "chain {name} of {count} never moves while the others do, so no number of draws makes their mean "
                "right",
                name=named,
                count=run.chains,
            )
        else:
            what = tr(
                "chains {names} of {count} never move while the others do, so no number of draws makes their mean "
                "right",
                names=named,
                count=run.chains,
            )
    return str(_Fault(what, tr("a smaller step, or another start")))


def _unfit_step(run: _Run) -> _Fault | None:
    what = tr("the kernel accepts {share:.1%} of its moves", share=run.acceptance_rate)
    if run.acceptance_rate < LEAST_ACCEPTANCE:
        return _Fault(what, tr("a smaller step"))
    if run.rejects and run.acceptance_rate > MOST_ACCEPTANCE:
        return _Fault(what, tr("a larger step"))
    return None


def _disconnected(run: _Run) -> _Fault | None:
    if not run.swap_rates or min(run.swap_rates) >= LEAST_OVERLAP:
        return None
    i = run.swap_rates.index(min(run.swap_rates))
    what = tr(
        "the ladder's ends are disconnected (replicas {first} and {second} swap in {share:.1%} of the attempts)",
        first=i + 1,
        second=i + 2,
        share=run.swap_rates[i],
    )
    return _Fault(what, run.of_ladder(tr("more replicas")))


def _bottleneck(run: _Run) -> _Fault | None:
    if run.round_trips != 0:
        return None
    what = tr("the ladder has a bottleneck (replicas swap, but none has travelled all of it and back)")
    return _Fault(what, run.of_ladder(tr("more replicas around the temperature where they turn back")))


def _barrier(row: QuantityDiagnosis, run: _Run) -> _Fault:
    name, r, size = _called(row.name), shown(row.r_hat, ".3f"), f"{row.effective_sample_size:,.0f}"
    if row.r_hat <= R_HAT_LIMIT:
        who = tr(
            "the chains of each start disagree on {name} (R-hat {r_hat}, effective sample size {size})",
            name=name,
            r_hat=r,
            size=size,
        )
    elif run.starts is None:
        who = tr(
            "the chains disagree on {name} (R-hat {r_hat}, effective sample size {size})",
            name=name,
            r_hat=r,
            size=size,
        )
    else:
        who = tr(
            "the starts disagree on {name} (R-hat {r_hat}, effective sample size {size})",
            name=name,
            r_hat=r,
            size=size,
        )
    if math.isinf(row.r_hat):
        what = tr("{disagreement} and none of them moves; barriers lie between them", disagreement=who)
    else:
        what = tr(
            "{disagreement} although each forgets where it was within the part that it stays in, in {steps:,.0f} "
            "steps; barriers lie between them",
            disagreement=who,
            steps=row.autocorrelation_time,
        )
    return _Fault(what, run.remedy)


def _called(name: str) -> str:
    """A quantity as people read it."""
    return QUANTITIES.get(name, name)


def _more_steps(furthest: QuantityDiagnosis, poorest: QuantityDiagnosis, run: _Run) -> tuple[int, bool]:
    """Further steps that it takes, and True if it may be more.

    R̂² − 1 falls as 1/steps, limits of shifts as its root, and draws grow.
    """
    for_agreement = (furthest.r_hat**2 - 1) / (R_HAT_LIMIT**2 - 1)
    for_precision = run.effective_needed / poorest.effective_sample_size
    for_means = 2.0 if run.apart else (run.limit / MOST_SHIFT) ** 2 if run.means else 0.0
    factor = max(for_agreement, for_precision, for_means)
    steps = max(run.steps * (min(factor, MOST_EXTRAPOLATED) - 1), 1)
    unit = 10 ** max(int(math.log10(steps)) - 1, 0)
    return math.ceil(steps / unit) * unit, factor > MOST_EXTRAPOLATED


def array_stats() -> Any:
    """The array interface of arviz-stats, which takes most of a second to import as it needs all of scipy.stats."""
    from arviz_stats.base import array_stats

    return array_stats


def _frozen(draws: Array) -> bool:
    return bool((draws == draws[:, :1]).all())


def _frozen_chains(quantities: Sequence[Array]) -> tuple[int, ...]:
    """Chains that never change in any quantity though a typical one of the others often does, or all of them."""
    moves = np.any([np.diff(values, axis=1) != 0 for values in quantities], axis=0).sum(1)
    moving = moves[moves > 0]
    if len(moving) and np.median(moving) < LEAST_MOVES:
        return ()
    return tuple(int(chain) for chain in np.flatnonzero(moves == 0))


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

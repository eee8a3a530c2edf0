"""A model's means beside those of its data: a verdict on the model, where that on mixing is one on the chains."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from landscape_app.language import in_both, in_english, tr
from landscape_app.physics.diagnostics import students_t
from landscape_app.physics.estimate import ROUNDING, SIGNIFICANCE, TOLERANCE, Estimate, shown
from landscape_app.physics.space import QUANTITIES

Array = npt.NDArray[np.float64]

MOST_DECIMALS = 5


class MeanMatch(NamedTuple):
    """One quantity's mean over the chains beside its mean over the data.

    Attributes:
        name: of the quantity.
        unit: of the means; empty for one without.
        chains: mean over the chains, with its standard error.
        data: mean over the data, with its standard error: 0 for a mean that training sets to this value.
        deviation: standard deviation of the data, or of the chains where the data have none.
        reach: standard errors that no difference of an exact match exceeds.
        is_share: whether it is the share of a class.
        lowest, highest: means over the chains of one start; NaN where starts are not told apart.
        mixed: False where the starts disagree: a mean over all chains is then none of the model.
    """

    name: str
    unit: str
    chains: Estimate
    data: Estimate
    deviation: float
    reach: float
    is_share: bool = False
    lowest: float = math.nan
    highest: float = math.nan
    mixed: bool = True

    @property
    def difference(self) -> Estimate:
        """Chains less data."""
        return Estimate(self.chains.value - self.data.value, math.hypot(self.chains.error, self.data.error))

    @property
    def errors(self) -> float:
        """Standard errors of the difference in it."""
        value, error = self.difference.value, self.difference.error
        return abs(value) / error if error else math.inf if value else 0.0

    @property
    def deviations(self) -> float:
        """Standard deviations of the data in the difference."""
        value = abs(self.difference.value)
        return value / self.deviation if self.deviation else math.inf if value else 0.0

    @property
    def decimals(self) -> int:
        """Decimals up to the second digit of the difference's error, 5 at most."""
        error = self.difference.error
        return min(max(1 - math.floor(math.log10(error)), 0), MOST_DECIMALS) if error > 0 else 2

    @property
    def is_off(self) -> bool:
        """True if the means differ beyond doubt, and by more than is tolerated."""
        return self.errors > self.reach and self.deviations > TOLERANCE

    @property
    def is_known(self) -> bool:
        """True if a difference as large as is tolerated would be found; the data know no share so well themselves."""
        return self.is_share or self.is_off or self.reach * self.chains.error <= TOLERANCE * self.deviation

    def figures(self) -> dict[str, float]:
        """Means with their errors, and how far apart they are, by name; no mean of chains that have not mixed."""
        known = 1.0 if self.mixed else math.nan
        return {
            "chains": known * self.chains.value,
            "error": known * self.chains.error,
            "lowest_start": self.lowest,
            "highest_start": self.highest,
            "data": self.data.value,
            "data_error": self.data.error,
            "errors_off": known * self.errors,
            "deviations_off": known * self.deviations,
        }


@dataclass(frozen=True)
class Match:
    """Verdict on a model by the means of its chains.

    Attributes:
        verdict: "matched", "not matched" or "not known".
        sentence: the verdict with its reason.
        means: ⟨H⟩ and the observables that training matches.
        shares: of classes, 0 to 1.
    """

    verdict: Literal["matched", "not matched", "not known"]
    sentence: str
    means: tuple[MeanMatch, ...]
    shares: tuple[MeanMatch, ...]

    @property
    def needs_draws(self) -> bool:
        """True if nothing is off, but more draws could find a mean that is."""
        return self.verdict == "not known" and any(not row.is_known for row in self.means)


def match(
    chains: Mapping[str, npt.ArrayLike],
    data: Mapping[str, npt.ArrayLike],
    classes: frozenset[str] = frozenset(),
    mixed: bool = True,
    units: Mapping[str, str] | None = None,
    weights: npt.ArrayLike | None = None,
    groups: npt.ArrayLike | None = None,
) -> Match:
    """Compares means over chains in equilibrium with means over the data.

    Chains are independent: the error of a mean is the spread of the chains' means over √(chains), whatever the
    autocorrelation along each. Where training sets ⟨f⟩ to the data's mean, that mean is exact, as is that of
    H = Σ λ f. The share p of a class among n items has the multinomial error √(p (1 − p) / n)
    (`Estimate.share`).

    A mean is off where |difference| > t · error, with Student's t at 1 − 0.01 / (2 K) for K quantities (Bonferroni),
    and more than TOLERANCE standard deviations of the data: with draws enough, every trained model fails an exact
    test. A mean is known where t · error ≤ TOLERANCE standard deviations. The model matches where every mean is
    known, and none is off.

    Args:
        chains: by name, along the chains, each of shape (chains, steps).
        data: by name, of the items, each of shape (n,).
        classes: names of what is the indicator of a class, whose share in the data is no target but a sample's.
        mixed: whether the chains are in equilibrium; the model is not known otherwise.
        units: by name, where there are any.
        weights: rows that each item counts as, shape (n,); None for one each.
        groups: label of each chain's start, shape (chains,), where means of the starts are wanted, too.

    Raises:
        ValueError: fewer than two chains, or other names among the data.
    """
    if set(chains) != set(data):
        raise ValueError(f"chains and data need the same quantities, got {set(chains)} and {set(data)}")
    rows = []
    for name, values in chains.items():
        draws, items = (np.asarray(part, dtype=np.float64) for part in (values, data[name]))
        if draws.ndim != 2 or len(draws) < 2:
            raise ValueError(f"{name}: expected shape (chains, steps), two chains or more, got {draws.shape}")
        reach = students_t(SIGNIFICANCE, len(draws) - 1, len(chains))
        # A mean of items that are all alike is known to rounding only.
        counts = np.ones(len(items)) if weights is None else np.asarray(weights, dtype=np.float64)
        mean = float(np.average(items, weights=counts))
        spread = math.sqrt(float(np.average((items - mean) ** 2, weights=counts)))
        deviation = max(spread, ROUNDING * abs(mean)) or float(draws.std())
        of_chains = _mean(draws.mean(1))
        of_data = Estimate(mean, 0.0)
        if name in classes:
            of_data = Estimate.share(of_data.value, float(counts.sum()))
            of_chains = of_chains if of_chains.error else Estimate.share(of_chains.value, len(draws))
        unit = (units or {}).get(name, "")
        of_starts = [] if groups is None else _means_of_starts(draws, np.asarray(groups))
        rows.append(
            MeanMatch(
                name,
                unit,
                of_chains,
                of_data,
                deviation,
                reach,
                name in classes,
                min(of_starts, default=math.nan),
                max(of_starts, default=math.nan),
                mixed,
            )
        )
    means = tuple(row for row in rows if not row.is_share)
    shares = tuple(row for row in rows if row.is_share)
    verdict, sentence = _judge(rows, mixed)
    with in_english():
        _, english = _judge(rows, mixed)
    return Match(verdict, in_both(sentence, english), means, shares)


def _means_of_starts(draws: Array, groups: npt.NDArray[Any]) -> list[float]:
    """Mean over the chains of each start."""
    return [float(draws[groups == label].mean()) for label in np.unique(groups)]


def _judge(rows: list[MeanMatch], mixed: bool) -> tuple[Literal["matched", "not matched", "not known"], str]:
    if not rows:
        return (
            "not known",
            tr("not known: this model sets no means to those of its data, and there are no classes"),
        )
    if not mixed:
        return "not known", tr("not known: chains that are not in equilibrium say nothing of the model")
    off = [row for row in rows if row.is_off]
    if off:
        worst = max(off, key=lambda row: row.deviations)
        sentence = tr(
            "not matched: {difference}, where {limit} are tolerated",
            difference=_difference(worst),
            limit=TOLERANCE,
        )
        if len(off) > 1:
            sentence += tr("; {count} more of {all} are off", count=len(off) - 1, all=len(rows))
        return "not matched", sentence
    if all(row.is_share for row in rows):
        return "not known", tr(
            "not known: this model sets no means to those of its data; shares of classes are the data's within "
            "errors"
        )
    unknown = [row for row in rows if not row.is_known]
    if unknown:
        worst = max(unknown, key=lambda row: row.chains.error / row.deviation)
        return "not known", tr(
            "not known: the chains say {mean} to {deviations:.2f} standard deviations of the data only, where "
            "{limit} are tolerated: run longer, or more chains",
            mean=_name(worst),
            deviations=worst.reach * worst.chains.error / worst.deviation,
            limit=TOLERANCE,
        )
    worst = max(rows, key=lambda row: row.deviations)
    return "matched", tr(
        "matched: {count} means of the chains are the data's to {limit} standard deviations; furthest off, "
        "{difference}",
        count=len(rows),
        limit=TOLERANCE,
        difference=_difference(worst),
    )


def _difference(row: MeanMatch) -> str:
    value, error = row.difference.value, row.difference.error
    name, errors, deviations = _name(row), shown(row.errors, ".1f"), shown(row.deviations, ".2f")
    difference = f"{abs(value):.{row.decimals}f} ± {error:.{row.decimals}f} {row.unit}".rstrip()
    if value > 0:
        return tr(
            "{mean} is {difference} above the data's, {errors} standard errors and {deviations} of their standard "
            "deviations",
            mean=name,
            difference=difference,
            errors=errors,
            deviations=deviations,
        )
    return tr(
        "{mean} is {difference} below the data's, {errors} standard errors and {deviations} of their standard "
        "deviations",
        mean=name,
        difference=difference,
        errors=errors,
        deviations=deviations,
    )


def _name(row: MeanMatch) -> str:
    name = QUANTITIES.get(row.name, row.name)
    return tr("the share of {name}", name=name) if row.is_share else tr("the mean of {name}", name=name)


def _mean(independent: Array) -> Estimate:
    """Mean of independent values, shape (n,), with its standard error."""
    return Estimate(float(independent.mean()), float(independent.std(ddof=1) / math.sqrt(len(independent))))

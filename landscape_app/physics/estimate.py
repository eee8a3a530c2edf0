"""Numbers with a standard error, or with bounds."""

from __future__ import annotations

import math
from typing import NamedTuple

from landscape_app.language import tr

TOLERANCE = 0.2
"""Standard deviations of the data by which a mean may be off and still match.

A normal law whose mean is off by δ standard deviations is δ²/2 = 0.02 nats from the data's, and a fresh set of 225
items has its mean off by as much at three standard errors: who has no more items sees nothing of what is nearer. The
400 effective draws that mixed chains have at least tell it at four standard errors."""

SIGNIFICANCE = 0.01
"""Probability that a model whose means are exactly the data's has any of them called off."""

ROUNDING = 1e-5
"""Relative error that rounding in single precision may leave in a figure that is worked out of many energies."""

NORMAL_95 = 1.959964
"""Standard deviations of a normal distribution that hold 95% of it between them."""

HIDDEN_UNITS = "exact sum over hidden units"
"""Method of a sum over the states of hidden units, which are fewer than those of the sites."""


class Estimate(NamedTuple):
    """A number with its standard error, or bounds that it lies between.

    Attributes:
        value: the number; of bounds their middle, or the one that there is.
        error: its standard error, 0 of a sum over all states; of bounds half their distance.
        low: bound from below; minus infinity where there is none.
        high: bound from above; infinity where there is none.
    """

    value: float
    error: float
    low: float = -math.inf
    high: float = math.inf

    @classmethod
    def between(cls, low: float, high: float) -> Estimate:
        """Bounds, of which one or both may be infinite."""
        finite = [bound for bound in (low, high) if math.isfinite(bound)]
        value = sum(finite) / len(finite) if finite else math.nan
        return cls(value, (high - low) / 2, low, high)

    @classmethod
    def share(cls, value: float, count: float) -> Estimate:
        """A share of so many independent ones, with the error of two more of each kind: one of nought is not certain.

        Source: Agresti, Coull, "Approximate is better than exact for interval estimation of binomial proportions"
        (1998).
        """
        p = (value * count + 2) / (count + 4)
        return cls(value, math.sqrt(p * (1 - p) / (count + 4)))

    @property
    def share_bounds(self) -> tuple[float, float]:
        """Ends of the two-sided 95% interval of a share (`Estimate.share`), never below 0 or above 1.

        It is that of Wilson's score, (np + z²/2 ∓ z √(np(1 − p) + z²/4)) / (n + z²), z = 1.96, of as many independent
        ones, n, as the standard error tells of.

        Example:
            >>> low, high = Estimate.share(1.0, 100).share_bounds
            >>> f"{low:.3f} {high:.3f}"
            '0.963 1.000'

        Source: Wilson, "Probable inference, the law of succession, and statistical inference" (1927).
        """
        p, z = self.value, NORMAL_95
        few, many = 0.0, 1e12
        # The error falls with n.
        for _ in range(100):
            n = math.sqrt((few + 1) * (many + 1)) - 1
            few, many = (n, many) if Estimate.share(p, n).error > self.error else (few, n)
        n = few
        middle = (n * p + z**2 / 2) / (n + z**2)
        reach = z * math.sqrt(n * p * (1 - p) + z**2 / 4) / (n + z**2)
        return max(0.0, middle - reach), min(1.0, middle + reach)

    @property
    def is_exact(self) -> bool:
        """True of a sum over all states."""
        return self.error == 0

    @property
    def is_bracket(self) -> bool:
        """True if bounds are all that is known, or nothing is."""
        return math.isfinite(self.low) or math.isfinite(self.high) or math.isnan(self.value)

    def reach(self, errors: float) -> float:
        """So many standard errors, or half the distance of the bounds."""
        return self.error if self.is_bracket else errors * self.error

    @property
    def bounds(self) -> tuple[float, float]:
        """The bounds, or two standard errors below and above."""
        reach = self.reach(2.0)
        return (self.low, self.high) if self.is_bracket else (self.value - reach, self.value + reach)

    def hull(self, other: Estimate) -> Estimate:
        """Bounds between which both lie, of numbers within two standard errors.

        Example:
            >>> f"{Estimate(2.0, 0.5).hull(Estimate.between(0.0, 1.5)):.1f}"
            '0.0 to 3.0'
        """
        (low, high), (others_low, others_high) = self.bounds, other.bounds
        return Estimate.between(min(low, others_low), max(high, others_high))

    def minus(self, other: Estimate) -> Estimate:
        """The difference from another number, of which the errors are independent.

        Example:
            >>> f"{Estimate(2.0, 0.3).minus(Estimate(1.0, 0.4)):.1f}"
            '1.0 ± 0.5'
        """
        if self.is_bracket or other.is_bracket:
            (low, high), (others_low, others_high) = self.bounds, other.bounds
            return Estimate.between(low - others_high, high - others_low)
        return Estimate(self.value - other.value, math.hypot(self.error, other.error))

    def plus(self, number: float, error: float = 0.0) -> Estimate:
        """The sum with another number, and an error that is independent of it."""
        if self.is_bracket:
            reach = 2 * error
            return Estimate.between(self.low + number - reach, self.high + number + reach)
        return Estimate(self.value + number, math.hypot(self.error, error))

    def __format__(self, spec: str) -> str:
        """“value ± error”, the value by itself where it is exact, or the bounds, all in one format, signs as `shown`.

        Example:
            >>> f"{Estimate(0.5, 0.2):+.1f}", f"{Estimate.between(-1.0, 2.0):.1f}"
            ('+0.5 ± 0.2', '−1.0 to 2.0')
        """
        if self.is_bracket:
            low, high = (shown(bound, spec) for bound in (self.low, self.high))
            if math.isinf(self.low):
                return tr("at most {high}", high=high) if math.isfinite(self.high) else tr("not known")
            return (
                tr("{low} to {high}", low=low, high=high)
                if math.isfinite(self.high)
                else tr("at least {low}", low=low)
            )
        value = shown(self.value, spec)
        return value if self.is_exact else f"{value} ± {self.error:{spec.lstrip('+')}}"


def share_in_words(share: Estimate) -> str:
    """A share with its standard error; where that would lead below 0 or above 100%, with an end of the 95% interval.

    Example:
        >>> share_in_words(Estimate(0.7, 0.04)), share_in_words(Estimate.share(1.0, 100))
        ('70.0% ± 4.0%', '100.0% (≥ 96.3%)')
    """
    if share.value + share.error > 1:
        return f"{share.value:.1%} (≥ {share.share_bounds[0]:.1%})"
    if share.value - share.error < 0:
        return f"{share.value:.1%} (≤ {share.share_bounds[1]:.1%})"
    return f"{share:.1%}"


def shown(value: float, spec: str) -> str:
    """A number in a format, with the signs of formulas: − and ∞, and a dash where there is none.

    What rounds to nought has no sign but one that the format asks for.

    Example:
        >>> shown(-0.01, ".1f"), shown(-0.01, "+.1f"), shown(-1e-9, ".1e")
        ('0.0', '+0.0', '−1.0e-09')
        >>> shown(-0.25, ".1f"), shown(float("inf"), ".1f"), shown(float("nan"), ".1f")
        ('−0.2', '∞', '–')
    """
    if math.isnan(value):
        return "–"
    text = "∞" if math.isinf(value) else format(value, spec).lstrip("+-")
    is_nought = not any(digit in text.partition("e")[0] for digit in "123456789∞")
    return f"−{text}" if value < 0 and not is_nought else f"+{text}" if spec.startswith("+") else text


MOST_DECIMALS = 6
"""Of a number with an error; smaller ones are written with a power of ten."""


def rounded(value: float, error: float) -> tuple[str, str]:
    """A number and its error, both to the second digit of the error.

    Example:
        >>> rounded(-0.12345, 0.012)
        ('−0.123', '0.012')
    """
    if not (error > 0 and math.isfinite(error)):
        return shown(value, ",.4g"), shown(error, ",.2g")
    decimals = 1 - math.floor(math.log10(error))
    if decimals > MOST_DECIMALS:
        return shown(value, ".3e"), shown(error, ".1e")
    form = f",.{max(decimals, 0)}f"
    return shown(value, form), shown(error, form)

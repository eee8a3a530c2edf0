"""A number that a person may choose, and what may be chosen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Parameter:
    """A number that a person may choose.

    Attributes:
        name: on the command line, with words joined by "_".
        label: in the window.
        default: of the quick setting.
        full: at the paper's scale.
        low, high: the range.
        meaning: one sentence.
        whole: whether only whole numbers make sense.
    """

    name: str
    label: str
    default: float
    full: float
    low: float
    high: float
    meaning: str
    whole: bool = True

    def check(self, value: float) -> None:
        """Refuses a value.

        Raises:
            ValueError: it is out of range, or not whole; with the range.
        """
        if not self.low <= value <= self.high or (self.whole and value != int(value)):
            raise ValueError(f"{self.name} must be {self.allowed}, got {value:,.10g}")

    @property
    def allowed(self) -> str:
        """What a value may be, in words, such as "a whole number from 1 to 10"."""
        if self.whole:
            return f"a whole number from {int(self.low):,} to {int(self.high):,}"
        return f"a number from {self.low:,g} to {self.high:,g}"

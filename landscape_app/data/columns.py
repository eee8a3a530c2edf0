"""Columns of a table: their names, and the units and words of the file that an item's numbers stand for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import numpy as np
import numpy.typing as npt

from landscape_app.language import tr

Array = npt.NDArray[np.float64]

LOGARITHM, DATE, WHOLE = "logarithm", "date", "whole number"
"""Types of columns whose numbers are logarithms, days since 1970, or whole."""

DIGITS = 6
"""Significant digits of a number's distance from its column's offset."""

MOST_DIGITS = 15

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
SECONDS_A_DAY = 86_400
WHOLE_DAYS = 3.0
"""Spread in days from which on dates are written without the time of day."""


@dataclass(frozen=True)
class ColumnMeaning:
    """Name of a column of a table.

    Attributes:
        name: of the column.
        values: what each of its levels stands for, or −1 and +1; empty for real numbers.
        offset: of real numbers, in the unit of the file: an item has (number − offset) / scale. Of a logarithm both
            are about the natural logarithm of the file's number; of a date about days since 1970.
        scale: likewise, positive; 1, with the offset 0, where items have the numbers of the file themselves.
        type: such as "number" or "category"; empty where nobody says.
    """

    name: str
    values: tuple[str, ...] = ()
    offset: float = 0.0
    scale: float = 1.0
    type: str = ""

    @property
    def is_log(self) -> bool:
        """True where an item has the logarithm of the file's number."""
        return self.type == LOGARITHM and not self.values

    @property
    def is_date(self) -> bool:
        """True where an item counts days."""
        return self.type == DATE and not self.values

    @property
    def title(self) -> str:
        """Name for an axis: where numbers are drawn by their logarithm, it says so."""
        return tr("{name} (log scale)", name=self.name) if self.is_log else self.name

    @property
    def counted_name(self) -> str:
        """Name of the number that densities count by."""
        if self.is_log:
            return f"log {self.name}"
        return tr("{name} (days since 1970)", name=self.name) if self.is_date else self.name

    @property
    def is_plain(self) -> bool:
        """True where an item has the file's number, or the number of a word."""
        return bool(self.values) or (not self.is_log and (self.offset, self.scale) == (0.0, 1.0))

    def in_unit(self, numbers: npt.ArrayLike) -> Array:
        """Numbers in the unit of the file, by those of items; of dates days since 1970, of words their places."""
        found = np.asarray(numbers, np.float64)
        if self.values:
            return found
        found = found * self.scale + self.offset
        with np.errstate(over="ignore"):
            return np.exp(found) if self.is_log else found

    def from_unit(self, numbers: npt.ArrayLike) -> Array:
        """The inverse of `in_unit`; NaN for the logarithm of what is not positive."""
        found = np.asarray(numbers, np.float64)
        if self.values:
            return found
        if self.is_log:
            with np.errstate(divide="ignore", invalid="ignore"):
                found = np.log(found)
        return (found - self.offset) / self.scale

    def drawn(self, numbers: npt.ArrayLike) -> Array:
        """Places on an axis of numbers in the unit of the file: their natural logarithms on a log scale."""
        found = np.asarray(numbers, np.float64)
        if not self.is_log:
            return found
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log(found)

    def number_of(self, value: str | float) -> float:
        """The number that stands for a value: of a word of a category its place from 0, of others an item's number.

        Args:
            value: as people write it, numbers in the unit of the file; dates in the order of ISO 8601, such as
                2024-05-01, or in days since 1970.

        Raises:
            ValueError: it is none of the column's.
        """
        if self.values:
            if str(value) not in self.values:
                raise ValueError(
                    tr(
                        "column {name!r} has no value {value!r}; it has {values}",
                        name=self.name,
                        value=value,
                        values=", ".join(self.values[:12]),
                    )
                )
            return float(self.values.index(str(value)))
        number = _days_of(str(value)) if self.is_date else None
        try:
            number = float(value) if number is None else number
        except ValueError as error:
            text = tr("column {name!r} needs a number, got {value!r}", name=self.name, value=value)
            if self.is_date:
                text = tr(
                    "column {name!r} needs a date such as 2024-05-01, got {value!r}",
                    name=self.name,
                    value=value,
                )
            raise ValueError(text) from error
        if self.is_log and number <= 0:
            raise ValueError(
                tr(
                    "column {name!r} is on a log scale: it needs a number above 0, got {value!r}",
                    name=self.name,
                    value=value,
                )
            )
        return float(self.from_unit(number))

    def text_of(self, number: float) -> str:
        """A value as people write it, by the number that stands for it."""
        if self.values:
            place = round(number)
            return self.values[place] if 0 <= place < len(self.values) else str(place)
        return self.text_in_unit(float(self.in_unit(number)))

    def text_in_unit(self, value: float) -> str:
        """A number in the unit of the file as people write it; a date as a date.

        As many digits as tell values of the column apart, however far from zero they lie.
        """
        if self.is_date:
            return self._date_text(value)
        further = 0 if self.is_log else math.log10(max(abs(self.offset) / self.scale, 1.0))
        text = f"{value:.{min(DIGITS + math.ceil(further), MOST_DIGITS)}g}"
        return f"{float(text):.0f}" if "e+" in text and abs(value) < 10.0**MOST_DIGITS else text

    def _date_text(self, days: float) -> str:
        seconds = round(days * SECONDS_A_DAY) if math.isfinite(days) else 0
        try:
            found = LONG_AGO + timedelta(seconds=seconds)
        except OverflowError:
            return f"{days:.{DIGITS}g} days since 1970"
        if self.scale >= WHOLE_DAYS:
            return found.date().isoformat()
        clock = found.time().isoformat("minutes" if self.scale > 0.01 else "seconds")
        return clock if abs(self.offset) + 5 * self.scale < WHOLE_DAYS else f"{found.date()} {clock}"


def _days_of(text: str) -> float | None:
    """Days since 1970 of a date, or of a time of day; None of anything else."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        try:
            clock = time.fromisoformat(text.strip())
        except ValueError:
            return None
        found = LONG_AGO.combine(LONG_AGO, clock)
    return (found.replace(tzinfo=UTC) - LONG_AGO).total_seconds() / SECONDS_A_DAY


def in_units(columns: Sequence[ColumnMeaning], x: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """Rows in the units of the file, float64; as they are where these are the numbers of items.

    Args:
        columns: of the table; none of what is no table.
        x: items, shape (…, columns).
    """
    if all(column.is_plain for column in columns):
        return x
    return np.stack([column.in_unit(x[..., i]) for i, column in enumerate(columns)], axis=-1)


def from_units(columns: Sequence[ColumnMeaning], x: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """The inverse of `in_units`."""
    if all(column.is_plain for column in columns):
        return x
    return np.stack([column.from_unit(x[..., i]) for i, column in enumerate(columns)], axis=-1)


def log_unit(columns: Sequence[ColumnMeaning]) -> float:
    """Σ log scale: −log of a density in the units of the file, less that in the units of items, nats.

    A column on a log scale counts by its natural logarithm, a date by days.
    """
    return sum(math.log(column.scale) for column in columns if not column.values)


def unit_in_words(columns: Sequence[ColumnMeaning]) -> str:
    """Unit that densities of points and mixed rows are per, in words."""
    words = [tr("per unit of each column, as the data have it")]
    logs = [column.name for column in columns if column.is_log]
    dates = [column.name for column in columns if column.is_date]
    if logs:
        words.append(tr("of {columns} per unit of the natural logarithm", columns=_few(logs)))
    if dates:
        words.append(tr("of {columns} per day", columns=_few(dates)))
    return "; ".join(words)


def _few(names: Sequence[str], most: int = 3) -> str:
    listed = ", ".join(names[:most])
    return (
        listed
        if len(names) <= most
        else tr("{names} and {count} more", names=listed, count=len(names) - most)
    )

"""Rows of a table divided into those to learn from and those held out: at random, by a column, by group, by time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from landscape_app.data.dataset import stratified_split
from landscape_app.data.importing.columns import TYPE_NAMES, Column
from landscape_app.data.importing.folders import HELD_OUT, TRAINING
from landscape_app.data.importing.images import OWN_SPLIT, ImportFailure
from landscape_app.data.importing.tables import Table
from landscape_app.language import tr


class DivisionWay(StrEnum):
    """Ways to divide rows."""

    RANDOM = "random"
    COLUMN = "column"
    GROUP = "group"
    TIME = "time"


@dataclass(frozen=True)
class Division:
    """A way to divide rows.

    Attributes:
        way: at random, but where the file itself holds rows out; by a column that says train or test; by groups,
            each of which is whole on one side; or by time, the latest held out.
        column: name or number of the column, of all ways but random.
        seed: of what is random.

    Raises:
        ValueError: a column is missing, or one too many.
    """

    way: DivisionWay = DivisionWay.RANDOM
    column: str = ""
    seed: int = 0

    def __post_init__(self) -> None:
        if bool(self.column) != (self.way is not DivisionWay.RANDOM):
            raise ValueError(
                f"a split at random needs no column, and every other one does, got {self.column!r}"
            )

    @classmethod
    def parse(cls, text: str, seed: int = 0) -> Division:
        """From "random", "column:NAME", "group:NAME" or "time:NAME".

        Raises:
            ValueError: it is none of these.
        """
        way, _, column = text.partition(":")
        if way not in set(DivisionWay) or bool(column) != (way != DivisionWay.RANDOM):
            raise ValueError(f"a split is random, column:NAME, group:NAME or time:NAME, got {text!r}")
        return cls(DivisionWay(way), column, seed)

    def words_of(self, table: Table, rows: npt.NDArray[np.intp]) -> str:
        """The way in which some rows of a table are divided, in words."""
        if self.way is DivisionWay.RANDOM and _own_split(table, rows) is not None:
            return OWN_SPLIT
        return {
            DivisionWay.RANDOM: tr("at random, seed {seed}", seed=self.seed)
            if table.labels is None
            else tr("at random, seed {seed}, the same share of every class", seed=self.seed),
            DivisionWay.COLUMN: tr("as column {column!r} says", column=self.column),
            DivisionWay.GROUP: tr(
                "by the groups of column {column!r}, each whole on one side, seed {seed}",
                column=self.column,
                seed=self.seed,
            ),
            DivisionWay.TIME: tr(
                "by time, the latest rows of column {column!r} held out", column=self.column
            ),
        }[self.way]

    def divides_items(self, table: Table, rows: npt.NDArray[np.intp]) -> bool:
        """True of a division at random, which may divide the equal rows that one row of a table stands for."""
        return self.way is DivisionWay.RANDOM and _own_split(table, rows) is None

    def of(
        self,
        table: Table,
        rows: npt.NDArray[np.intp],
        held_out: float,
        labels: npt.NDArray[np.int64] | None = None,
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Places among some rows to learn from and held out, ascending.

        Args:
            table: the table.
            rows: those that are taken.
            held_out: share of them; a column that says train or test has its own.
            labels: classes of the rows, each of which has the same share held out at random; None for none.

        Raises:
            ImportFailure: there is no such column, or it cannot divide these rows.
        """
        if self.way is DivisionWay.RANDOM:
            given = _own_split(table, rows)
            if given is not None:
                return np.flatnonzero(~given), np.flatnonzero(given)
            return stratified_split(len(rows), labels, held_out, self.seed)
        column = table.column(self.column)
        if self.way is DivisionWay.COLUMN:
            outside = self._by_words(column, rows)
        elif self.way is DivisionWay.GROUP:
            outside = self._by_groups(column, rows, held_out)
        else:
            outside = self._by_time(column, rows, held_out)
        if outside.all() or (~outside).sum() < 2 or not outside.any():
            raise ImportFailure(
                tr(
                    "column {name!r} leaves {training} rows to learn from and {held_out} "
                    "held out; two and one at least are needed",
                    name=column.name,
                    training=int((~outside).sum()),
                    held_out=int(outside.sum()),
                )
            )
        return np.flatnonzero(~outside), np.flatnonzero(outside)

    def _by_words(self, column: Column, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
        words = np.array([*(word.strip().lower() for word in column.words), ""])[column.codes[rows]]
        known = {*words.tolist()}
        true = {"1", "true", "yes"}
        if known <= TRAINING | HELD_OUT:
            return np.isin(words, sorted(HELD_OUT))
        if known <= {"0", "1", "true", "false", "yes", "no"}:
            # A column such as is_test.
            says_train = any(word in column.name.lower() for word in TRAINING)
            return np.isin(words, sorted(true)) ^ says_train
        raise ImportFailure(
            tr(
                "column {name!r} says {words}; a split needs train and test, or yes and no",
                name=column.name,
                words=", ".join(sorted(known)[:5]),
            )
        )

    def _by_groups(
        self, column: Column, rows: npt.NDArray[np.intp], held_out: float
    ) -> npt.NDArray[np.bool_]:
        groups = column.codes[rows]
        names, counts = np.unique(groups, return_counts=True)
        if len(names) < 2:
            raise ImportFailure(
                tr("column {name!r} has one group; two at least are needed", name=column.name)
            )
        order = np.random.default_rng(self.seed).permutation(len(names))
        before = np.cumsum(counts[order]) - counts[order]
        chosen = names[order][before < held_out * len(rows)][: len(names) - 1]
        return np.isin(groups, chosen)

    def _by_time(self, column: Column, rows: npt.NDArray[np.intp], held_out: float) -> npt.NDArray[np.bool_]:
        if not np.isfinite(column.numbers[rows]).any():
            raise ImportFailure(
                tr(
                    "column {name!r} has no times or numbers, but {type}",
                    name=column.name,
                    type=TYPE_NAMES[column.type],
                )
            )
        times = np.nan_to_num(column.numbers[rows], nan=-np.inf)
        latest = np.sort(times)[::-1][min(len(rows) - 1, max(1, round(held_out * len(rows))))]
        return times > latest


def columns_for(way: DivisionWay, table: Table, clear: bool = False) -> tuple[str, ...]:
    """Names of the columns of a table by which its rows can be divided in a way; none for at random.

    Args:
        way: to divide them.
        table: the table.
        clear: only columns that say train and test in so many words, not yes and no.
    """
    return tuple(column.name for column in table.columns if _can_divide(column, way, clear))


def _can_divide(column: Column, way: DivisionWay, clear: bool) -> bool:
    if way is DivisionWay.TIME:
        return column.is_numeric and column.limits[0] < column.limits[1]
    if way is DivisionWay.GROUP:
        return 1 < column.value_count < len(column)
    if way is DivisionWay.RANDOM or column.value_count > len(TRAINING | HELD_OUT):
        return False
    words = {word.strip().lower() for word in column.words}
    if words & TRAINING and words & HELD_OUT and words <= TRAINING | HELD_OUT:
        return True
    says = any(word in column.name.lower() for word in TRAINING | HELD_OUT)
    return not clear and says and len(words) == 2 and words <= {"0", "1", "true", "false", "yes", "no"}


def _own_split(table: Table, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_] | None:
    """Mask of rows that the file itself holds out; None where it says nothing that would do."""
    given = None if table.held_out is None else table.held_out[rows]
    return given if given is not None and given.any() and (~given).sum() >= 2 else None

"""A data set: items of one kind, split into those a model learns from and those held out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt

from landscape_app.counting import counted
from landscape_app.data.columns import ColumnMeaning
from landscape_app.language import tr

MOST_VALUES = 50_000_000
"""Numbers in all items together: what a run file may carry."""

MOST_SITES = 12_288
"""Numbers in one item: those of a coloured image of 64 × 64 pixels."""

MOST_CLASSES = 1_000

LEAST_TEST = 10
"""Items of a test set: of fewer the mean tells next to nothing."""

SPREADS = (1e-3, 1e4)
"""Standard deviations of a coordinate with which Markov kernels can step: beyond these, other units are needed."""

OFFSET = 1e4
"""Most standard deviations by which points may lie off zero: farther out, single precision blurs them."""


class Kind(StrEnum):
    """Kind of the items: integer levels (images, mostly), spins ±1, points of real coordinates, or rows of both."""

    LEVELS = "levels"
    SPINS = "spins"
    POINTS = "points"
    MIXED = "mixed"


KIND_NAMES = {
    Kind.LEVELS: tr("categories"),
    Kind.SPINS: tr("spins"),
    Kind.POINTS: tr("points"),
    Kind.MIXED: tr("numbers and categories"),
}
"""Rows of a table by their kind, in words."""

DTYPES = {Kind.LEVELS: np.uint8, Kind.SPINS: np.int8, Kind.POINTS: np.float32, Kind.MIXED: np.float32}
"""Numbers that items of a kind are made of."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Items of one kind, labelled or not, split once and for all.

    Attributes:
        name: in the window and in run files.
        kind: of the items.
        items: (n, *shape): uint8 from 0 to levels − 1, int8 −1 and +1, or float32, by the kind; in mixed rows
            categories are numbered from 0.
        training: indices of the items a model may learn from, ascending, int64, shape (t,).
        held_out: indices of all others, ascending, int64, shape (n − t,).
        labels: class of each item, int64, shape (n,); None where there are no classes.
        levels: number of levels; 0 for other kinds.
        shipped: whether it comes with the application: run files carry those that do not.
        class_names: name of each class; empty where its number says it.
        columns: of a table, what each number of an item is; empty where nothing says it. Of mixed rows they are
            needed, as those with names of values are the categories.
        weights: rows that each item counts as, positive, whole numbers of a table of frequencies, shape (n,); None
            for one each. Their sum is the number of rows that all are worth.
        reading: of imported data, what was left out and not used, warnings and the split, as JSON values.

    Raises:
        ValueError: these contradict each other, or are more than `MOST_VALUES` numbers.
    """

    name: str
    kind: Kind
    items: npt.NDArray[np.generic]
    training: npt.NDArray[np.int64]
    held_out: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int64] | None = None
    levels: int = 0
    shipped: bool = False
    class_names: tuple[str, ...] = ()
    columns: tuple[ColumnMeaning, ...] = ()
    weights: npt.NDArray[np.float64] | None = None
    reading: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_size(self.items)
        if self.items.dtype != DTYPES[self.kind] or self.items.ndim < 2 or self.items.size == 0:
            raise ValueError(
                tr(
                    "{kind} must be {expected} of shape (n, …), got {dtype} of shape {shape}",
                    kind=self.kind.value,
                    expected=np.dtype(DTYPES[self.kind]),
                    dtype=self.items.dtype,
                    shape=self.items.shape,
                )
            )
        if self.items[0].size > MOST_SITES:
            raise ValueError(
                tr(
                    "an item may have {most:,} numbers, these have {size:,}",
                    most=MOST_SITES,
                    size=self.items[0].size,
                )
            )
        self._check_values()
        split = np.concatenate([self.training, self.held_out])
        if not np.array_equal(np.sort(split), np.arange(len(self.items))):
            raise ValueError(tr("every item must be either for training or held out"))
        if len(self.training) < 2 or len(self.held_out) < 1:
            raise ValueError(tr("two items at least are needed for training, and one held out"))
        labels = self.labels
        if labels is not None and (
            labels.shape != (len(self.items),) or labels.min() < 0 or labels.max() >= MOST_CLASSES
        ):
            raise ValueError(tr("every item needs a label from 0 to {highest}", highest=MOST_CLASSES - 1))
        if self.class_names and (labels is None or len(self.class_names) <= labels.max()):
            raise ValueError(
                tr(
                    "{count} names do not cover the classes of the labels",
                    count=len(self.class_names),
                )
            )
        weights = self.weights
        if weights is not None and not (
            weights.shape == (len(self.items),) and np.isfinite(weights).all() and (weights > 0).all()
        ):
            raise ValueError(tr("every item needs a weight, a finite number above zero"))
        self._check_columns()

    def _check_columns(self) -> None:
        if not self.columns:
            if self.kind is Kind.MIXED:
                raise ValueError(tr("rows of numbers and categories need a description of their columns"))
            return
        if self.items.shape[1:] != (len(self.columns),):
            raise ValueError(
                tr(
                    "{columns} columns do not describe items of shape {shape}",
                    columns=len(self.columns),
                    shape=self.items.shape[1:],
                )
            )
        if self.kind is Kind.SPINS and any(len(column.values) != 2 for column in self.columns):
            raise ValueError(tr("a column of spins has a name for −1 and one for +1"))
        if self.kind is Kind.LEVELS and not all(
            highest < len(column.values) <= self.levels
            for highest, column in zip(self.items.max(0), self.columns, strict=True)
        ):
            raise ValueError(tr("every level of a column needs a name"))
        if self.kind is Kind.MIXED:
            self._check_mixed()

    def _check_mixed(self) -> None:
        is_category = np.array([bool(column.values) for column in self.columns])
        if is_category.all() or not is_category.any():
            raise ValueError(
                tr("mixed rows have columns of numbers, and of categories with a name for each value")
            )
        counts = np.array([len(column.values) for column in self.columns if column.values])
        categories = self.items[:, is_category].astype(np.float64)
        if counts.min() < 2 or counts.max() > 256:
            raise ValueError(tr("a column of categories has 2 to 256 values"))
        if not ((categories >= 0) & (categories < counts) & (categories == np.rint(categories))).all():
            raise ValueError(tr("categories must be whole numbers from 0, each with a name"))
        _check_points(self.items[:, ~is_category])

    def _check_values(self) -> None:
        if self.kind is Kind.LEVELS and not (2 <= self.levels <= 256 and self.items.max() < self.levels):
            raise ValueError(
                tr(
                    "items of {levels} levels have values up to {highest}",
                    levels=self.levels,
                    highest=self.items.max(),
                )
            )
        if self.kind is Kind.SPINS and not np.isin(self.items, (-1, 1)).all():
            raise ValueError(tr("spins must be −1 or +1"))
        if self.kind is Kind.POINTS:
            if self.items.ndim != 2:
                raise ValueError(
                    tr("points must have shape (n, coordinates), got {shape}", shape=self.items.shape)
                )
            _check_points(self.items)
        if self.kind is Kind.MIXED and self.items.ndim != 2:
            raise ValueError(
                tr("mixed rows must have shape (n, columns), got {shape}", shape=self.items.shape)
            )

    @property
    def training_items(self) -> npt.NDArray[np.generic]:
        """Items a model may learn from, shape (t, *shape)."""
        return self.items[self.training]

    @property
    def training_labels(self) -> npt.NDArray[np.int64]:
        """Classes of the training items, shape (t,).

        Raises:
            ValueError: there are none.
        """
        return self._labels[self.training]

    @property
    def held_out_items(self) -> npt.NDArray[np.generic]:
        """Items no model learns from, shape (n − t, *shape)."""
        return self.items[self.held_out]

    @property
    def held_out_labels(self) -> npt.NDArray[np.int64]:
        """Classes of the held-out items, shape (n − t,).

        Raises:
            ValueError: there are none.
        """
        return self._labels[self.held_out]

    @property
    def worth(self) -> float:
        """Number of rows that all items are worth: what they are, or the sum of their weights."""
        return self._worth_of(np.arange(len(self.items)))

    @property
    def training_worth(self) -> float:
        """Number of rows that the training items are worth."""
        return self._worth_of(self.training)

    @property
    def held_out_worth(self) -> float:
        """Number of rows that the held-out items are worth."""
        return self._worth_of(self.held_out)

    def _worth_of(self, indices: npt.NDArray[np.int64]) -> float:
        return float(len(indices)) if self.weights is None else float(self.weights[indices].sum())

    def as_often_as_counted(self, indices: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Places of items of a set, drawn so that all count alike: as many as the set has, always the same.

        Args:
            indices: of the items of the set, (m,), such as `training`.

        Returns int64, (m,): all places in order where items have no weights, else each ⌊m w⌋ or ⌈m w⌉ times, w its
        share of the weights.
        """
        count = len(indices)
        if self.weights is None:
            return np.arange(count)
        below = np.cumsum(self.weights[indices])
        return np.searchsorted(below, (np.arange(count) + 0.5) * (below[-1] / count), side="right")

    @property
    def are_counts(self) -> bool:
        """True of items with whole numbers for weights: each stands for as many equal rows."""
        return self.weights is not None and bool((self.weights == np.rint(self.weights)).all())

    @property
    def weights_of_sets(self) -> tuple[npt.NDArray[np.float64], ...] | tuple[None, None, None]:
        """Weights of the training, validation and test items, shape (t,), (m,), (k,); None where all count alike."""
        if self.weights is None:
            return None, None, None
        held_out = self.weights[self.held_out]
        return self.weights[self.training], held_out[self.in_validation], held_out[~self.in_validation]

    @cached_property
    def in_validation(self) -> npt.NDArray[np.bool_]:
        """Mask of the held-out items that choose among states of a model, bool, (n − t,); the others judge.

        Half of every class; all where the test set would have fewer than `LEAST_TEST` items. Of equal items with
        weights every other one.
        """
        count = len(self.held_out)
        if self.held_out_worth < 2 * LEAST_TEST or count < 2:
            return np.ones(count, bool)
        if self.weights is not None and self.labels is None:
            _, place = np.unique(self.held_out_items.reshape(count, -1), axis=0, return_inverse=True)
            alternate = np.empty(count, bool)
            alternate[np.argsort(place.reshape(-1), kind="stable")] = np.arange(count) % 2 == 0
            return alternate
        labels = None if self.labels is None else self.held_out_labels
        mask = np.zeros(count, bool)
        mask[stratified_split(count, labels, 0.5)[1]] = True
        return mask

    @property
    def has_test(self) -> bool:
        """True if there are enough held-out items for a validation and a test set."""
        return not self.in_validation.all()

    @property
    def judging_set(self) -> str:
        """The set that judges a trained model: "test", or "validation" where there is no other."""
        return "test" if self.has_test else "validation"

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the items, and of their weights where they have any, as hexadecimal digits."""
        weights = b"" if self.weights is None else self.weights.tobytes()
        return hashlib.sha256(self.items.tobytes() + weights).hexdigest()

    @property
    def summary(self) -> str:
        """Number and kind of the items, in words, such as "60 items of 12 × 12, 17 levels"."""
        width = len(self.columns)
        text = tr(
            "{items} of {shape}",
            items=counted(self._count, "item"),
            shape=" × ".join(map(str, self.items.shape[1:])),
        )
        if width:
            text = tr(
                "{rows} of {columns}, as {kind}",
                rows=counted(self._count, "row"),
                columns=counted(width, "column"),
                kind=KIND_NAMES[self.kind],
            )
        if self.levels:
            text = tr("{data}, {levels} levels", data=text, levels=self.levels)
        if self.weights is None:
            return text
        if self.are_counts:
            return tr("{data}, {count:,} with counts", data=text, count=len(self.items))
        return tr("{data}, worth {rows:,.0f}", data=text, rows=self.worth)

    @property
    def _count(self) -> int:
        """Items, all rows that they stand for where they have counts."""
        return round(self.worth) if self.are_counts else len(self.items)

    def as_json(self) -> dict[str, object]:
        """Description of the data as JSON values: kind, numbers of items, columns, classes, `reading`."""
        shape = list(self.items.shape[1:])
        kind = self.kind.value
        if self.kind is Kind.LEVELS:
            kind = "categories" if len(shape) == 1 else "images"
        counts = np.zeros(0, np.int64) if self.labels is None else np.bincount(self.labels)
        return {
            "name": self.name,
            "kind": kind,
            "items": self._count,
            "held_out": round(self.held_out_worth) if self.are_counts else len(self.held_out),
            **({} if self.weights is None else {"effective_items": self.worth}),
            "shape": shape,
            "levels": 2 if self.kind is Kind.SPINS else self.levels or None,
            "columns": [
                {"name": column.name, "type": column.type or ("category" if column.values else "number")}
                for column in self.columns
            ],
            "classes": {self.class_name(label): int(count) for label, count in enumerate(counts) if count},
            **self.reading,
        }

    @property
    def is_alignment(self) -> bool:
        """True of categories whose columns are numbered positions, their values single letters or a gap."""
        return (
            self.kind is Kind.LEVELS
            and len(self.columns) > 1
            and all(column.name.isdecimal() for column in self.columns)
            and all(value == "-" or value.isupper() for column in self.columns for value in column.values)
            and all(len(value) == 1 for column in self.columns for value in column.values)
        )

    @property
    def names_of_classes(self) -> tuple[str, ...]:
        """Names of the classes from 0 to the highest label; none where there are no labels."""
        count = 0 if self.labels is None else int(self.labels.max()) + 1
        return tuple(self.class_name(label) for label in range(count))

    def class_name(self, label: int) -> str:
        """Name of a class.

        Args:
            label: its number.
        """
        return self.class_names[label] if self.class_names else str(label)

    @property
    def _labels(self) -> npt.NDArray[np.int64]:
        if self.labels is None:
            raise ValueError(tr("the data set {name!r} has no classes", name=self.name))
        return self.labels

    @classmethod
    def of_points(cls, points: npt.ArrayLike, name: str = "points", held_out: float = 0.2) -> Dataset:
        """Points of one's own, a share of them held out, always the same ones.

        Args:
            points: shape (n, coordinates), or (n,) on the line; three at least.
            name: of the data.
            held_out: share that no model learns from.

        Raises:
            ValueError: they are no such array, are too few or too many, are not finite, or have no spread along a
                coordinate.
        """
        try:
            # A signalling NaN warns where it is cast; it is refused below.
            with np.errstate(invalid="ignore"):
                array = np.asarray(points, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(tr("points must be an array of numbers: {error}", error=error)) from error
        if array.ndim == 1:
            array = array[:, None]
        if array.ndim != 2 or len(array) < 3 or array.shape[1] < 1:
            found = " × ".join(map(str, array.shape))
            raise ValueError(
                tr(
                    "points must be n × coordinates with n of 3 at least, got {shape}",
                    shape=found or tr("one number"),
                )
            )
        if not 0 < held_out < 1:
            raise ValueError(tr("the share held out must lie between 0 and 1, got {share}", share=held_out))
        _check_size(array)
        _check_points(array)
        split = stratified_split(len(array), None, held_out)
        return cls(name, Kind.POINTS, array.astype(np.float32), *split)

    def with_training(self, n: int) -> Dataset:
        """The same items split anew: n to learn from, all classes as evenly as can be, all others held out.

        The training items come first, in an order that does not depend on n: a smaller set is part of a larger.

        Args:
            n: number of training items.

        Raises:
            ValueError: it is less than two, or leaves nothing to hold out.
        """
        if not 2 <= n < len(self.items):
            raise ValueError(
                tr("2 to {most} items can be for training, got {n}", most=len(self.items) - 1, n=n)
            )
        order = np.concatenate([self._by_turns(self.training), self._by_turns(self.held_out)])
        return replace(self, training=np.sort(order[:n]), held_out=np.sort(order[n:]))

    def without_fold(self, fold: int, folds: int) -> tuple[Dataset, npt.NDArray[np.generic]]:
        """The same without one of equal parts of all items, and the items of that part, (m, *shape).

        Every item is in one part; parts have the same share of the training items, and of every class. What is left
        is for training or held out as it was.

        Args:
            fold: number of the part, from 0.
            folds: number of parts, two at least.

        Raises:
            ValueError: there is no such part, or too little is left.
        """
        part, trains = self.fold(fold, folds), np.isin(np.arange(len(self.items)), self.training)
        rest = np.delete(np.arange(len(self.items)), part)
        left = replace(
            self,
            items=self.items[rest],
            training=np.flatnonzero(trains[rest]),
            held_out=np.flatnonzero(~trains[rest]),
            labels=None if self.labels is None else self.labels[rest],
            weights=None if self.weights is None else self.weights[rest],
            shipped=False,
        )
        return left, self.items[part]

    def fold(self, fold: int, folds: int) -> npt.NDArray[np.int64]:
        """Places of the items of one of equal parts, int64, shape (m,).

        Args:
            fold: number of the part, from 0.
            folds: number of parts, two at least.

        Raises:
            ValueError: there is no such part.
        """
        if not (2 <= folds <= len(self.items) and 0 <= fold < folds):
            raise ValueError(
                tr("{items} items make 2 to {items} folds, got {folds}", items=len(self.items), folds=folds)
            )
        trains = np.isin(np.arange(len(self.items)), self.training)
        labels = 0 if self.labels is None else self.labels
        return np.array_split(_stratified(len(self.items), 2 * labels + trains), folds)[fold]

    def _by_turns(self, indices: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The first of every class, then the second of every class, and so on."""
        if self.labels is None:
            return indices
        labels = self.labels[indices]
        turn = np.empty(len(indices), np.int64)
        for label in np.unique(labels):
            of_class = labels == label
            turn[of_class] = np.arange(of_class.sum())
        return indices[np.lexsort((labels, turn))]


def stratified_split(
    count: int, labels: npt.NDArray[np.int64] | None, held_out: float, seed: int = 0
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Indices for training and those held out, ascending, the same share of every class; always the same.

    Args:
        count: number of items, three at least.
        labels: their classes, shape (count,), or None.
        held_out: share of the items.
        seed: of the order in which items are drawn.
    """
    order = _stratified(count, labels, seed)
    n = min(max(1, round(held_out * count)), count - 2)
    return np.sort(order[n:]), np.sort(order[:n])


def _stratified(count: int, labels: npt.NDArray[np.int64] | None, seed: int = 0) -> npt.NDArray[np.int64]:
    """Indices in a random order, always the same, any stretch of which has the same share of every class."""
    order = np.random.default_rng(seed).permutation(count)
    if labels is None:
        return order
    # Where an item stands among its class, from 0 to 1: the first of every class come first.
    place = np.empty(count)
    for label in np.unique(labels):
        of_class = order[labels[order] == label]
        place[of_class] = (np.arange(len(of_class)) + 0.5) / len(of_class)
    return order[np.argsort(place[order], kind="stable")]


def _check_size(items: npt.NDArray[np.generic]) -> None:
    if items.size > MOST_VALUES:
        raise ValueError(
            tr(
                "a data set may hold {most:,} numbers, this one has {size:,}",
                most=MOST_VALUES,
                size=items.size,
            )
        )


def _check_points(points: npt.NDArray[np.generic]) -> None:
    if not np.isfinite(points).all():
        raise ValueError(tr("points must be finite numbers"))
    points = points.astype(np.float64)
    spread = points.std(0)
    low, high = SPREADS
    if not ((spread >= low) & (spread <= high)).all():
        raise ValueError(
            tr(
                "along every coordinate points need a standard deviation of {low:g} to {high:g}, "
                "got {found}; use other units",
                low=low,
                high=high,
                found=", ".join(f"{s:.3g}" for s in spread[:4]),
            )
        )
    if not (np.abs(points.mean(0)) <= OFFSET * spread).all():
        raise ValueError(tr("points lie too far from zero for their spread; subtract their mean first"))

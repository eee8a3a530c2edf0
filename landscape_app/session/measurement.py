"""A measurement of a model: log Z, entropy and cross-entropies, with errors or bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any, NamedTuple

import numpy as np

from landscape_app.language import tr
from landscape_app.physics.estimate import HIDDEN_UNITS, Estimate
from landscape_app.runs import History

RISEN_ERRORS = 3.0
"""Joint standard errors above the best by which a cross-entropy counts as risen."""

RISEN_MEASUREMENTS = 3
"""Measurements in a row that lie above the best before a rise is believed, or a training is ended."""


@dataclass(frozen=True)
class Measurement:
    """Measurement of the parameters of one epoch.

    Densities of a table are per unit of its columns as the file has them (`data.columns.log_unit`).

    Of log Z and S there are a number and its standard error, 0 of a sum over the space, and bounds, which are
    infinite but where they are all that is known (`Estimate`). A sum over hidden units leaves an error of S.

    Attributes:
        epoch: at which the model was.
        log_partition: log Z, Z = E_q[exp(−H)].
        log_partition_error: its standard error.
        log_partition_low: bound from below.
        log_partition_high: bound from above.
        entropy: S in nats.
        entropy_error: its standard error.
        entropy_low: bound from below.
        entropy_high: bound from above.
        training_nats: −⟨log P⟩ of the training set, nats per item.
        validation_nats: the same of the validation set, by which states are chosen.
        validation_scatter: its standard error from the finite number of items alone; log Z's comes on top.
        test_nats: the same of the test set, which chooses nothing; NaN while training, and where there is none.
        test_scatter: its standard error from the finite number of items alone.
        share: of all the time so far that the estimator took.
        rise_error: standard error of `validation_nats` less those of the best state before, from the finite number of
            items alone, whose differences are taken item by item; 0 of the best state, and where none was compared.
    """

    epoch: int
    log_partition: float
    log_partition_error: float
    log_partition_low: float
    log_partition_high: float
    entropy: float
    entropy_error: float
    entropy_low: float
    entropy_high: float
    training_nats: float
    validation_nats: float
    validation_scatter: float
    test_nats: float
    test_scatter: float
    share: float
    rise_error: float = 0.0

    @classmethod
    def from_figures(cls, figures: Mapping[str, Any]) -> Measurement:
        """A measurement of its numbers by name; NaN for one that its version did not measure.

        Raises:
            ValueError: one is no single number.
        """
        known = {field.name: field.default for field in fields(cls) if field.default is not MISSING}
        names = {field.name for field in fields(cls)}
        found = {
            name: value.item() if hasattr(value, "item") else value
            for name, value in figures.items()
            if name in names
        }
        return cls(**(dict.fromkeys(names, math.nan) | known | found))

    @classmethod
    def history(cls, columns: Mapping[str, np.ndarray]) -> History:
        """The history of measurements in saved columns; NaN in those that their version did not have.

        Raises:
            ValueError: the columns differ in length, or are no numbers by rows.
        """
        return History.from_arrays(columns, {field.name: () for field in fields(cls)})

    @classmethod
    def of_surprisals(
        cls,
        epoch: int,
        log_z: Estimate,
        entropy: Estimate,
        training: np.ndarray,
        validation: np.ndarray,
        test: np.ndarray,
        judged: bool = True,
        share: float = math.nan,
        log_unit: float = 0.0,
        weights: Sequence[np.ndarray | None] = (None, None, None),
    ) -> Measurement:
        """A measurement of what each item's surprisal is but for log Z.

        Args:
            epoch: at which the model was.
            log_z: found of it.
            entropy: found of it.
            training: H − log q of the training items, float64, shape (n,).
            validation: the same of the validation items, shape (m,).
            test: the same of the test items, shape (k,), k = 0 where there are none.
            judged: whether the test set is looked at, but for the spread of held-out items.
            share: of all the time so far that was taken.
            log_unit: Σ log scale of a table's columns, by which densities are per unit of the file: it is added to S
                and to cross-entropies, as log Z does not depend on units.
            weights: rows that the items of the three sets count as; None where all count alike.
        """
        # Two dozen items may lack the unlikely ones that the others have: all held-out items know the spread.
        of_training, of_validation, of_test = (
            np.ones(len(items)) if given is None else given
            for items, given in zip((training, validation, test), weights, strict=True)
        )
        spread = spread_of(np.concatenate([validation, test]), np.concatenate([of_validation, of_test]))
        judges = judged and len(test) > 0
        return cls(
            epoch=epoch,
            log_partition=log_z.value,
            log_partition_error=log_z.error,
            log_partition_low=log_z.low,
            log_partition_high=log_z.high,
            entropy=entropy.value + log_unit,
            entropy_error=entropy.error,
            entropy_low=entropy.low + log_unit,
            entropy_high=entropy.high + log_unit,
            training_nats=float(np.average(training, weights=of_training)) + log_z.value + log_unit,
            validation_nats=float(np.average(validation, weights=of_validation)) + log_z.value + log_unit,
            validation_scatter=spread / math.sqrt(of_validation.sum()),
            test_nats=float(np.average(test, weights=of_test)) + log_z.value + log_unit
            if judges
            else math.nan,
            test_scatter=spread / math.sqrt(of_test.sum()) if judges else math.nan,
            share=share,
        )

    @property
    def log_z(self) -> Estimate:
        """log Z."""
        return Estimate(
            self.log_partition, self.log_partition_error, self.log_partition_low, self.log_partition_high
        )

    @property
    def s(self) -> Estimate:
        """S in nats."""
        return Estimate(self.entropy, self.entropy_error, self.entropy_low, self.entropy_high)

    @property
    def training(self) -> Estimate:
        """−⟨log P⟩ of these very training items, nats per item."""
        return self.log_z.plus(self.training_nats - self.log_partition)

    @property
    def validation(self) -> Estimate:
        """−⟨log P⟩ of what the validation items are drawn from, nats per item."""
        return self.log_z.plus(self.validation_nats - self.log_partition, self.validation_scatter)

    @property
    def test(self) -> Estimate | None:
        """−⟨log P⟩ of what the test items are drawn from, nats per item; None where there is no test set."""
        if math.isnan(self.test_nats):
            return None
        return self.log_z.plus(self.test_nats - self.log_partition, self.test_scatter)

    @property
    def verdict(self) -> tuple[str, Estimate]:
        """The test set's nats, or where there is none those of the validation set; and the name of the set."""
        return (tr("Validation"), self.validation) if self.test is None else (tr("Test"), self.test)

    def after_test(self, tested: Measurement, mixed: bool) -> Measurement:
        """This measurement in the light of a convergence test of the same model.

        Where the test's chains did not mix, log Z and S lie anywhere between what both say, as neither is known to be
        in equilibrium. Where they did, the surer of the two stands, or the test's where they contradict each other.

        Args:
            tested: the test's own measurement.
            mixed: whether its chains mixed.
        """
        if self.is_exact:
            return self
        if not mixed:
            return self._with(*(a.hull(b) for a, b in ((self.log_z, tested.log_z), (self.s, tested.s))))
        apart = abs(self.log_partition - tested.log_partition)
        doubt = math.hypot(self.log_z.reach(RISEN_ERRORS), tested.log_z.reach(RISEN_ERRORS))
        if self.counts and apart <= doubt and self.log_z.reach(1.0) <= tested.log_z.reach(1.0):
            return self
        return self._with(tested.log_z, tested.s)

    def _with(self, log_z: Estimate, s: Estimate) -> Measurement:
        """The same items under another log Z and S."""
        shift = log_z.value - self.log_partition
        return replace(
            self,
            log_partition=log_z.value,
            log_partition_error=log_z.error,
            log_partition_low=log_z.low,
            log_partition_high=log_z.high,
            entropy=s.value,
            entropy_error=s.error,
            entropy_low=s.low,
            entropy_high=s.high,
            training_nats=self.training_nats + shift,
            validation_nats=self.validation_nats + shift,
            test_nats=self.test_nats + shift,
        )

    @property
    def is_exact(self) -> bool:
        """True if log Z is a sum, over the whole space or over hidden units."""
        return self.log_z.is_exact

    @property
    def method(self) -> str:
        """Way in which log Z was found, in words.

        S has an error where the sum was over hidden units only, and where q is a mixture or learned; of q alone
        log Z is 0.
        """
        if not self.is_exact:
            return tr("ladder of replicas")
        return tr("exact") if self.s.is_exact or not self.epoch else HIDDEN_UNITS

    def as_json(self) -> dict[str, float | bool | None]:
        """The figures under the names that every command prints them by; None for what is not known.

        `low` and `high` bound the test nats, or where there is no test set the validation nats: by two standard
        errors, or by what the chains from the base measure and from data leave open.
        """
        _, nats = self.verdict
        low, high = nats.bounds
        test = self.test
        numbers = {
            "kept_epoch": self.epoch,
            "validation_nats": self.validation_nats,
            "validation_nats_error": self.validation.error,
            "test_nats": self.test_nats,
            "test_nats_error": math.nan if test is None else test.error,
            "exact_test_nats": self.test_nats if self.is_exact else math.nan,
            "low": low,
            "high": high,
            "log_partition": self.log_partition,
            "log_partition_error": self.log_partition_error,
            "entropy": self.entropy,
            "entropy_error": self.entropy_error,
        }
        return {"exact": self.is_exact} | {
            name: number if math.isfinite(number) else None for name, number in numbers.items()
        }

    @property
    def counts(self) -> bool:
        """True if a state may be chosen, and a training be ended, by it."""
        return math.isfinite(self.validation_nats) and math.isfinite(self.log_z.reach(1.0))

    @property
    def highest(self) -> float:
        """Validation nats that a state is chosen by: an error, or all of a bracket, above what was found."""
        return self.validation_nats + self.log_z.reach(1.0)

    def is_below(self, other: Measurement) -> bool:
        """True if its validation nats are lower by more than `RISEN_ERRORS` joint standard errors of log Z.

        The validation items are the same: that they are few is no doubt about the difference.
        """
        doubt = math.hypot(self.log_z.reach(RISEN_ERRORS), other.log_z.reach(RISEN_ERRORS))
        return other.validation_nats > self.validation_nats + doubt


class Rise(NamedTuple):
    """Rise of the validation cross-entropy since it was lowest.

    Attributes:
        epoch: at which it was lowest.
        nats: by how much it has risen at the last measurement, nats an item.
        is_certain: whether it has risen beyond doubt, so that training overfits.
    """

    epoch: int
    nats: Estimate
    is_certain: bool


def validation_rise(measured: History) -> Rise | None:
    """The rise of the validation cross-entropy since it was lowest; None where the last measurement is the lowest.

    It is certain where the last `RISEN_MEASUREMENTS` measurements all lie above the lowest by more than
    `RISEN_ERRORS` standard errors of the difference: those of log Z, and that of the items, which are the same in
    both, so that it is that of their mean difference. The lowest of many is flattered by chance: one error above it
    would say nothing.

    Args:
        measured: measurements of a training, one a row, growing in place.
    """
    n = len(measured)
    names = (
        "epoch",
        "validation_nats",
        "log_partition_error",
        "log_partition_low",
        "log_partition_high",
        "rise_error",
    )
    if not n or not all(name in measured.names for name in names):
        return None
    epoch, nats, error, low, high, of_items = (np.asarray(measured[name][:n], float) for name in names)
    counts = np.flatnonzero(np.isfinite(nats) & np.isfinite(error))
    if not len(counts):
        return None
    # As the best state is chosen: the last of those that are equally low.
    best = counts[len(counts) - 1 - int((nats + error)[counts][::-1].argmin())]
    later = counts[counts > best][-RISEN_MEASUREMENTS:]
    bracketed = np.isfinite(low) | np.isfinite(high)
    reach = np.where(bracketed, error, RISEN_ERRORS * error)
    doubt = np.sqrt(reach[best] ** 2 + reach[later] ** 2 + (RISEN_ERRORS * of_items[later]) ** 2)
    if not len(later) or not np.isfinite(of_items[later]).all():
        return None
    last = later[-1]
    joint = math.hypot(error[best], error[last], of_items[last])
    certain = len(later) == RISEN_MEASUREMENTS and bool((nats[later] - nats[best] > doubt).all())
    return Rise(int(epoch[best]), Estimate(float(nats[last] - nats[best]), joint), certain)


def mean_error(values: np.ndarray, weights: np.ndarray | None) -> float:
    """Standard error of the mean of values that are drawn independently; infinity where they are worth one row only.

    Args:
        values: shape (n,).
        weights: rows that each counts as, shape (n,); None where all count alike.
    """
    weights = np.ones(len(values)) if weights is None else weights
    return spread_of(values, weights) / math.sqrt(float(weights.sum()))


def spread_of(values: np.ndarray, weights: np.ndarray) -> float:
    """Standard deviation of what values are drawn from; infinity where they are worth one row only.

    Args:
        values: shape (n,).
        weights: rows that each counts as, shape (n,).
    """
    worth = float(weights.sum())
    if len(values) < 2 or worth <= 1:
        return math.inf
    deviations = values - np.average(values, weights=weights)
    return math.sqrt(float(weights @ deviations**2) / (worth - 1))


def curves(measured: History, kept: Measurement | None, names: Sequence[str]) -> np.ndarray:
    """Columns of all measurements of a training by the epoch, and of the model that is kept, shape (rows, names).

    What is kept has been measured afresh, and stands for what was found of it before.

    Args:
        measured: while it trained, growing in place.
        kept: of the model that is kept, if training has ended.
        names: fields of `Measurement`, the first of which is the epoch.
    """
    n = len(measured)
    rows = (
        np.stack([measured[name][:n] for name in names], 1).astype(float) if n else np.zeros((0, len(names)))
    )
    if kept is not None:
        rows = np.concatenate(
            [rows[rows[:, 0] != kept.epoch], [[float(getattr(kept, name)) for name in names]]]
        )
    return rows[rows[:, 0].argsort(kind="stable")]


def measurements_by_epoch(measured: History, kept: Measurement | None) -> list[Measurement]:
    """Measurements of a training by the epoch, that of the model that is kept in the place of what was found before.

    Args:
        measured: while it trained, growing in place.
        kept: of the model that is kept, if training has ended.
    """
    names = tuple(field.name for field in fields(Measurement) if field.name in measured.names)
    if not len(measured):
        return [] if kept is None else [kept]
    # `from_figures` once, as there may be hundreds of rows.
    known = vars(Measurement.from_figures({}))
    rows = [
        Measurement(**(known | dict(zip(names, row, strict=True))))
        for row in curves(measured, None, names).tolist()
    ]
    if kept is not None:
        rows = [*(row for row in rows if row.epoch != kept.epoch), kept]
    return sorted(rows, key=lambda row: row.epoch)

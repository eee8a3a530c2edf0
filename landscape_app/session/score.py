"""Scores of items under a trained model: −log P, its place among held-out items, the nearest training item."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from landscape_app.data import Dataset
from landscape_app.data.columns import log_unit, unit_in_words
from landscape_app.data.importing import HDF5_ENDINGS
from landscape_app.data.importing.alike import (
    AlikeOptions,
    ItemsRead,
    is_picture_file,
    items_alike,
    read_alike,
)
from landscape_app.data.importing.blocks import unwatched
from landscape_app.data.importing.images import ImportFailure, LeftOut
from landscape_app.language import english_of, tr
from landscape_app.models.model import Model
from landscape_app.physics.estimate import Estimate, shown
from landscape_app.physics.host import to_host
from landscape_app.physics.space import Space, require_images
from landscape_app.runs.atomic import atomic_write
from landscape_app.runs.run_file import has_no_checksum
from landscape_app.session.dataset_io import open_data
from landscape_app.session.measurement import spread_of
from landscape_app.session.memory import SCORING, needs_memory
from landscape_app.session.neighbours import Neighbours
from landscape_app.session.pictures import read_picture
from landscape_app.session.vocabulary import Rows, reason

FALSE_ALARMS = 0.01
"""Share of fresh items like those held out that may be called out of distribution, if nothing else is said."""

BLOCK = 1_024
"""Items whose energies are computed at once."""

ROUNDING = 2.0**-18
"""Relative difference of two sums in single precision up to which they may be equal."""

UNSAID = tr(
    "Out of distribution means: less probable under this model than nearly all held-out items. It does not say that "
    "an item is wrong, nor which of its numbers is odd; and an item that is not called so need not be like the data: "
    "one that is more probable than all of them, such as a blank image, never is."
)
"""Limits of the verdict."""


class Chance(NamedTuple):
    """Number of items that the rule would call out of distribution if all were drawn as the held-out ones were.

    Attributes:
        mean: of the number.
        deviation: of the number, from the finite number of items and of held-out ones.
    """

    mean: float
    deviation: float


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of items, in their order.

    All −log P share one log Z, and with it its error or bounds: differences between items do not have it.

    Attributes:
        x: the items, in few bytes (`Space.compact`), shape (n, *shape).
        names: of the items, such as "line 12".
        surprisal: −log P of each less log Z, nats, of a table per unit of its columns, float64, shape (n,).
        log_z: log Z, with its error or bounds, which are those of all items together.
        held_out: the same surprisals of the test items, which chose nothing, rising, shape (m,); m = 0 where there
            is no test set.
        held_out_weights: rows that each of those counts as, shape (m,).
        nearest: place of the nearest item among the training items, from 0, shape (n,).
        distances: to those, shape (n,).
        distance_unit: scale of the distances, in words.
        unit: unit of −log P, in words.
        false_alarms: α, the share of fresh items like those held out that may be called out of distribution.
        left_out: what could not be read, and why.
    """

    x: np.ndarray
    names: tuple[str, ...]
    surprisal: np.ndarray
    log_z: Estimate
    held_out: np.ndarray
    held_out_weights: np.ndarray
    nearest: np.ndarray
    distances: np.ndarray
    distance_unit: str
    unit: str = "nats"
    false_alarms: float = FALSE_ALARMS
    left_out: tuple[LeftOut, ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    def nats(self, item: int) -> Estimate:
        """−log P of an item, with the error or the bounds of log Z."""
        return self.log_z.plus(float(self.surprisal[item]))

    @property
    def judges(self) -> bool:
        """True if there is a test set, by whose items percentiles are counted."""
        return len(self.held_out) > 0

    @property
    def worth(self) -> float:
        """Number of rows that the test items are worth."""
        return float(self.held_out_weights.sum())

    @cached_property
    def _below(self) -> np.ndarray:
        """Rows among the test items that are more probable than each item beyond rounding, shape (n,)."""
        rounding = ROUNDING * (1.0 + np.abs(self.surprisal))
        counts = np.concatenate([[0.0], np.cumsum(self.held_out_weights)])
        below: np.ndarray = counts[np.searchsorted(self.held_out, self.surprisal - rounding)]
        return below

    @property
    def percentiles(self) -> np.ndarray:
        """Percentage of the test items that are more probable, shape (n,); NaN without a test set."""
        if not self.judges:
            return np.full(len(self), math.nan)
        return 100.0 * self._below / self.worth

    @property
    def p_values(self) -> np.ndarray:
        """(1 + number of test items at least as improbable)/(m + 1), shape (n,); NaN without a test set.

        Of an item that is drawn as the test items were, it is at most α with a probability of at most α, whatever
        the model is.

        Source: Vovk, Gammerman, Shafer, "Algorithmic Learning in a Random World" (2005), chapter 2.
        """
        if not self.judges:
            return np.full(len(self), math.nan)
        return (1.0 + self.worth - self._below) / (self.worth + 1.0)

    @property
    def _alarms(self) -> int:
        """Ranks of an item among itself and the test items at which it is called out of distribution."""
        return math.floor(self.false_alarms * (self.worth + 1.0) + 1e-9)

    @property
    def can_tell(self) -> bool:
        """True if there are enough test items for the rule: m ≥ 1/α − 1."""
        return self.judges and self._alarms >= 1

    @property
    def are_out(self) -> np.ndarray | None:
        """Mask of the items out of distribution, p ≤ α, bool, shape (n,); None where there are too few test items."""
        return self.p_values <= self.false_alarms * (1 + 1e-9) if self.can_tell else None

    @property
    def by_chance(self) -> Chance | None:
        """Number that would be called so by chance; None where nothing can be.

        Of values that are all different it is distributed as a beta-binomial of n items with the parameters k and
        m + 1 − k, k = ⌊α(m + 1)⌋; where there are equal ones, it is less.
        """
        if not self.can_tell:
            return None
        n, all_ranks, k = len(self), self.worth + 1.0, self._alarms
        variance = n * k * (all_ranks - k) * (all_ranks + n) / (all_ranks**2 * (all_ranks + 1.0))
        return Chance(n * k / all_ranks, math.sqrt(max(variance, 0.0)))

    @property
    def mean(self) -> Estimate:
        """Mean −log P of what the items are drawn from: errors of log Z and of their finite number together."""
        return self.log_z.plus(float(self.surprisal.mean()), self._scatter)

    @property
    def _scatter(self) -> float:
        """Standard error of the mean from the finite number of items; 0 of a single one, which says nothing of it."""
        n = len(self)
        return spread_of(self.surprisal, np.ones(n)) / math.sqrt(n) if n > 1 else 0.0

    @property
    def _held_out_scatter(self) -> float:
        return spread_of(self.held_out, self.held_out_weights) / math.sqrt(self.worth)

    @property
    def held_out_mean(self) -> Estimate | None:
        """Mean −log P of what the test items are drawn from, likewise; None without a test set."""
        if not self.judges:
            return None
        mean = float(np.average(self.held_out, weights=self.held_out_weights))
        return self.log_z.plus(mean, self._held_out_scatter)

    @property
    def difference(self) -> Estimate | None:
        """Mean −log P less that of the test items, nats, without log Z, which both have; None without a test set."""
        if not self.judges:
            return None
        mean = float(np.average(self.held_out, weights=self.held_out_weights))
        return Estimate(
            float(self.surprisal.mean()) - mean, math.hypot(self._scatter, self._held_out_scatter)
        )

    @property
    def rule(self) -> str:
        """The rule by which items are out of distribution, in words, or why there is none."""
        if not self.judges:
            return tr(
                "no percentiles and no verdict: there is no test set, and the items that chose the model do not "
                "judge it too"
            )
        if not self.can_tell:
            return tr(
                "no verdict at a false alarm rate of {rate:.2%}: with {count:,.0f} test items the least p-value is "
                "{least:.2g}; allow more false alarms",
                rate=self.false_alarms,
                count=self.worth,
                least=1 / (self.worth + 1),
            )
        return tr(
            "out of distribution where p ≤ {rate:g}, p = (1 + number of {count:,.0f} test items at least as "
            "improbable) / {total:,.0f}: of fresh items like these at most {rate:.2%} are called so",
            rate=self.false_alarms,
            count=self.worth,
            total=self.worth + 1,
        )

    def as_json(self) -> dict[str, Any]:
        """All figures by name; None for what is not known."""
        held_out, difference, chance, out = self.held_out_mean, self.difference, self.by_chance, self.are_out
        return {
            "items": len(self),
            "left_out": [
                {"item": english_of(one.name), "reason": english_of(one.reason)} for one in self.left_out
            ],
            "unit": self.unit,
            "log_partition": _known(self.log_z.value) if not self.log_z.is_bracket else None,
            "log_partition_low": _known(self.log_z.low),
            "log_partition_high": _known(self.log_z.high),
            "common_error": None if self.log_z.is_bracket else _known(self.log_z.error),
            **_figures("mean_nats", self.mean),
            "held_out_items": self.worth,
            **_figures("held_out_mean_nats", held_out),
            "difference": None if difference is None else difference.value,
            "difference_error": None if difference is None else difference.error,
            "false_alarm_rate": self.false_alarms,
            "out_of_distribution": None if out is None else int(out.sum()),
            "by_chance": None if chance is None else chance.mean,
            "by_chance_error": None if chance is None else chance.deviation,
            "rule": self.rule,
            "unsaid": UNSAID,
            "distance_unit": self.distance_unit,
            "scores": [dict(zip(COLUMNS, row, strict=True)) for row in self.rows()],
        }

    def rows(self) -> list[tuple[Any, ...]]:
        """A row for each item, of `COLUMNS`; None for what is not known."""
        out, bounded = self.are_out, self.log_z.is_bracket
        percentiles, p_values = self.percentiles.tolist(), self.p_values.tolist()
        found = []
        for i, name in enumerate(self.names):
            nats = self.nats(i)
            found.append(
                (
                    english_of(name),
                    None if bounded else _known(nats.value),
                    None if bounded else _known(nats.error),
                    _known(nats.low),
                    _known(nats.high),
                    _known(percentiles[i]),
                    _known(p_values[i]),
                    None if out is None else bool(out[i]),
                    int(self.nearest[i]) + 1,
                    float(self.distances[i]),
                )
            )
        return found


COLUMNS = (
    *(
        "item",
        "nats",
        "common_error",
        "nats_low",
        "nats_high",
        "percentile",
        "p_value",
        "out_of_distribution",
    ),
    *("nearest_training_item", "distance"),
)
"""Figures of an item: training items are counted from 1."""


def write_scores(found: Scores, path: Path) -> None:
    """Writes a row for each item as CSV, names of the columns in the first.

    Raises:
        RunFileError: the file cannot be written.
    """
    with atomic_write(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(["" if cell is None else _cell(cell) for cell in row] for row in found.rows())


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.8g}" if isinstance(value, float) else str(value)


def summary_of(found: Scores) -> Rows:
    """Figures of all items together, in words; the names of the last two are "rule" and "note" in any language."""
    common = found.log_z
    error = (
        tr(
            "{bounds:.3f} nats in log Z{reason}: bounds that all items share",
            bounds=common,
            reason=reason(common),
        )
        if common.is_bracket
        else tr("none: log Z is a sum")
        if common.is_exact
        else tr("± {error:.2g} nats, that of log Z: all items share it", error=common.error)
    )
    mean = tr("{mean:.3f} nats", mean=found.mean)
    if len(found) == 1:
        mean = tr("{mean}; of a single item nothing is known of its spread", mean=mean)
    items = f"{len(found):,}"
    if found.left_out:
        items = tr("{items}, {count:,} left out", items=items, count=len(found.left_out))
    rows = [
        (tr("items"), items),
        (tr("mean −log P"), mean),
        (tr("common error"), error),
        (tr("unit"), found.unit),
    ]
    held_out, difference = found.held_out_mean, found.difference
    if held_out is not None and difference is not None:
        rows += [
            (
                tr("mean −log P of test items"),
                tr("{mean:.3f} nats, {count:,.0f} of them", mean=held_out, count=found.worth),
            ),
            (
                tr("difference"),
                tr(
                    "{difference} ± {error:.3f} nats, without the error of log Z, which both share",
                    difference=shown(difference.value, "+.3f"),
                    error=difference.error,
                ),
            ),
        ]
    out, chance = found.are_out, found.by_chance
    if out is not None and chance is not None:
        rows.append(
            (
                tr("out of distribution"),
                tr(
                    "{count:,} of {total:,}; by chance {mean:.2g} ± {error:.2g}",
                    count=int(out.sum()),
                    total=len(found),
                    mean=chance.mean,
                    error=chance.deviation,
                ),
            )
        )
    return [*rows, ("rule", found.rule), *([("note", UNSAID)] if out is not None else [])]


def _known(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _figures(name: str, found: Estimate | None) -> dict[str, float | None]:
    """A number and its error, or its bounds, by name."""
    bounded = found is None or found.is_bracket
    return {
        name: None if found is None or bounded else _known(found.value),
        f"{name}_error": None if found is None or bounded else _known(found.error),
        f"{name}_low": None if found is None else _known(found.low),
        f"{name}_high": None if found is None else _known(found.high),
    }


def read_items(path: Path, data: Dataset, space: Space, options: AlikeOptions | None = None) -> ItemsRead:
    """Items of a file, in the form of those that a model has learned.

    Args:
        path: anything that can be imported; a data file of `landscape import`, or a run that carries its data; or a
            picture that Landscape has exported: a mosaic, or one enlarged image.
        data: that the model has learned.
        space: of the model.
        options: what the data do not tell of images and tables.

    Raises:
        ValueError: the file cannot be read, or has other columns, sizes or levels; says what is expected.
    """
    path, options = Path(path), options or AlikeOptions()
    if path.suffix.lower() in HDF5_ENDINGS and path.is_file() and not has_no_checksum(path):
        read = items_alike(open_data(path)[0], data, str(path))
    else:
        read = _exported(path, data, space, options) or read_alike(path, data, options)
    return _inside(read, space, path)


def _exported(path: Path, data: Dataset, space: Space, options: AlikeOptions) -> ItemsRead | None:
    """Images in a picture as Landscape exports them, to the last level; None of any other file."""
    if not (space.is_image and is_picture_file(path)):
        return None
    try:
        found = read_picture(path, require_images(space), inverted=options.invert is False)
    except ValueError:
        return None
    if not (found.exact and (found.is_mosaic or found.scale > 1)):
        return None
    names = tuple(f"image {i + 1}" for i in range(len(found.images)))
    return ItemsRead(found.images.astype(data.items.dtype), names)


def _inside(read: ItemsRead, space: Space, path: Path) -> ItemsRead:
    """The items that lie in the space; others have P = 0.

    Raises:
        ImportFailure: none does.
    """
    inside = to_host(space.contains(torch.as_tensor(read.x).float())).numpy()
    if inside.all():
        return read
    if not inside.any():
        raise ImportFailure(
            tr(
                "all items of {path} lie outside of {space}, where P = 0: give items that the model is of",
                path=path,
                space=_walled(space),
            )
        )
    why = tr("outside of {space}, where P = 0", space=_walled(space))
    left_out = [
        LeftOut(name, why) for name, fine in zip(read.names, inside.tolist(), strict=True) if not fine
    ]
    names = tuple(name for name, fine in zip(read.names, inside.tolist(), strict=True) if fine)
    return ItemsRead(read.x[inside], names, (*read.left_out, *left_out))


def _walled(space: Space) -> str:
    if space.bounds is None:
        return space.label
    low, high = (shown(wall, "g") for wall in space.bounds)
    return tr("{space} from {low} to {high}", space=space.label, low=low, high=high)


@needs_memory(SCORING)
def score_items(
    model: Model,
    data: Dataset,
    log_z: Estimate,
    items: ItemsRead,
    false_alarms: float = FALSE_ALARMS,
    report: Callable[[float], object] = unwatched,
) -> Scores:
    """Scores of items under a model.

    Args:
        model: at rest, on any device.
        data: that it has learned; the test items, which chose nothing, are those that percentiles are counted by.
        log_z: of the model.
        items: in the form of the data.
        false_alarms: α of the verdict, above 0 and below 1.
        report: is told the share that is done, 0 to 1.

    Raises:
        ValueError: α is out of its range.
    """
    if not 0 < false_alarms < 1:
        raise ValueError(
            tr(
                "the false alarm rate must lie between 0 and 1, such as 0.01, got {rate:g}",
                rate=false_alarms,
            )
        )
    test = data.held_out_items[~data.in_validation]
    _, _, weights = data.weights_of_sets
    weights = np.ones(len(test)) if weights is None else weights
    of_all = _surprisal(model, np.concatenate([test, items.x]), log_unit(data.columns), report)
    held_out, found = of_all[: len(test)], of_all[len(test) :]
    order = np.argsort(held_out, kind="stable")
    neighbours = Neighbours.of(data, model.space)
    nearest = neighbours.nearest_of(items.x)
    report(1.0)
    continuous = not model.space.is_discrete
    return Scores(
        x=items.x,
        names=items.names,
        surprisal=found,
        log_z=log_z,
        held_out=held_out[order],
        held_out_weights=weights[order],
        nearest=nearest.indices,
        distances=nearest.distances,
        distance_unit=neighbours.meaning,
        unit=tr("nats, {unit}", unit=unit_in_words(data.columns)) if continuous else tr("nats"),
        false_alarms=false_alarms,
        left_out=items.left_out,
    )


def _surprisal(model: Model, x: np.ndarray, unit: float, report: Callable[[float], object]) -> np.ndarray:
    """−log P less log Z of configurations, shape (n, *shape), in the units of the file, float64, shape (n,)."""
    device = model.base_measure.device
    parts = []
    for start in range(0, len(x), BLOCK):
        block = torch.as_tensor(x[start : start + BLOCK]).float().to(device)
        parts.append(to_host(model.target.surprisal(block)).double().numpy())
        report(0.9 * start / len(x))
    return np.concatenate(parts) + unit

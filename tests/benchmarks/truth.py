"""Figures on screen against the truth: 100 models of enumerable or integrable laws, trained with the defaults.

    python tests/benchmarks/truth.py [--models 100] [--first 0] [--epochs N] [--estimated] [--optimism]

The laws: spins with mild and with sharp couplings, tables of categories, grey levels, and points in one and two
dimensions, in turn; 60 to 1,000 items of each, and 20,000 fresh ones to compare with. Beside what is measured while a
model trains, and of the model kept, stand log Z, S and validation nats as they are summed here for the same
parameters: how often the truth is within one and two stated errors (68 and 95 of 100 are promised), the worst, and
how often a bracket holds it. Test nats are compared with those of the fresh items.

With --estimated the sessions do not know that their spaces can be summed over: every figure is the ladder's.

With --optimism there are 40 models, of the laws with 60 or 120 items: is there a bias in the nats by which a model of
few data is judged? Wanted: the mean difference from the nats of fresh items within two of its errors of zero. Beside
it stands that of the validation nats, which chose the model.
"""

from __future__ import annotations

import argparse
import itertools
import math
import time
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import replace
from typing import NamedTuple
from unittest import mock

import numpy as np
import torch
from torch import Tensor

from landscape_app.data.dataset import Dataset, Kind, stratified_split
from landscape_app.physics.base_measure import ContinuousBase, ProductBase
from landscape_app.physics.entropy import Estimate
from landscape_app.physics.exact import ExactModel
from landscape_app.problems.proposal import starting_configuration
from landscape_app.session.entropy_estimator import EntropyEstimator, Measurement
from landscape_app.session.session import Session

FRESH = 20_000
FEW = 120
"""Items of a small set, at most."""

KINDS = ("mild spins", "sharp spins", "table", "levels", "line", "plane")
SIZES = (60, 120, 300, 1_000)


class Law(NamedTuple):
    """Data of a law, and fresh items of it."""

    dataset: Dataset
    fresh: np.ndarray


def _states(levels: int, sites: int) -> np.ndarray:
    return np.stack(np.meshgrid(*[np.arange(levels)] * sites, indexing="ij"), -1).reshape(-1, sites)


def _discrete(rng: np.random.Generator, kind: str, count: int) -> tuple[np.ndarray, int]:
    """Items of a random law with pair couplings, as levels from 0, and the number of levels."""
    levels, sites, coupling, field = {
        "mild spins": (2, 9, 0.2, 0.2),
        "sharp spins": (2, 9, 0.5, 0.4),
        "table": (3, 6, 0.8, 0.5),
        "levels": (5, 4, 0.8, 0.5),
    }[kind]
    x = _states(levels, sites)
    if kind == "levels":
        v = x / (levels - 1) * 2 - 1
        j = np.triu(rng.normal(0, coupling, (sites, sites)), 1)
        log_p = np.einsum("ai,ij,aj->a", v, j, v) + v @ rng.normal(0, field, sites)
    elif levels == 2:
        s = 2 * x - 1
        j = np.triu(rng.normal(0, coupling, (sites, sites)), 1)
        log_p = np.einsum("ai,ij,aj->a", s, j, s) + s @ rng.normal(0, field, sites)
    else:
        log_p = rng.normal(0, field, (sites, levels))[np.arange(sites), x].sum(1)
        for i in range(sites):
            for j in range(i):
                log_p += rng.normal(0, coupling, (levels, levels))[x[:, i], x[:, j]]
    p = np.exp(log_p - log_p.max())
    return x[rng.choice(len(x), count, p=p / p.sum())], levels


def size_of(number: int) -> int:
    """Items of the law of a number."""
    return SIZES[number // len(KINDS) % len(SIZES)]


def law(number: int) -> Law:
    """The law of a number."""
    rng = np.random.default_rng(1_000 + number)
    kind, size = KINDS[number % len(KINDS)], size_of(number)
    count = size + FRESH
    if kind in ("line", "plane"):
        axes = 1 if kind == "line" else 2
        modes = int(rng.integers(2, 5))
        centres, widths = rng.normal(0, 3, (modes, axes)), np.exp(rng.uniform(-2, 0, modes))
        which = rng.integers(0, modes, count)
        items = (centres[which] + widths[which, None] * rng.normal(size=(count, axes))).astype(np.float32)
        split = stratified_split(size, None, 0.4)
        return Law(Dataset(f"law-{number}", Kind.POINTS, items[:size], *split), items[size:])
    items, levels = _discrete(rng, kind, count)
    spins = levels == 2
    array = (2 * items - 1).astype(np.int8) if spins else items.astype(np.uint8)
    split = stratified_split(size, None, 0.4)
    what = Kind.SPINS if spins else Kind.LEVELS
    return Law(
        Dataset(f"law-{number}", what, array[:size], *split, levels=0 if spins else levels), array[size:]
    )


class Score:
    """How estimates of one name stand beside the truth."""

    def __init__(self) -> None:
        self.errors: list[float] = []
        self.brackets: list[bool] = []
        self.widths: list[float] = []
        self.exact = 0

    def add(self, found: Estimate, truth: float) -> None:
        """Compares an estimate."""
        if found.is_bracket:
            self.brackets.append(found.low - 1e-3 <= truth <= found.high + 1e-3)
            self.widths.append(found.high - found.low)
        elif found.is_exact:
            self.exact += 1
            self.errors.append((found.value - truth) / 1e-3 if abs(found.value - truth) > 1e-3 else 0.0)
        else:
            self.errors.append((found.value - truth) / found.error)

    def row(self) -> str:
        """Its figures in words."""
        e = np.array(self.errors)
        text = f"{len(e):5d} ± ({self.exact} exact)"
        if len(e):
            within = [100 * float((np.abs(e) <= k).mean()) for k in (1, 2)]
            text += (
                f"  within one {within[0]:5.1f} two {within[1]:5.1f} of 100, mean {e.mean():+.2f}, "
                f"worst {e[np.abs(e).argmax()]:+.1f} errors"
            )
        if self.brackets:
            width = np.median(self.widths)
            text += (
                f"; {len(self.brackets)} brackets hold it in {sum(self.brackets)}, median width {width:.2f}"
            )
        return text


def truth_of(session: Session, parameters: list[Tensor], fresh: Tensor) -> tuple[float, float, list[float]]:
    """log Z, S, and mean surprisal of validation items and of fresh items, by sums."""
    target = session.model.with_values(parameters).target
    near = torch.cat([session.training_items, session.held_out_items, fresh[:2_000]])
    model = ExactModel(target, near)
    assert model.is_exact, model.error
    found = model.at()
    nats = [float(target.surprisal(x).double().mean()) for x in (session.validation_items, fresh)]
    return found.log_partition, found.entropy, nats


def show(
    number: int, epochs: int | None, scores: defaultdict[str, Score], hidden: bool
) -> tuple[float, float]:
    """Trains a model, compares all its figures; prints a line.

    Returns:
        Test nats above those of fresh items, NaN where there is no test set, and validation nats above them.
    """
    data = law(number)
    configuration = replace(starting_configuration(data.dataset), seed=number)
    if epochs is not None:
        configuration = replace(configuration, planned_epochs=epochs)
    fresh = torch.as_tensor(data.fresh).float()
    live: list[tuple[Measurement, list[Tensor]]] = []
    judge = EntropyEstimator._judge

    def noted(self: EntropyEstimator, found: Measurement, parameters: list[Tensor]) -> None:
        live.append((found, parameters))
        judge(self, found, parameters)

    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(EntropyEstimator, "_judge", noted))
        if hidden:
            for base in (ProductBase, ContinuousBase):
                stack.enter_context(mock.patch.object(base, "is_summable", False))
        session = Session(configuration, "cpu", 2, data.dataset)
        start = time.process_time()
        for _ in session.train():
            if session.is_done:
                break
        seconds = time.process_time() - start
        outcome = session.finish()
    kept = outcome.final
    for found, parameters in live[:: max(1, len(live) // 8)]:
        log_z, entropy, (validation, _) = truth_of(session, parameters, fresh)
        scores["live log Z"].add(found.log_z, log_z)
        scores["live S"].add(found.s, entropy)
        scores["live validation, these items"].add(
            found.log_z.plus(found.validation_nats - found.log_partition), log_z + validation
        )
    log_z, entropy, (validation, nats) = truth_of(session, session.model.values(), fresh)
    scores["kept log Z"].add(kept.log_z, log_z)
    scores["kept S"].add(kept.s, entropy)
    scores["kept validation, these items"].add(
        kept.log_z.plus(kept.validation_nats - kept.log_partition), log_z + validation
    )
    excess = math.nan
    if kept.test is not None:
        scores["test, fresh items"].add(kept.test, log_z + nats)
        excess = kept.test.value - log_z - nats
    flattered = kept.validation.value - log_z - nats
    print(
        f"{number:4d} {KINDS[number % len(KINDS)]:>11} {len(data.dataset.items):5d}  log Z {kept.log_z:.3f} "
        f"({log_z:.3f})  S {kept.s:.3f} ({entropy:.3f})  test {kept.test or math.nan:.2f} ({log_z + nats:.2f})  "
        f"chosen by validation {flattered:+.2f}  epoch {outcome.epoch} of {session.trainer.epoch}  "
        f"{len(live)} live, share {kept.share:.1%}, {seconds:.0f} s",
        flush=True,
    )
    return excess, flattered


def main() -> None:
    """Prints a line for each model, and the scores."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", type=int, default=None)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=None)
    parser.add_argument("--estimated", action="store_true")
    parser.add_argument("--optimism", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    scores: defaultdict[str, Score] = defaultdict(Score)
    wanted = (
        number for number in itertools.count(options.first) if not options.optimism or size_of(number) <= FEW
    )
    models = options.models or (40 if options.optimism else 100)
    found = np.array(
        [
            show(number, options.epochs, scores, options.estimated)
            for number in itertools.islice(wanted, models)
        ]
    )
    print()
    for name, score in scores.items():
        print(f"{name:>30}: {score.row()}")
    for name, differences in zip(("test", "validation"), found.T, strict=True):
        known = differences[np.isfinite(differences)]
        if len(known) > 1:
            error = known.std(ddof=1) / math.sqrt(len(known))
            good = "✓" if abs(known.mean()) <= 2 * error else "✗"
            print(
                f"{name} nats above those of fresh items: {known.mean():+.3f} ± {error:.3f} in the mean of "
                f"{len(known)} {good if name == 'test' else ''}"
            )


if __name__ == "__main__":
    main()

"""Cross-validated nats against the truth: models of few items, with the defaults.

    python tests/benchmarks/folds.py [--laws 40] [--folds 5] [--items 60] [--epochs N]        about 5 minutes

The laws are those of `truth.py` over discrete spaces. Beside the mean test nats of the folds stand those of the same
models over 20,000 fresh items: how often these lie within one and two stated errors (68 and 95 of 100 are promised).
"""

from __future__ import annotations

import argparse
import itertools
import math
from dataclasses import replace
from unittest import mock

import numpy as np
import torch

from landscape_app.data.dataset import stratified_split
from landscape_app.problems.proposal import starting_configuration
from landscape_app.session import api
from landscape_app.session.records import CrossValidation
from landscape_app.session.session import Session
from tests.benchmarks.truth import KINDS, Law, law


def fresh_nats(session: Session, fresh: np.ndarray) -> float:
    """log Z and mean surprisal of fresh items."""
    x = torch.as_tensor(fresh).float()
    return float(session.model.target.surprisal(x).double().mean()) + session.kept.log_z.value


def cross_validated(
    data: Law, folds: int, seed: int, epochs: int | None
) -> tuple[CrossValidation, list[float]]:
    """The cross-validation of a law's items, and each model's mean nats of fresh ones."""
    sessions: list[Session] = []

    def kept(*arguments: object, **named: object) -> Session:
        sessions.append(Session(*arguments, **named))
        return sessions[-1]

    configuration = replace(starting_configuration(data.dataset), seed=seed)
    if epochs is not None:
        configuration = replace(configuration, planned_epochs=epochs)
    with mock.patch.object(api, "Session", kept):
        done = [
            fold
            for _, fold in api.cross_validation(configuration, data.dataset, folds, "cpu")
            if fold is not None
        ]
    return CrossValidation(tuple(done)), [fresh_nats(session, data.fresh) for session in sessions]


def few(data: Law, items: int) -> Law:
    """The law with so many items in its data set."""
    dataset = data.dataset
    more = np.concatenate([dataset.items, data.fresh.astype(dataset.items.dtype)])
    split = stratified_split(items, None, 0.2)
    return Law(replace(dataset, items=more[:items], training=split[0], held_out=split[1]), data.fresh[items:])


def row(name: str, errors: list[float]) -> str:
    """How often errors lie within one and two."""
    e = np.array(errors)
    within = [100 * float((np.abs(e) <= k).mean()) for k in (1, 2)]
    return (
        f"{name:>40}: within one {within[0]:5.1f} two {within[1]:5.1f} of 100, mean {e.mean():+.2f}, "
        f"worst {e[np.abs(e).argmax()]:+.1f}"
    )


def main() -> None:
    """Prints a line for each law, and the scores."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--laws", type=int, default=40)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--items", type=int, default=60)
    parser.add_argument("--epochs", type=int, default=None)
    options = parser.parse_args()
    torch.set_num_threads(1)
    errors = []
    discrete = (number for number in itertools.count() if KINDS[number % len(KINDS)] not in ("line", "plane"))
    for number in itertools.islice(discrete, options.laws):
        data = few(law(number), options.items)
        found, fresh = cross_validated(data, options.folds, number, options.epochs)
        nats = found.mean
        errors.append((nats.value - np.mean(fresh)) / nats.error)
        print(
            f"{number:4d} {KINDS[number % len(KINDS)]:>11} {nats:.3f} nats; these models {np.mean(fresh):.3f}, "
            f"spread {np.std(fresh, ddof=1):.3f}, of the folds "
            f"{np.std([n.value for n in found.nats], ddof=1) / math.sqrt(options.folds):.3f}",
            flush=True,
        )
    print(row("these models, fresh items", errors))


if __name__ == "__main__":
    main()

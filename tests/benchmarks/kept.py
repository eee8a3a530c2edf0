"""Figures printed of trained models against sums over all their states, and what is kept of sharp ones.

    python tests/benchmarks/kept.py [--only small sharp] [--models 20] [--first 0] [--epochs 240] [--estimated]

Small models: 20 data sets of spins, categories and tiny images, a few dozen items each, trained by `landscape train`
with what is proposed for them, but for fewer epochs. Beside what the command and `landscape info` print stands the
sum over all states of the model in the file, made here; and the epochs of both.

Sharp models: nine spins with random couplings and fields, 60 items to learn from, trained for the planned epochs.
Beside the figure of the model that is kept stand its exact validation nats, those of the best state that was measured
while it trained, and the largest residual of the constraints, summed over all states.

With --estimated the sharp sessions do not know that their spaces can be summed over: every figure is the ladder's,
and constraints are solved on it.
"""

from __future__ import annotations

import argparse
import math
import re
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from torch import Tensor

from landscape_app.data.dataset import Dataset, Kind, stratified_split
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.exact import ExactModel
from landscape_app.problems.proposal import starting_configuration
from landscape_app.session.checkpoint import open_session
from landscape_app.session.dataset_io import save_data
from landscape_app.session.session import Session

COUPLING, FIELD = 0.5, 0.4
"""Standard deviations of J_ij and h_i of the sharp models' data."""
TRAINING, HELD_OUT = 60, 60
SPINS = 9


def small_data(seed: int) -> Dataset:
    """A few dozen items of a kind that changes with the seed, from correlated random sites."""
    rng = np.random.default_rng(seed)
    kind, shape, levels = (
        (Kind.SPINS, (8,), 0),
        (Kind.LEVELS, (4,), 4),
        (Kind.SPINS, (3, 3), 0),
        (Kind.LEVELS, (6,), 3),
        (Kind.LEVELS, (2, 4), 2),
    )[seed % 5]
    count, sites = int(rng.integers(24, 72)), math.prod(shape)
    latent = rng.normal(size=(count, 2)) @ rng.normal(size=(2, sites)) + 0.7 * rng.normal(size=(count, sites))
    if kind is Kind.SPINS:
        items = np.where(latent > 0, 1, -1).astype(np.int8)
    else:
        items = np.digitize(latent, np.linspace(-1.2, 1.2, levels + 1)[1:-1]).astype(np.uint8)
    split = stratified_split(count, None, 0.3)
    return Dataset(f"small-{seed}", kind, items.reshape(count, *shape), *split, levels=levels)


def sharp_data(seed: int) -> Dataset:
    """Nine spins of random couplings and fields."""
    rng = np.random.default_rng(seed)
    states = np.array(np.meshgrid(*[[-1, 1]] * SPINS, indexing="ij")).reshape(SPINS, -1).T
    couplings = np.triu(rng.normal(0, COUPLING, (SPINS, SPINS)), 1)
    log_p = np.einsum("ai,ij,aj->a", states, couplings, states) + states @ rng.normal(0, FIELD, SPINS)
    p = np.exp(log_p - log_p.max())
    items = states[rng.choice(len(states), TRAINING + HELD_OUT, p=p / p.sum())].astype(np.int8)
    training = np.arange(TRAINING + HELD_OUT)
    return Dataset(f"sharp-{seed}", Kind.SPINS, items, training[:TRAINING], training[TRAINING:])


def exact_validation(session: Session, parameters: list[Tensor] | None = None) -> tuple[float, float]:
    """Validation nats and the largest residual z_i, by sums over all states of the model or of parameters."""
    trainer = session.trainer
    now = trainer.model.values()
    trainer.model.set_values(now if parameters is None else parameters)
    model = ExactModel(trainer.model.target)
    nats = trainer.model.target.surprisal(session.validation_items).double().mean() + model.at().log_partition
    with torch.no_grad():
        f_data = session.model.observables(session.training_items).double()
        mean = model.mean(session.model.observables)
    trainer.model.set_values(now)
    residuals = (mean - f_data.mean(0)) / f_data.std(0, correction=0).clamp_min(1e-4)
    return float(nats), float(residuals.abs().max())


def landscape(*arguments: object) -> str:
    """What the command prints."""
    command = [sys.executable, "-m", "landscape_app", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def printed(text: str) -> str:
    """log Z in what the command prints, to which the cross-entropies add what is summed over a few items."""
    found = re.search(r"log Z(, exact)?\s+(\S+( ± \S+)?)", text)
    assert found is not None, text
    return found[2]


def show_small(seed: int, epochs: int, folder: Path) -> None:
    """Trains in a process, reads in another, sums here; prints a line."""
    dataset, run = small_data(seed), folder / f"small-{seed}.h5"
    save_data(dataset, folder / f"data-{seed}.h5")
    trained = landscape("train", folder / f"data-{seed}.h5", "--epochs", epochs, "--seed", seed, "-o", run)
    info = landscape("info", run)
    session = open_session(run, "cpu", sampler_chains=2)
    assert session.kept is not None
    exact = ExactModel(session.model.target).at().log_partition
    said = printed(trained)
    shape = "×".join(map(str, dataset.items.shape[1:]))
    same = "equal" if said == printed(info) == f"{exact:.4f}" else "DIFFERENT"
    last, epochs = float(session.measurements["log_partition"][-1]), session.trainer.epoch
    print(
        f"{seed:4d} {dataset.kind.value:>6} {shape:>5} {len(dataset.items):5d}   {said:>9} {printed(info):>9} "
        f"{exact:9.4f} {last:9.4f}   {session.kept.epoch:5d} of {epochs:5d}   {same}",
        flush=True,
    )


def show_sharp(seed: int, epochs: int | None) -> tuple[float, float]:
    """Trains and finishes; prints a line. Returns exact validation nats of what is kept, and of the best measured."""
    dataset = sharp_data(seed)
    configuration = replace(starting_configuration(dataset), seed=seed)
    if epochs is not None:
        configuration = replace(configuration, planned_epochs=epochs)
    session = Session(configuration, "cpu", 2, dataset)
    start = time.process_time()
    for _ in session.train():
        if session.is_done:
            break
    best = session.estimator.best
    outcome = session.finish()
    kept, residual = exact_validation(session)
    of_best = math.nan if best is None else exact_validation(session, best.parameters)[0]
    of_last, _ = exact_validation(session, session.trainer.average)
    final = outcome.final
    brackets = int(np.isinf(session.measurements["log_partition_error"]).sum()) + final.log_z.is_bracket
    print(
        f"{seed:4d}   {final.validation_nats:9.3f} ± {final.log_partition_error:5.3f} {kept:9.3f} {of_best:9.3f} "
        f"{of_last:9.3f} {residual:8.3f}   {outcome.epoch:5d} of {session.trainer.epoch:5d}  {brackets:6d} "
        f"{time.process_time() - start:8.0f}",
        flush=True,
    )
    return kept, of_best


def main() -> None:
    """Prints both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=("small", "sharp"), default=("small", "sharp"))
    parser.add_argument("--models", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=None)
    parser.add_argument("--estimated", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    seeds = range(options.first, options.first + options.models)
    if "small" in options.only:
        print("seed   kind shape items      train      info     exact  last row   epoch kept      figures")
        with tempfile.TemporaryDirectory() as folder:
            for seed in seeds:
                show_small(seed, options.epochs or 240, Path(folder))
    if "sharp" in options.only:
        print(
            "\nseed           printed          exact  best seen      last residual   epoch kept   brackets  seconds"
        )
        hidden = mock.patch.object(ProductBase, "is_summable", False)
        with hidden if options.estimated else nullcontext():
            found = [show_sharp(seed, options.epochs) for seed in seeds]
        wrecks = sum(not kept < 10 * SPINS * math.log(2) for kept, _ in found)
        print(
            f"wrecks kept: {wrecks} of {len(found)}; largest excess over the best measured state: "
            f"{max(kept - best for kept, best in found):+.3f} nats"
        )


if __name__ == "__main__":
    main()

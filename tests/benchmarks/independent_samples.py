"""Worth of the samples of a call: 512 at once against four calls of 128, the stated number against a measured one.

Of the shipped model. Each way is repeated with other seeds; printed are the mean energy, the class shares and the
Fréchet distance to held-out images (by a network of its own, and beside it the distance to the stored samples), the
seconds, and the ratio of the two ways (wanted: within 20% for energy spread, classes and distance).

The measured number is what the scatter between calls says: p (1 − p) over the variance of a class's share, averaged
over the classes, and Var(H) over that of the mean energy. Calls resample the same samples, each with as few of its
samples twice as can be; so where chains forget little, calls differ by less than independent samples do, and the
measured number may exceed the number of samples.

With --ancestors A it is chains of the model alone that are measured, 100 copies of A stored samples, as they move
apart: the stated number, by its harmonic mean, which is that of the stated variances, must not exceed the measured
ones.

python tests/benchmarks/independent_samples.py [--calls 10] [--steps 100] [--from chains] [--no-ladder]
python tests/benchmarks/independent_samples.py --ancestors 10 [--calls 24] [--steps 128]
"""

from __future__ import annotations

import argparse
import time
from typing import NamedTuple

import numpy as np
import torch

from landscape_app.data.assets import asset_path
from landscape_app.learning.quality import EvaluationClassifier, classifier_distance, evaluator_passes
from landscape_app.physics.resampling import systematic_resample
from landscape_app.session.api import sample
from landscape_app.session.checkpoint import open_session
from landscape_app.session.session import Session
from landscape_app.session.share_out import finished

N, PARTS = 512, 4
COPIES = 100


class Call(NamedTuple):
    """What one call of 512, or four of 128, gives.

    Attributes:
        energies: H of each sample, nats, shape (N,).
        shares: of the evaluation classifier's classes, shape (classes,).
        distance: FCD to the held-out images.
        from_stored: FCD to the stored samples.
        stated: effective samples.
        seconds: of sampling.
    """

    energies: np.ndarray
    shares: np.ndarray
    distance: float
    from_stored: float
    stated: float
    seconds: float


def call(
    session: Session, evaluator: EvaluationClassifier, seed: int, parts: int, options: argparse.Namespace
) -> Call:
    """Draws N samples in so many calls, each with a seed of its own."""
    start = time.perf_counter()
    drawn = [
        sample(
            session,
            N // parts,
            steps=options.steps,
            start=options.place,
            ladder=options.ladder,
            seed=1_000 * seed + part,
        )
        for part in range(parts)
    ]
    seconds = time.perf_counter() - start
    x = torch.as_tensor(np.concatenate([part.x for part in drawn])).float()
    energies = np.concatenate([part.energy for part in drawn])
    stated = sum(getattr(part, "effective_samples", float("nan")) for part in drawn)
    return judged(session, evaluator, x, energies, stated, seconds)


def judged(
    session: Session,
    evaluator: EvaluationClassifier,
    x: torch.Tensor,
    energies: np.ndarray,
    stated: float,
    seconds: float,
) -> Call:
    """The figures of samples."""
    with torch.no_grad():
        counts = evaluator(x).argmax(1).bincount(minlength=session.classes).numpy()
    return Call(
        energies,
        counts / len(x),
        classifier_distance(evaluator, x, session.held_out_items),
        classifier_distance(evaluator, x, session.samples.weighted_samples.x),
        stated,
        seconds,
    )


def show(name: str, one: Call) -> None:
    """Prints a line."""
    error = one.energies.std() / np.sqrt(len(one.energies))
    shares = " ".join(f"{100 * share:4.1f}" for share in one.shares)
    print(
        f"{name:14} {one.energies.mean():8.2f} ± {error:.2f} {one.energies.std():6.2f} {one.distance:7.1f} "
        f"{one.from_stored:7.1f} {one.stated:7.0f} {one.seconds:7.1f}   {shares}",
        flush=True,
    )


def measured(calls: list[Call]) -> tuple[float, float]:
    """Independent samples that the scatter of the mean energy and of the class shares is that of."""
    energy = np.mean([one.energies.var() for one in calls]) / np.var(
        [one.energies.mean() for one in calls], ddof=1
    )
    shares = np.stack([one.shares for one in calls])
    p = shares.mean(0)
    return float(energy), float((p * (1 - p)).sum() / shares.var(0, ddof=1).sum())


def measure_copies(session: Session, ancestors: int, calls: int, steps: int) -> None:
    """Prints the stated and the measured number of independent samples of copies after 0, 1, 2, 4 … steps."""
    sampler, known, classifier = (
        session.sampler,
        session.samples.weighted_samples,
        session.composer.classifier,
    )
    assert classifier is not None
    sampler.restart("chains", COPIES)
    with torch.no_grad():
        p = classifier(known.x).argmax(1).bincount(minlength=session.classes) / len(known)
    energy, spread = float(known.energy.mean()), float(known.energy.var())
    rows: dict[int, list[tuple[float, float, float]]] = {}
    for seed in range(calls):
        sampler.seed(seed)
        chosen = torch.randperm(len(known), generator=torch.Generator().manual_seed(seed))[:ancestors]
        sampler.ancestors = chosen.repeat(COPIES // ancestors + 1)[:COPIES]
        sampler.chains.retarget(sampler.chains.target, known.x[sampler.ancestors])
        done = 0
        for step in (0, *(2**power for power in range(int(np.log2(max(1, steps))) + 1))):
            for _ in range(step - done):
                sampler.step()
            done = step
            with torch.no_grad():
                found = classifier(sampler.chains.x).argmax(1).bincount(minlength=session.classes) / COPIES
                off = (float(sampler.model.hamiltonian.energy(sampler.chains.x).mean()) - energy) ** 2
            rows.setdefault(step, []).append((1 / sampler.worth(), off, float(((found - p) ** 2).sum())))
    print(f"{COPIES} copies of {ancestors} stored samples, {calls} times")
    for step, row in rows.items():
        stated, of_energy, of_classes = np.mean(row, axis=0)
        by_energy, by_classes = spread / of_energy, float((p * (1 - p)).sum()) / of_classes
        print(
            f"{step:5} steps: stated {1 / stated:5.1f}, measured by the mean energy {by_energy:5.1f}, "
            f"by the classes {by_classes:5.1f}",
            flush=True,
        )


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=10, help="of 512; a third as many times four of 128")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--from", dest="place", default="chains")
    parser.add_argument("--no-ladder", dest="ladder", action="store_false")
    parser.add_argument("--ancestors", type=int, help="measure copies of so many stored samples instead")
    options = parser.parse_args()
    session = open_session(asset_path("digits-model.h5"), "cpu")
    if options.ancestors:
        measure_copies(session, options.ancestors, options.calls, options.steps)
        return
    images, labels = torch.as_tensor(session.dataset.items).float(), torch.as_tensor(session.dataset.labels)
    evaluator = finished(evaluator_passes(session.space, images, labels))

    how = f"{options.steps} steps from {options.place}, {'a' if options.ladder else 'no'} ladder"
    print(f"{how}, {torch.get_num_threads()} threads")
    print(
        f"{'':14} {'mean H':>8}   {'':4} {'sd H':>6} {'FCD':>7} {'to res.':>7} {'stated':>7} {'seconds':>7}"
        "   classes, %"
    )
    weighted_samples = session.samples.weighted_samples
    stored = judged(
        session, evaluator, weighted_samples.x, weighted_samples.energy.numpy(), float("nan"), 0.0
    )
    show(f"stored {len(weighted_samples):,}", stored)
    chosen = systematic_resample(weighted_samples.log_weights, N, torch.Generator().manual_seed(0))
    some = judged(
        session,
        evaluator,
        weighted_samples.x[chosen],
        weighted_samples.energy[chosen].numpy(),
        float("nan"),
        0.0,
    )
    show(f"{N} of it", some)
    at_once, apart = [], []
    for seed in range(options.calls):
        at_once.append(call(session, evaluator, seed, 1, options))
        show("one of 512", at_once[-1])
        if seed % 3 == 0:
            apart.append(call(session, evaluator, seed + 500, PARTS, options))
            show("four of 128", apart[-1])

    def mean(calls: list[Call]) -> Call:
        return Call(
            np.concatenate([one.energies for one in calls]),
            np.mean([one.shares for one in calls], axis=0),
            float(np.mean([one.distance for one in calls])),
            float(np.mean([one.from_stored for one in calls])),
            float(np.mean([one.stated for one in calls])),
            float(np.mean([one.seconds for one in calls])),
        )

    one, four = mean(at_once), mean(apart)
    print("means")
    show("one of 512", one)
    show("four of 128", four)
    gap = abs(one.energies.mean() - four.energies.mean()) / four.energies.std()
    large, small = one.shares.argmax(), one.shares.argmin()
    ratios = {
        "distance": one.distance / four.distance,
        "spread of H": one.energies.std() / four.energies.std(),
        "largest class": one.shares[large] / four.shares[large],
        "smallest class": one.shares[small] / four.shares[small],
        "seconds": one.seconds / four.seconds,
    }
    print(f"one / four: {', '.join(f'{name} {ratio:.2f}' for name, ratio in ratios.items())}")
    print(f"their mean H differs by {gap:.2f} deviations")
    energy, classes = measured(at_once)
    print(
        f"independent samples in a call of {N}: stated {one.stated:.0f}, measured by the mean energy {energy:.0f}, "
        f"by the classes {classes:.0f}"
    )


if __name__ == "__main__":
    main()

"""Two ways to one distribution: the largest entropy under constraints, and the largest likelihood of a family."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch
from scipy import special
from torch import Tensor

from landscape_app.experiments.experiment import SEED, Experiment, Finding, Progress, Values
from landscape_app.experiments.exponential import Solution, sample_sizes, solve
from landscape_app.experiments.figure import Bars, Curve, Figure, Mark, Marker, Panel, Points, Role
from landscape_app.experiments.logistic import (
    CLASSES,
    Fit,
    Labelled,
    by_cross_entropy,
    by_maximum_entropy,
    class_log_probabilities,
    three_classes,
)
from landscape_app.experiments.parameter import Parameter

LARGEST_GAP = 1e-8
"""Nats by which primal and dual may differ at the solution."""

LARGEST_DIFFERENCE = 1e-5
"""Of a weight found both ways; L-BFGS stops where the gradient, not the weight, is small."""

STANDARD_ERRORS = 4.0
"""By which λ of the largest sample may miss the truth: one seed in 16,000 does."""

REACH = 30.0
"""Of the levels, in units of the true mean."""


class Duality(Experiment):
    """MaxEnt and maximum likelihood side by side."""

    name = "duality"
    title = "Two roads to one distribution"
    paper = "MaxEnt as maximum likelihood"
    summary = (
        "Ask for the distribution of largest entropy with the data's averages, or for the exponential family that "
        "makes the data most likely: the answer is the same, because the one problem is the convex dual of the "
        "other. Here each is solved by an algorithm that knows nothing of the other: the entropy is climbed over "
        "thousands of free probabilities, the likelihood over one multiplier, and they meet from below and above. "
        "The classifier that everybody trains by cross-entropy, logistic regression, is a MaxEnt model just so."
    )
    parameters = (
        Parameter(
            "samples", "Largest sample", 10_000, 1_000_000, 100, 10_000_000, "Drawn from the exponential."
        ),
        Parameter(
            "levels", "Levels", 2_000, 5_000, 200, 10_000, "On which the exponential lives, to 30 means."
        ),
        Parameter("points", "Points a class", 100, 400, 50, 500, "For the logistic regression."),
        Parameter(
            "distance",
            "Distance of the classes",
            1.5,
            1.5,
            0.5,
            2.5,
            "Between the centres of two classes, in their deviations; far apart no finite weights exist.",
            whole=False,
        ),
        SEED,
    )
    minutes = (0.02, 0.1)

    def sketch(self) -> tuple[Mark, ...]:
        """A dual and a primal function that meet."""
        at = np.linspace(0.3, 2.4, 160)
        dual = 1 + 0.5 * (at - 1) ** 2
        meeting = Points(np.ones(1), np.ones(1), size=6.0)
        return (Curve(at, dual), Curve(at, 2 - dual, role=Role.RIVAL), meeting)

    def run(self, values: Values) -> Iterator[Progress]:
        """The exponential for samples of growing size, then the logistic regression."""
        seed = int(values["seed"])
        x = (torch.arange(int(values["levels"]), dtype=torch.float64) + 0.5) * REACH / values["levels"]
        true = (-x).softmax(0)
        draws = np.random.default_rng(seed).choice(len(x), int(values["samples"]), p=true.numpy())
        sizes = sample_sizes(int(values["samples"]))
        solutions: list[Solution] = []
        for n in sizes:
            solutions.append(solve(x, np.bincount(draws[:n], minlength=len(x))))
            doing = f"Solved for {n:,} samples of the exponential"
            yield Progress(0.6 * len(solutions) / len(sizes), doing, Figure(exponential_rows(x, solutions)))
        rows = exponential_rows(x, solutions)
        found = exponential_findings(x, solutions)

        data = three_classes(int(values["points"]), values["distance"], seed)
        likely = by_cross_entropy(data)
        entropic: list[Fit] = []
        for fit in by_maximum_entropy(data):
            entropic.append(fit)
            share = 0.6 + 0.4 * len(entropic) / (len(entropic) + 10)
            figure = Figure((*rows, logistic_row(data, entropic, likely)))
            yield Progress(share, "Maximising the entropy of the classes", figure, found)
        findings = (*found, *logistic_findings(entropic[-1], likely[-1]))
        figure = Figure((*rows, logistic_row(data, entropic, likely)))
        yield Progress(1.0, "Found the same weights both ways", figure, findings)


def exponential_rows(x: Tensor, solutions: list[Solution]) -> tuple[tuple[Panel, ...], ...]:
    """Densities for the smallest, a middle and the largest sample so far, and how the two ways meet."""
    shown = sorted({0, (len(solutions) - 1) // 2, len(solutions) - 1})
    densities = tuple(_density_panel(x, solutions[k]) for k in shown)
    n = np.array([s.samples for s in solutions])
    found = np.array([s.multipliers for s in solutions])
    last = solutions[-1]
    slopes = Panel(
        "The multiplier",
        (
            Curve(n, np.ones(len(n)), "truth ± 1/√n", Role.TRUTH, low=1 - n**-0.5, high=1 + n**-0.5),
            Curve(n, found[:, 2], "maximum likelihood", Role.RIVAL),
            Points(n, found[:, 0], "maximum entropy", Role.MODEL, size=5),
        ),
        "samples",
        "λ (one over the true mean)",
        x_log=True,
    )
    meeting = Panel(
        f"Entropy climbs, −log likelihood descends ({last.samples:,} samples)",
        (
            Curve(np.arange(len(last.rising)), last.rising, "entropy S[p]", Role.MODEL),
            Curve(np.arange(len(last.falling)), last.falling, "−log likelihood", Role.RIVAL),
            Marker(last.values[1], "dual at its minimum", upright=False),
        ),
        "iteration",
        "nats (a sample)",
    )
    floor = np.finfo(float).eps
    gaps = Panel(
        "Largest difference of primal, dual and likelihood",
        (
            Points(n, np.array([max(s.gap, floor) for s in solutions]), "measured", Role.MODEL, size=5),
            Marker(LARGEST_GAP, "allowed", upright=False),
        ),
        "samples",
        "nats",
        x_log=True,
        y_log=True,
    )
    return densities, (slopes, meeting, gaps)


def _density_panel(x: Tensor, solution: Solution) -> Panel:
    levels, width = x.numpy(), float(x[1] - x[0])
    last = 6.0
    edges = np.linspace(0, last, 31)
    drawn = np.histogram(levels, edges, weights=solution.counts)[0]
    heights = drawn / (solution.samples * np.diff(edges))
    near = levels <= last
    likely = np.exp(special.log_softmax(-solution.multipliers[2] * levels)) / width
    return Panel(
        f"{solution.samples:,} samples",
        (
            Bars(edges, heights, "sample", Role.DATA),
            Curve(levels[near], np.exp(-levels[near]), "true exponential", Role.TRUTH),
            Curve(levels[near], solution.primal[near] / width, "maximum entropy", Role.MODEL),
            Curve(levels[near], likely[near], "maximum likelihood", Role.RIVAL, dashed=True),
        ),
        "x (true means)",
        "density",
        y_range=(0.0, 1.6),
    )


def exponential_findings(x: Tensor, solutions: list[Solution]) -> tuple[Finding, ...]:
    """The verdicts on the exponential."""
    worst = max(s.gap for s in solutions)
    apart = max(max(s.multipliers) - min(s.multipliers) for s in solutions)
    last = solutions[-1]
    error = last.samples**-0.5
    return (
        Finding(
            "slides",
            f"Entropy, dual and −log likelihood at the solution, {len(solutions)} sample sizes",
            f"equal within {LARGEST_GAP:g} nats",
            f"differ by {worst:.1e} nats at most",
            worst <= LARGEST_GAP,
        ),
        Finding(
            "slides",
            "λ by maximum entropy, by its dual and by maximum likelihood",
            f"equal within {LARGEST_DIFFERENCE:g}",
            f"differ by {apart:.1e} at most",
            apart <= LARGEST_DIFFERENCE,
        ),
        Finding(
            "slides",
            f"λ of the exponential from {last.samples:,} samples",
            f"1 ± {STANDARD_ERRORS * error:.2g} ({STANDARD_ERRORS:g} standard errors)",
            f"{last.multipliers[0]:.4f}",
            abs(last.multipliers[0] - 1) <= STANDARD_ERRORS * error,
        ),
    )


def logistic_row(data: Labelled, entropic: list[Fit], likely: list[Fit]) -> tuple[Panel, ...]:
    """The classes and where they part, the weights compared, and how entropy and cross-entropy meet."""
    side = float(np.abs(data.x).max()) * 1.05
    roles = (Role.DATA, Role.OTHER, Role.TRUTH)
    members = [data.x[data.labels == c] for c in range(CLASSES)]
    classes = tuple(
        Points(x[:, 0], x[:, 1], f"class {c + 1}", roles[c], size=3) for c, x in enumerate(members)
    )
    regions = Panel(
        "Where the most probable class changes",
        (
            *classes,
            *_borders(entropic[-1].weights, side, "maximum entropy", Role.MODEL, dashed=False),
            *_borders(likely[-1].weights, side, "cross-entropy", Role.RIVAL, dashed=True),
        ),
        "x₁ (deviations of a class)",
        "x₂ (deviations of a class)",
        x_range=(-side, side),
        y_range=(-side, side),
    )
    across, up = likely[-1].weights.ravel(), entropic[-1].weights.ravel()
    ends = np.array([across.min(), across.max()])
    weights = Panel(
        f"The {len(across)} weights",
        (Curve(ends, ends, "equal", Role.TRUTH, dashed=True), Points(across, up, "", Role.MODEL, size=6)),
        "by minimum cross-entropy",
        "by maximum entropy",
    )
    meeting = Panel(
        "Both end at the same value",
        (
            Curve(
                np.arange(len(entropic)),
                np.array([f.value for f in entropic]),
                "conditional entropy",
                Role.MODEL,
            ),
            Curve(np.arange(len(likely)), np.array([f.value for f in likely]), "cross-entropy", Role.RIVAL),
            Marker(likely[-1].value, "least cross-entropy", upright=False),
        ),
        "iteration",
        "nats (a point)",
    )
    return regions, weights, meeting


def _borders(weights: np.ndarray, side: float, name: str, role: Role, dashed: bool) -> Iterator[Curve]:
    """The lines between pairs of classes, as far as no third class is more probable than both."""
    t = np.linspace(-2 * side, 2 * side, 801)
    for a, b in ((0, 1), (1, 2), (2, 0)):
        constant, *normal = weights[a] - weights[b]
        length = math.hypot(*normal)
        if length == 0:
            continue
        unit = np.array(normal) / length
        points = -constant / length * unit + t[:, None] * np.array([-unit[1], unit[0]])
        log_p = class_log_probabilities(weights, np.column_stack([np.ones(len(t)), points]))
        first = log_p[:, a] >= log_p.max(1) - 1e-9
        x, y = np.where(first[:, None] & (np.abs(points) <= side), points, np.nan).T
        yield Curve(x, y, name if (a, b) == (0, 1) else "", role, dashed=dashed)


def logistic_findings(entropic: Fit, likely: Fit) -> tuple[Finding, ...]:
    """The verdicts on the logistic regression."""
    apart = float(np.abs(entropic.weights - likely.weights).max())
    gap = abs(entropic.value - likely.value)
    return (
        Finding(
            "slides",
            f"{entropic.weights.size} weights of logistic regression, by maximum entropy and by cross-entropy",
            f"equal within {LARGEST_DIFFERENCE:g}",
            f"differ by {apart:.1e} at most",
            apart <= LARGEST_DIFFERENCE,
        ),
        Finding(
            "slides",
            "Largest conditional entropy and least cross-entropy",
            f"equal within {LARGEST_GAP:g} nats a point",
            f"{entropic.value:.6f} nats, differ by {gap:.1e}",
            gap <= LARGEST_GAP,
        ),
    )

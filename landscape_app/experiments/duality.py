"""Two ways to one distribution: the largest entropy under constraints, and the largest likelihood of a family."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from scipy import optimize, special
from torch import Tensor

from landscape_app.experiments.experiment import SEED, Experiment, Finding, Parameter, Progress, Values
from landscape_app.experiments.figure import Bars, Curve, Figure, Mark, Marker, Panel, Points, Role
from landscape_app.language import tr
from landscape_app.learning.dual import solve_dual
from landscape_app.learning.primal import maximise_entropy

SMALLEST_SAMPLE = 10

SIZES_A_DECADE = 2


class Solution(NamedTuple):
    """One sample's distribution, found three ways.

    Attributes:
        samples: size of the sample.
        counts: of every level, shape (levels,).
        primal: p of largest entropy, by Newton's method on p, shape (levels,).
        multipliers: λ from the primal, from the dual, and from the likelihood of the sample.
        values: the entropy of p; the dual's value; −(1/n) Σ log p(x_n) of the sample, nats.
        rising: entropies on the way of the primal, nats.
        falling: values of −(1/n) Σ log p(x_n) on the way of the likelihood, nats.
    """

    samples: int
    counts: np.ndarray
    primal: np.ndarray
    multipliers: tuple[float, float, float]
    values: tuple[float, float, float]
    rising: np.ndarray
    falling: np.ndarray

    @property
    def gap(self) -> float:
        """Largest difference of the three values, nats."""
        return max(self.values) - min(self.values)


def sample_sizes(most: int) -> list[int]:
    """From the smallest sample to the largest, a few in every decade."""
    count = 1 + round(SIZES_A_DECADE * math.log10(most / SMALLEST_SAMPLE))
    return [int(n) for n in np.unique(np.geomspace(SMALLEST_SAMPLE, most, max(count, 2)).round())]


def solve(x: Tensor, counts: np.ndarray) -> Solution:
    """A sample's maximum-entropy distribution three ways: primal, dual, and maximum likelihood.

    Args:
        x: the levels, float64, shape (levels,).
        counts: how often each was drawn, shape (levels,).
    """
    n = int(counts.sum())
    mean = torch.as_tensor(counts / n) @ x
    constraints, wanted = torch.stack([torch.ones_like(x), x]), torch.stack([torch.ones_like(mean), mean])
    steps = list(maximise_entropy(constraints, wanted, two_plateaus(x, mean)))
    dual = solve_dual(x.unsqueeze(1), torch.zeros_like(x), mean.unsqueeze(0))
    path = maximise_likelihood(x.numpy(), counts)
    falling = np.array([surprise(at, x.numpy(), counts)[0] for at in path])
    return Solution(
        samples=n,
        counts=counts,
        primal=steps[-1].probabilities.numpy(),
        multipliers=(float(steps[-1].multipliers[1]), float(dual.multipliers[0]), path[-1]),
        values=(steps[-1].entropy, dual.entropy, float(falling[-1])),
        rising=np.array([step.entropy for step in steps]),
        falling=falling,
    )


def two_plateaus(x: Tensor, mean: Tensor) -> Tensor:
    """A distribution over the levels with that mean that is positive everywhere: where the primal may start."""
    flat = torch.full_like(x, 1 / len(x))
    near = (x <= mean).double()
    near = near / near.sum()
    share = (mean - near @ x) / (flat @ x - near @ x)
    return share * flat + (1 - share) * near


def maximise_likelihood(x: np.ndarray, counts: np.ndarray) -> list[float]:
    """λ of p ∝ exp(−λx) on its way to the largest likelihood of a sample, by BFGS from λ = 0."""
    path = [0.0]
    optimize.minimize(
        surprise,
        path[0],
        (x, counts),
        "BFGS",
        jac=True,
        callback=lambda at: path.append(float(at[0])),
        options={"gtol": 1e-11},
    )
    return path


def surprise(multiplier: float | np.ndarray, x: np.ndarray, counts: np.ndarray) -> tuple[float, np.ndarray]:
    """−(1/n) Σ log p(x_n) of a sample under p ∝ exp(−λx), nats, and its derivative by λ, shape (1,)."""
    log_p = special.log_softmax(-np.asarray(multiplier).item() * x)
    share = counts / counts.sum()
    return -float(share @ log_p), np.array([share @ x - np.exp(log_p) @ x])


CLASSES = 3

SMALLEST_GRADIENT = 1e-9
"""Component of the cross-entropy's gradient at which its minimisation stops, nats per unit of weight."""

MOST_ITERATIONS = 1_000


class Labelled(NamedTuple):
    """Points of a plane in classes.

    Attributes:
        x: shape (n, 2).
        labels: from 0 to CLASSES − 1, int64, shape (n,).
    """

    x: np.ndarray
    labels: np.ndarray

    @property
    def features(self) -> np.ndarray:
        """(1, x), shape (n, 3)."""
        return np.column_stack([np.ones(len(self.x)), self.x])

    @property
    def targets(self) -> np.ndarray:
        """1 for the class of each, else 0, shape (n, CLASSES)."""
        return np.eye(CLASSES)[self.labels]


class Fit(NamedTuple):
    """State of one of the two ways.

    Attributes:
        weights: W of p(c|x) ∝ exp(W_c·(1, x)), mean 0 over the classes, shape (CLASSES, 3).
        value: what it optimises, nats per point: conditional entropy, or cross-entropy.
    """

    weights: np.ndarray
    value: float


def three_classes(points: int, distance: float, seed: int) -> Labelled:
    """Points about the corners of a triangle, normal with deviation 1, so that no straight lines part them.

    Args:
        points: of each class.
        distance: side of the triangle.
        seed: of the draw.
    """
    rng = np.random.default_rng(seed)
    angles = 2 * math.pi * np.arange(CLASSES) / CLASSES
    corners = distance / math.sqrt(3) * np.column_stack([np.cos(angles), np.sin(angles)])
    labels = np.repeat(np.arange(CLASSES), points)
    return Labelled(corners[labels] + rng.normal(size=(len(labels), 2)), labels)


def by_maximum_entropy(data: Labelled) -> Iterator[Fit]:
    """Maximises the conditional entropy −Σ_n Σ_c p(c|x_n) log p(c|x_n) over all p(c|x_n); yields every step.

    The constraints: Σ_n p(c|x_n) x_n = Σ_n [y_n = c] x_n for every class, features as the classes have them in the
    data. As Σ_c p(c|x_n) = 1, those of the last class follow from the others and are left out. Their multipliers
    are the weights, −λ_c = W_c, although nobody has asked for an exponential.

    Raises:
        ValueError: straight lines part the classes: then no p meets the constraints but 0 and 1.
    """
    f, n = data.features, len(data.x)
    normal = np.kron(np.eye(n), np.ones((1, CLASSES)))
    feature = np.kron(f.T, np.eye(CLASSES)[:-1])
    means = (f.T @ data.targets[:, :-1]).ravel()
    steps = maximise_entropy(
        torch.as_tensor(np.vstack([normal, feature])),
        torch.as_tensor(np.concatenate([np.ones(n), means])),
        torch.full((n * CLASSES,), 1 / CLASSES, dtype=torch.float64),
    )
    for step in steps:
        weights = np.zeros((CLASSES, f.shape[1]))
        weights[:-1] = -step.multipliers[n:].numpy().reshape(f.shape[1], CLASSES - 1).T
        yield Fit(weights - weights.mean(0), step.entropy / n)


def by_cross_entropy(data: Labelled) -> list[Fit]:
    """Minimises −(1/n) Σ_n log p(y_n|x_n) over the weights by L-BFGS (Liu, Nocedal 1989); every iteration's fit."""
    start = np.zeros(CLASSES * data.features.shape[1])
    path = [start]
    optimize.minimize(
        cross_entropy,
        start,
        (data,),
        "L-BFGS-B",
        jac=True,
        callback=lambda flat: path.append(flat.copy()),
        options={"ftol": 0.0, "gtol": SMALLEST_GRADIENT, "maxiter": MOST_ITERATIONS},
    )
    fits = []
    for flat in path:
        weights = flat.reshape(CLASSES, -1)
        fits.append(Fit(weights - weights.mean(0), cross_entropy(flat, data)[0]))
    return fits


def cross_entropy(flat: np.ndarray, data: Labelled) -> tuple[float, np.ndarray]:
    """−(1/n) Σ_n log p(y_n|x_n), nats, and its gradient, of weights (CLASSES, 3) as one row, shape (9,)."""
    log_p = class_log_probabilities(flat.reshape(CLASSES, -1), data.features)
    n = len(log_p)
    gradient = (np.exp(log_p) - data.targets).T @ data.features / n
    return -float((log_p * data.targets).sum()) / n, gradient.ravel()


def class_log_probabilities(weights: np.ndarray, features: np.ndarray) -> np.ndarray:
    """log p(c|x), shape (n, CLASSES), of weights (CLASSES, 3) and features (n, 3)."""
    return special.log_softmax(features @ weights.T, axis=1)


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
    title = tr("Two roads to one distribution")
    paper = tr("MaxEnt as maximum likelihood")
    summary = tr(
        "Ask for the distribution of largest entropy with the data's averages, or for the exponential family that "
        "makes the data most likely: the answer is the same, because the one problem is the convex dual of the "
        "other. Here each is solved by an algorithm that knows nothing of the other: the entropy is climbed over "
        "thousands of free probabilities, the likelihood over one multiplier, and they meet from below and above. "
        "The classifier that everybody trains by cross-entropy, logistic regression, is a MaxEnt model just so."
    )
    parameters = (
        Parameter(
            "samples",
            tr("Largest sample"),
            10_000,
            1_000_000,
            100,
            10_000_000,
            tr("Drawn from the exponential."),
        ),
        Parameter(
            "levels",
            tr("Levels"),
            2_000,
            5_000,
            200,
            10_000,
            tr("On which the exponential lives, to 30 means."),
        ),
        Parameter("points", tr("Points a class"), 100, 400, 50, 500, tr("For the logistic regression.")),
        Parameter(
            "distance",
            tr("Distance of the classes"),
            1.5,
            1.5,
            0.5,
            2.5,
            tr("Between the centres of two classes, in their deviations; far apart no finite weights exist."),
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
            doing = tr("Solved for {samples:,} samples of the exponential", samples=n)
            yield Progress(0.6 * len(solutions) / len(sizes), doing, Figure(exponential_rows(x, solutions)))
        rows = exponential_rows(x, solutions)
        found = exponential_findings(solutions)

        data = three_classes(int(values["points"]), values["distance"], seed)
        likely = by_cross_entropy(data)
        entropic: list[Fit] = []
        for fit in by_maximum_entropy(data):
            entropic.append(fit)
            share = 0.6 + 0.4 * len(entropic) / (len(entropic) + 10)
            figure = Figure((*rows, logistic_row(data, entropic, likely)))
            yield Progress(share, tr("Maximising the entropy of the classes"), figure, found)
        findings = (*found, *logistic_findings(entropic[-1], likely[-1]))
        figure = Figure((*rows, logistic_row(data, entropic, likely)))
        yield Progress(1.0, tr("Found the same weights both ways"), figure, findings)


def exponential_rows(x: Tensor, solutions: list[Solution]) -> tuple[tuple[Panel, ...], ...]:
    """Densities for the smallest, a middle and the largest sample so far, and how the two ways meet."""
    shown = sorted({0, (len(solutions) - 1) // 2, len(solutions) - 1})
    densities = tuple(_density_panel(x, solutions[k]) for k in shown)
    n = np.array([s.samples for s in solutions])
    found = np.array([s.multipliers for s in solutions])
    last = solutions[-1]
    slopes = Panel(
        tr("The multiplier"),
        (
            Curve(n, np.ones(len(n)), tr("truth ± 1/√n"), Role.TRUTH, low=1 - n**-0.5, high=1 + n**-0.5),
            Curve(n, found[:, 2], tr("maximum likelihood"), Role.RIVAL),
            Points(n, found[:, 0], tr("maximum entropy"), Role.MODEL, size=5),
        ),
        tr("samples"),
        tr("λ (one over the true mean)"),
        x_log=True,
    )
    meeting = Panel(
        tr("Entropy climbs, −log likelihood descends ({samples:,} samples)", samples=last.samples),
        (
            Curve(np.arange(len(last.rising)), last.rising, tr("entropy S[p]"), Role.MODEL),
            Curve(np.arange(len(last.falling)), last.falling, tr("−log likelihood"), Role.RIVAL),
            Marker(last.values[1], tr("dual at its minimum"), upright=False),
        ),
        tr("iteration"),
        tr("nats (a sample)"),
    )
    floor = np.finfo(float).eps
    gaps = Panel(
        tr("Largest difference of primal, dual and likelihood"),
        (
            Points(n, np.array([max(s.gap, floor) for s in solutions]), tr("measured"), Role.MODEL, size=5),
            Marker(LARGEST_GAP, tr("allowed"), upright=False),
        ),
        tr("samples"),
        tr("nats"),
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
        tr("{samples:,} samples", samples=solution.samples),
        (
            Bars(edges, heights, tr("sample"), Role.DATA),
            Curve(levels[near], np.exp(-levels[near]), tr("true exponential"), Role.TRUTH),
            Curve(levels[near], solution.primal[near] / width, tr("maximum entropy"), Role.MODEL),
            Curve(levels[near], likely[near], tr("maximum likelihood"), Role.RIVAL, dashed=True),
        ),
        tr("x (true means)"),
        tr("density"),
        y_range=(0.0, 1.6),
    )


def exponential_findings(solutions: list[Solution]) -> tuple[Finding, ...]:
    """The verdicts on the exponential."""
    worst = max(s.gap for s in solutions)
    apart = max(max(s.multipliers) - min(s.multipliers) for s in solutions)
    last = solutions[-1]
    error = last.samples**-0.5
    return (
        Finding(
            tr("slides"),
            tr(
                "Entropy, dual and −log likelihood at the solution, {count} sample sizes",
                count=len(solutions),
            ),
            tr("equal within {largest_gap:g} nats", largest_gap=LARGEST_GAP),
            tr("differ by {worst:.1e} nats at most", worst=worst),
            worst <= LARGEST_GAP,
        ),
        Finding(
            tr("slides"),
            tr("λ by maximum entropy, by its dual and by maximum likelihood"),
            tr("equal within {largest_difference:g}", largest_difference=LARGEST_DIFFERENCE),
            tr("differ by {apart:.1e} at most", apart=apart),
            apart <= LARGEST_DIFFERENCE,
        ),
        Finding(
            tr("slides"),
            tr("λ of the exponential from {samples:,} samples", samples=last.samples),
            tr(
                "1 ± {allowed:.2g} ({count:g} standard errors)",
                allowed=STANDARD_ERRORS * error,
                count=STANDARD_ERRORS,
            ),
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
        Points(x[:, 0], x[:, 1], tr("class {c}", c=c + 1), roles[c], size=3) for c, x in enumerate(members)
    )
    regions = Panel(
        tr("Where the most probable class changes"),
        (
            *classes,
            *_borders(entropic[-1].weights, side, tr("maximum entropy"), Role.MODEL, dashed=False),
            *_borders(likely[-1].weights, side, tr("cross-entropy"), Role.RIVAL, dashed=True),
        ),
        tr("x₁ (deviations of a class)"),
        tr("x₂ (deviations of a class)"),
        x_range=(-side, side),
        y_range=(-side, side),
    )
    across, up = likely[-1].weights.ravel(), entropic[-1].weights.ravel()
    ends = np.array([across.min(), across.max()])
    weights = Panel(
        tr("The {count} weights", count=len(across)),
        (Curve(ends, ends, tr("equal"), Role.TRUTH, dashed=True), Points(across, up, "", Role.MODEL, size=6)),
        tr("by minimum cross-entropy"),
        tr("by maximum entropy"),
    )
    meeting = Panel(
        tr("Both end at the same value"),
        (
            Curve(
                np.arange(len(entropic)),
                np.array([f.value for f in entropic]),
                tr("conditional entropy"),
                Role.MODEL,
            ),
            Curve(
                np.arange(len(likely)), np.array([f.value for f in likely]), tr("cross-entropy"), Role.RIVAL
            ),
            Marker(likely[-1].value, tr("least cross-entropy"), upright=False),
        ),
        tr("iteration"),
        tr("nats (a point)"),
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
            tr("slides"),
            tr(
                "{count} weights of logistic regression, by maximum entropy and by cross-entropy",
                count=entropic.weights.size,
            ),
            tr("equal within {largest_difference:g}", largest_difference=LARGEST_DIFFERENCE),
            tr("differ by {apart:.1e} at most", apart=apart),
            apart <= LARGEST_DIFFERENCE,
        ),
        Finding(
            tr("slides"),
            tr("Largest conditional entropy and least cross-entropy"),
            tr("equal within {largest_gap:g} nats a point", largest_gap=LARGEST_GAP),
            tr("{value:.6f} nats, differ by {gap:.1e}", value=entropic.value, gap=gap),
            gap <= LARGEST_GAP,
        ),
    )

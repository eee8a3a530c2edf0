"""Two Gaussians learned from a thousand points, epoch by epoch (the paper's figure 3a–d)."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from scipy import stats
from torch import Tensor

from landscape_app.experiments.experiment import SEED, Experiment, Finding, Parameter, Progress, Values
from landscape_app.experiments.figure import Curve, Figure, Heatmap, Mark, Marker, Panel, Role
from landscape_app.experiments.line import (
    Axis,
    LineModel,
    Recipe,
    TwoPeaks,
    allowed_divergence,
    gaussian_max_ent,
    histogram,
    two_gaussians,
)
from landscape_app.language import tr
from landscape_app.learning.schedule import Schedule

LARGEST_DIVERGENCE = 0.01
"""KL(true‖model) in nats that is wanted of a thousand points."""

STANDARD_ERRORS = 4
"""Of the data's own entropy, by which S may miss the true one."""

TRUE_PARAMETERS = 5
"""Of a mixture of two Gaussians: two means, two deviations, a weight."""

LOOKS = 100
"""At the density while it learns."""

WATERFALL_STRIDE = 5
"""Nodes of the axis in a row of the waterfall."""

SCHEDULE = Schedule(moves=2, theta_rate=5e-3, multiplier_update="preconditioned", weighted=True)


class Bimodal(Experiment):
    """Two Gaussians from a thousand points."""

    name = "bimodal"
    title = tr("Two Gaussians")
    paper = tr("figure 3a–d")
    summary = tr(
        "A thousand points from two Gaussians, and a network that may choose two averages to be fixed. The maximum-"
        "entropy distribution of the averages that textbooks fix, mean and variance, is a single Gaussian and misses "
        "both peaks. Min-MaxEnt lets the network look for the averages whose distribution has the least entropy: "
        "the bound S falls from that of the empty box towards the entropy of the data, and the two peaks appear, "
        "without anybody having said that there are two. The error is judged by the exact KL divergence to the "
        "distribution that the points were drawn from; even a fit that knows it to be two Gaussians keeps about "
        "5/(2n), 0.0025 nats with a thousand points."
    )
    parameters = (
        Parameter("points", tr("Data points"), 1_000, 1_000, 20, 20_000, tr("Size of the training set.")),
        Parameter(
            "epochs",
            tr("Epochs"),
            1_000,
            1_000,
            10,
            10_000,
            tr("Length of training; the rates fall to its end."),
        ),
        Parameter(
            "chains",
            tr("Chains"),
            1_024,
            4_096,
            64,
            16_384,
            tr("Markov chains that the averages are taken from."),
        ),
        SEED,
    )
    minutes = (0.15, 0.25)

    def sketch(self) -> tuple[Mark, ...]:
        """Two Gaussians, and one of the same mean and variance."""
        x = np.linspace(-4.5, 5.5, 160)
        truth = stats.norm.pdf(x, -2, 0.5) / 2 + stats.norm.pdf(x, 2, 1) / 2
        return (Curve(x, truth), Curve(x, stats.norm.pdf(x, 0, 2.14), role=Role.RIVAL, dashed=True))

    def run(self, values: Values) -> Iterator[Progress]:
        """Trains and looks on."""
        truth, epochs, seed = two_gaussians(), int(values["epochs"]), int(values["seed"])
        data = truth.draw(int(values["points"]), seed)
        model = LineModel(data, truth.box, Recipe(int(values["chains"]), 1, SCHEDULE), seed)
        course = Course(truth, data, epochs)
        course.look(0, model)
        yield Progress(0.0, tr("Starting from the uniform distribution"), course.figure())
        for epoch in model.train(epochs):
            if epoch % course.interval == 0:
                course.look(epoch, model)
                yield Progress(
                    0.999 * epoch / epochs,
                    tr("Epoch {epoch:,} of {planned:,}", epoch=epoch, planned=epochs),
                    course.figure(),
                )
        course.look(model.trainer.epoch, model)
        yield Progress(1.0, tr("Done"), course.figure(), course.findings())


class Course:
    """Figure of one training.

    Args:
        truth: what the data were drawn from.
        data: shape (n, 1).
        epochs: planned.

    Attributes:
        interval: epochs between two looks.
    """

    def __init__(self, truth: TwoPeaks, data: Tensor, epochs: int) -> None:
        self.truth = truth
        self.data = data
        self.planned = epochs
        self.interval = math.ceil(epochs / LOOKS)
        self.axis = Axis(truth.box)
        self.true = self.axis.normalised(truth.log_density(self.axis.x))
        self.gaussian = gaussian_max_ent(data, self.axis)
        self.epochs: list[int] = []
        self.densities: list[np.ndarray] = []
        self.entropies: list[float] = []
        self.divergences: list[float] = []

    def look(self, epoch: int, model: LineModel) -> None:
        """Takes down what the model is now, once an epoch."""
        if self.epochs and self.epochs[-1] == epoch:
            return
        density = model.log_density(self.axis)
        self.epochs.append(epoch)
        self.densities.append(density)
        self.entropies.append(self.axis.entropy(density))
        self.divergences.append(self.axis.divergence(self.true, density))

    @property
    def true_entropy(self) -> float:
        """S of the distribution that the data were drawn from, nats."""
        return self.axis.entropy(self.true)

    @property
    def gaussian_entropy(self) -> float:
        """S of MaxEnt with the data's mean and variance, nats."""
        return self.axis.entropy(self.gaussian)

    @property
    def sampling_error(self) -> float:
        """Standard error of −⟨log p⟩ over so many points, nats."""
        squares = np.sum(np.exp(self.true) * self.true**2) * self.axis.width
        return math.sqrt((squares - self.true_entropy**2) / len(self.data))

    def figure(self) -> Figure:
        """The waterfall, the density now, S and KL."""
        return Figure(((self._waterfall(), self._density()), (self._entropy(), self._divergence())))

    def findings(self) -> tuple[Finding, ...]:
        """Outcome."""
        divergence, entropy = self.divergences[-1], self.entropies[-1]
        gaussian = self.axis.divergence(self.true, self.gaussian)
        wanted = allowed_divergence(LARGEST_DIVERGENCE, len(self.data))
        allowed = STANDARD_ERRORS * self.sampling_error
        true, bound = self.true_entropy, self.gaussian_entropy
        return (
            Finding(
                "3d",
                tr("KL(true‖model) at epoch {epoch:,}", epoch=self.epochs[-1]),
                tr(
                    "≤ {wanted:.2g} nats (two Gaussians, fitted: about {floor:.2g})",
                    wanted=wanted,
                    floor=self._floor,
                ),
                tr("{nats:.4f} nats", nats=divergence),
                divergence <= wanted,
            ),
            Finding(
                "3b",
                tr("KL(true‖MaxEnt with mean and variance)"),
                tr("0.43 nats, and more than the model's"),
                tr("{nats:.3f} nats", nats=gaussian),
                divergence < gaussian,
            ),
            Finding(
                "3c",
                tr("S of the model"),
                tr(
                    "{true:.3f} ± {allowed:.3f} nats, the true one within {count} standard errors of the data",
                    true=true,
                    allowed=allowed,
                    count=STANDARD_ERRORS,
                ),
                tr("{nats:.3f} nats", nats=entropy),
                abs(entropy - true) <= allowed,
            ),
            Finding(
                "3c",
                tr("S between the true one and the Gaussian's bound"),
                tr(
                    "{true:.3f} to {bound:.3f} nats, and nearer to the true one",
                    true=true - allowed,
                    bound=bound,
                ),
                tr(
                    "{entropy:.3f} nats, {share:.0f}% of the way down",
                    entropy=entropy,
                    share=100 * (bound - entropy) / (bound - true),
                ),
                true - allowed <= entropy <= (true + bound) / 2,
            ),
        )

    @property
    def _floor(self) -> float:
        """Mean KL of the most likely mixture of two Gaussians, to leading order in 1/n (Wilks 1938), nats."""
        return TRUE_PARAMETERS / (2 * len(self.data))

    def _waterfall(self) -> Panel:
        low, high = self.truth.shown
        shown = np.flatnonzero((self.axis.x >= low) & (self.axis.x <= high))[::WATERFALL_STRIDE]
        columns = np.arange(0, self.planned + 1, self.interval)
        values = np.full((len(shown), len(columns)), np.nan)
        for epoch, density in zip(self.epochs, self.densities, strict=True):
            if epoch % self.interval == 0:
                values[:, epoch // self.interval] = np.exp(density[shown])
        return Panel(
            tr("Density over epochs"),
            (Heatmap(columns.astype(float), self.axis.x[shown], values, tr("density of the model")),),
            tr("epoch"),
            "x",
        )

    def _density(self) -> Panel:
        x = self.axis.x
        return Panel(
            tr("Density at epoch {epoch:,}", epoch=self.epochs[-1]),
            (
                histogram(self.data, self.truth.shown, 55),
                Curve(x, np.exp(self.gaussian), tr("MaxEnt, mean and variance"), Role.RIVAL, dashed=True),
                Curve(x, np.exp(self.true), tr("exact"), Role.TRUTH, dashed=True),
                Curve(x, np.exp(self.densities[-1]), "Min-MaxEnt", Role.MODEL),
            ),
            "x",
            tr("density"),
            x_range=self.truth.shown,
        )

    def _entropy(self) -> Panel:
        return Panel(
            tr("The entropy falls to that of the data"),
            (
                Marker(self.gaussian_entropy, tr("MaxEnt, mean and variance"), False, Role.RIVAL),
                Marker(self.true_entropy, tr("exact"), False, Role.TRUTH),
                Curve(np.array(self.epochs, float), np.array(self.entropies), "Min-MaxEnt", Role.MODEL),
            ),
            tr("epoch"),
            tr("entropy S, nats"),
            x_range=(0, self.planned),
        )

    def _divergence(self) -> Panel:
        return Panel(
            tr("Distance to the exact density"),
            (
                Marker(
                    self.axis.divergence(self.true, self.gaussian),
                    tr("MaxEnt, mean and variance"),
                    False,
                    Role.RIVAL,
                ),
                Marker(
                    allowed_divergence(LARGEST_DIVERGENCE, len(self.data)), tr("wanted"), False, Role.TRUTH
                ),
                Marker(self._floor, tr("two Gaussians, fitted: 5/(2n)"), False, Role.OTHER),
                Curve(np.array(self.epochs, float), np.array(self.divergences), "Min-MaxEnt", Role.MODEL),
            ),
            tr("epoch"),
            tr("KL(true‖model), nats"),
            y_log=True,
            x_range=(0, self.planned),
        )

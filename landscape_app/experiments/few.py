"""Two Gaussians learned from ten points, over and over (the paper's figure 3e)."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import NamedTuple

import numpy as np
from scipy import stats
from torch import Tensor

from landscape_app.experiments.experiment import (
    SEED,
    Finding,
    Parameter,
    Progress,
    RepeatedExperiment,
    Values,
)
from landscape_app.experiments.figure import Curve, Figure, Mark, Marker, Panel, Points, Role
from landscape_app.experiments.line import (
    Autoencoder,
    Axis,
    LineModel,
    Recipe,
    TwoPeaks,
    kernel_density,
    two_gaussians,
)
from landscape_app.language import tr
from landscape_app.learning.schedule import Schedule
from landscape_app.physics.space import Box
from landscape_app.session.share_out import ShareOut

SCHEDULE = Schedule(moves=2, updates=2, theta_rate=1e-2, multiplier_update="preconditioned", weighted=True)
CHAINS = 512
BAND = (10, 90)
"""Percentiles of the densities between which the band lies."""

HIGHEST_DENSITY = 0.6
"""Highest value that is shown; an autoencoder's may rise far above it."""

INTERVAL = 5
"""Epochs between two looks at the model while it learns."""

AUTOENCODER_RATE = 1e-2
"""The best of 0.003, 0.01 and 0.03 at ten points, judged by the answer."""

AUTOENCODER_EPOCHS = 360
"""About where its median divergence is least, judged by the answer."""

AUTOENCODER_INTERVAL = 60
BATCH = 250
WARM_UP = 0.0
"""A quarter, which does two Cauchy peaks good, does harm with ten points."""

MOST_DRAWS = 100
"""Every draw has a seed of its own, and no two runs with different seeds share one."""


class Method(NamedTuple):
    """One way to a density: its name in the legends, and its colour."""

    name: str
    role: Role


MODEL = Method("Min-MaxEnt", Role.MODEL)
KERNELS = Method(tr("kernel density estimate"), Role.OTHER)
AUTOENCODER = Method("VAE", Role.RIVAL)
METHODS = (MODEL, KERNELS, AUTOENCODER)


class DrawLook(NamedTuple):
    """Look at one draw: the share that is done, and a normalised log density, nats."""

    share: float
    method: Method
    log_density: np.ndarray


class Few(RepeatedExperiment):
    """Two Gaussians from ten points."""

    name = "bimodal-few"
    title = tr("Two Gaussians from ten points")
    paper = tr("figure 3e")
    summary = tr(
        "Ten points say little, and a generative model shows its prejudices: kernels smear, a variational "
        "autoencoder collapses onto one broad peak or onto the points, and any network left to itself would learn "
        "the ten points by heart. Nothing can be held out to stop it in time. Here the network has the textbook's "
        "remedy, a Gaussian prior of variance 1 on every weight and multiplier, which counts as one more term beside "
        "n S: strong with ten points, nothing with a thousand, and nothing tuned. In the same words, a constraint "
        "known from ten points is only held to within its error. Twenty draws of the data show the spread; the "
        "autoencoder has its best learning rate and number of epochs, chosen by the answer."
    )
    parameters = (
        Parameter("points", tr("Data points"), 10, 10, 4, 1_000, tr("Size of each training set.")),
        Parameter(
            "draws",
            tr("Draws of the data"),
            20,
            20,
            2,
            MOST_DRAWS,
            tr("How often it is done with new points."),
        ),
        Parameter("epochs", tr("Epochs"), 120, 400, 10, 5_000, tr("Length of each training of Min-MaxEnt.")),
        SEED,
    )
    minutes = (0.5, 1.2)

    def sketch(self) -> tuple[Mark, ...]:
        """Densities learned from ten points each, their mean, and ten points."""
        rng = np.random.default_rng(1)
        x = np.linspace(-4.5, 5.5, 160)
        draws = [
            share * stats.norm.pdf(x, -2 + rng.normal(0, 0.3), 0.5)
            + (1 - share) * stats.norm.pdf(x, 2 + rng.normal(0, 0.4), 1)
            for share in rng.uniform(0.3, 0.7, 8)
        ]
        points = np.array([-2.6, -2.2, -1.9, -1.7, -1.2, 0.8, 1.6, 2.0, 2.7, 3.5])
        return (
            *(Curve(x, draw, faint=True) for draw in draws),
            Curve(x, np.mean(draws, axis=0)),
            Points(points, np.full(10, 0.015), size=5.0),
        )

    def run_shared(self, values: Values, share_out: ShareOut) -> Iterator[Progress]:
        """Every draw by itself."""
        points, draws, epochs = (int(values[name]) for name in ("points", "draws", "epochs"))
        spread = Spread(two_gaussians(), draws)
        seeds = [int(values["seed"]) * MOST_DRAWS + draw for draw in range(draws)]
        data = [spread.truth.draw(points, seed) for seed in seeds]
        pieces = [
            (drawn, spread.truth.box, spread.axis, epochs, seed)
            for drawn, seed in zip(data, seeds, strict=True)
        ]
        for part in share_out(learn, pieces):
            number, looks = part.number + 1, part.found or ([] if part.look is None else [part.look])
            for look in looks:
                spread.look(data[part.number], look)
            if part.found is not None:
                spread.keep()
            share = 0.999 * (part.number + looks[-1].share) / draws
            yield Progress(
                share,
                tr(
                    "Draw {number} of {draws}, {method}",
                    number=number,
                    draws=draws,
                    method=looks[-1].method.name,
                ),
                spread.figure(),
            )
        yield Progress(1.0, tr("Done"), spread.figure(), spread.findings())


def learn(
    data: Tensor, box: Box, axis: Axis, epochs: int, seed: int
) -> Generator[DrawLook, None, list[DrawLook]]:
    """Fits all methods to one draw; yields how they are, and returns the last look at each.

    Args:
        data: shape (n, 1).
        box: where it lies.
        axis: where densities are wanted.
        epochs: of the model.
        seed: of the networks.
    """
    of_kernels = DrawLook(0.0, KERNELS, kernel_density(data, axis))
    yield of_kernels
    autoencoder = Autoencoder(data, box, AUTOENCODER_RATE, BATCH, WARM_UP, seed)
    for epoch in autoencoder.train(AUTOENCODER_EPOCHS):
        if epoch % AUTOENCODER_INTERVAL == 0:
            yield DrawLook(0.5 * epoch / AUTOENCODER_EPOCHS, AUTOENCODER, autoencoder.log_density(axis))
    of_autoencoder = DrawLook(0.5, AUTOENCODER, autoencoder.log_density(axis))
    yield of_autoencoder
    model = LineModel(data, box, Recipe(CHAINS, 1, SCHEDULE), seed)
    for epoch in model.train(epochs):
        if epoch % INTERVAL == 0:
            yield DrawLook(0.5 + 0.5 * epoch / epochs, MODEL, model.log_density(axis))
    return [of_kernels, of_autoencoder, DrawLook(1.0, MODEL, model.log_density(axis))]


class Spread:
    """Figure of many draws.

    Args:
        truth: what the data are drawn from.
        draws: planned.

    Attributes:
        axis: of the densities.
        kept: log densities of every method in every draw that is done.
        divergences: their KL(true‖method), nats.
    """

    def __init__(self, truth: TwoPeaks, draws: int) -> None:
        self.truth = truth
        self.planned = draws
        self.axis = Axis(truth.box)
        self.true = self.axis.normalised(truth.log_density(self.axis.x))
        self.kept: dict[Method, list[np.ndarray]] = {method: [] for method in METHODS}
        self.divergences: dict[Method, list[float]] = {method: [] for method in METHODS}
        self._data: Tensor | None = None
        self._now: dict[Method, np.ndarray] = {}
        self._spreads = self._all_spreads()

    def look(self, data: Tensor, look: DrawLook) -> None:
        """Takes down how the present draw is."""
        if data is not self._data:
            self._data, self._now = data, {}
        self._now[look.method] = look.log_density

    def keep(self) -> None:
        """The present draw is done."""
        for method in METHODS:
            self.kept[method].append(self._now[method])
            self.divergences[method].append(self.axis.divergence(self.true, self._now[method]))
        self._spreads = self._all_spreads()

    def findings(self) -> tuple[Finding, ...]:
        """Outcome."""
        return tuple(self._finding(rival) for rival in (KERNELS, AUTOENCODER))

    def _finding(self, rival: Method) -> Finding:
        model, other = np.array(self.divergences[MODEL]), np.array(self.divergences[rival])
        return Finding(
            "3e",
            tr(
                "Median KL(true‖model) over {draws} draws, against the {rival}",
                draws=len(model),
                rival=rival.name,
            ),
            tr("less than its {median:.3f} nats", median=np.median(other)),
            tr(
                "{median:.3f} nats; less in {better} of {draws} draws",
                median=np.median(model),
                better=int((model < other).sum()),
                draws=len(model),
            ),
            bool(np.median(model) < np.median(other)),
        )

    def figure(self) -> Figure:
        """The spread of every method, the present draw, and the divergences."""
        return Figure((self._spreads, (self._present(), self._distances())))

    def _all_spreads(self) -> tuple[Panel, ...]:
        return tuple(self._spread(method) for method in METHODS)

    def _spread(self, method: Method) -> Panel:
        x, densities = self.axis.x, [np.exp(density) for density in self.kept[method]]
        marks = [Curve(x, density, "", method.role, faint=True) for density in densities]
        if densities:
            low, middle, high = np.percentile(densities, (BAND[0], 50, BAND[1]), axis=0)
            name = tr(
                "median and {low}–{high}% of {draws} draws",
                low=BAND[0],
                high=BAND[1],
                draws=len(densities),
            )
            marks.append(Curve(x, middle, name, method.role, low=low, high=high))
        return Panel(
            method.name,
            (*marks, self._exact()),
            "x",
            tr("density"),
            x_range=self.truth.shown,
            y_range=(0.0, HIGHEST_DENSITY),
        )

    def _present(self) -> Panel:
        x, points = self.axis.x, np.zeros(0) if self._data is None else self._data[:, 0].double().numpy()
        curves = (
            Curve(x, np.exp(density), method.name, method.role) for method, density in self._now.items()
        )
        return Panel(
            tr(
                "Draw {number} of {draws}",
                number=min(len(self.kept[MODEL]) + 1, self.planned),
                draws=self.planned,
            ),
            (
                *curves,
                self._exact(),
                Points(points, np.zeros(len(points)), tr("{count:,} data points", count=len(points)), size=5),
            ),
            "x",
            tr("density"),
            x_range=self.truth.shown,
            y_range=(-0.02, HIGHEST_DENSITY),
        )

    def _distances(self) -> Panel:
        done = np.arange(1.0, len(self.kept[MODEL]) + 1)
        marks: list[Mark] = []
        for method in METHODS:
            found = np.array(self.divergences[method])
            marks.append(Points(done, found, method.name, method.role, 5))
            if len(found):
                middle = float(np.median(found))
                marks.append(Marker(middle, tr("median {median:.2f}", median=middle), False, method.role))
        return Panel(
            tr("Distance to the exact density"),
            tuple(marks),
            tr("draw"),
            tr("KL(true‖model), nats"),
            x_range=(0.0, self.planned + 1.0),
        )

    def _exact(self) -> Curve:
        return Curve(self.axis.x, np.exp(self.true), tr("exact"), Role.TRUTH, dashed=True)

"""Two Cauchy peaks with rare far events, against a variational autoencoder (the paper's figure 4)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from scipy import stats
from torch import Tensor

from landscape_app.experiments.experiment import SEED, Experiment, Finding, Parameter, Progress, Values
from landscape_app.experiments.figure import Curve, Figure, Mark, Marker, Panel, Role
from landscape_app.experiments.line import (
    Autoencoder,
    Axis,
    LineModel,
    Recipe,
    TwoPeaks,
    allowed_divergence,
    histogram,
    two_cauchys,
)
from landscape_app.language import tr
from landscape_app.learning.schedule import Schedule

SCHEDULE = Schedule(updates=4, theta_rate=1e-2, multiplier_update="preconditioned", weighted=True)
REPLICAS = 4
"""From the uniform distribution to the model: its lowest replicas are what finds the tails."""

RATES = (3e-3, 1e-2, 3e-2)
"""Learning rates that the autoencoder is trained with; what counts is the best moment of the best of them."""

TIMES = 3
"""As many epochs as the model has, the autoencoder has. With 4,500 its best moment comes close to what a thousand
points allow at all, 0.007 to 0.03 nats in four seeds, and one of them is lost to it."""

BATCH = 250
"""Points a step of the autoencoder: four steps an epoch, as many as the model may make."""

WARM_UP = 0.25
"""Of the autoencoder's training: without it, its latent often collapses at every rate, at 0.83 nats."""

LARGEST_DIVERGENCE = 0.03
"""KL(true‖model) in nats that is wanted of a thousand points."""

FAR = 20.0
"""|x| beyond which an event is rare: about one point in a hundred."""

STANDARD_ERRORS = 3
LOOKS = 80
"""At each of them while it learns."""

PARTS = 1 / (1 + len(RATES))
"""Of the time, for each of the trainings."""

PEAKS_SHOWN = (-10.0, 10.0)


class Cauchy(Experiment):
    """Two Cauchy peaks."""

    name = "cauchy"
    title = tr("Two Cauchy peaks")
    paper = tr("figure 4")
    summary = tr(
        "Narrow peaks and rare events a hundred half widths away, in one distribution without a variance. Min-MaxEnt "
        "learns an energy, and an energy may fall off as it likes; a variational autoencoder of the same size has to "
        "bend a Gaussian latent into peaks and tails. The autoencoder gets every advantage: its encoder has the "
        "observables' architecture, its latent is warmed up, it trains three times as many epochs, at three learning "
        "rates, and what counts is its best moment at the best rate, which it could not know. Both densities are "
        "exact, by quadrature, and so is the KL divergence from the distribution that the points were drawn from."
    )
    parameters = (
        Parameter("points", tr("Data points"), 1_000, 1_000, 50, 20_000, tr("Size of the training set.")),
        Parameter(
            "epochs",
            tr("Epochs"),
            400,
            1_500,
            10,
            10_000,
            tr("Of the model; the autoencoder has three times as many."),
        ),
        Parameter(
            "chains", tr("Columns of the ladder"), 256, 512, 32, 4_096, tr("Each with four temperatures.")
        ),
        SEED,
    )
    minutes = (0.6, 3.0)

    def sketch(self) -> tuple[Mark, ...]:
        """Two Cauchy peaks, and the blurred ones of an autoencoder."""
        x = np.linspace(-15, 15, 320)
        peaks = (stats.cauchy.pdf(x, -5, 0.5) + stats.cauchy.pdf(x, 5, 0.5)) / 2
        blurred = stats.norm.pdf(x, -5, 1.6) / 3 + stats.norm.pdf(x, 5, 1.6) / 3
        return (Curve(x, peaks), Curve(x, blurred, role=Role.RIVAL))

    def run(self, values: Values) -> Iterator[Progress]:
        """The model first, then the autoencoder at each rate."""
        truth, epochs, seed = two_cauchys(), int(values["epochs"]), int(values["seed"])
        data = truth.draw(int(values["points"]), seed)
        race = Race(truth, data, epochs)
        interval, passes = math.ceil(epochs / LOOKS), TIMES * epochs
        model = LineModel(data, truth.box, Recipe(int(values["chains"]), REPLICAS, SCHEDULE), seed)
        race.look(race.model, 0, model)
        for epoch in model.train(epochs):
            if epoch % interval == 0:
                race.look(race.model, epoch, model)
                share = PARTS * epoch / epochs
                yield Progress(
                    share,
                    tr("Min-MaxEnt, epoch {epoch:,} of {planned:,}", epoch=epoch, planned=epochs),
                    race.figure(),
                )
        race.look(race.model, model.trainer.epoch, model)
        for number, rate in enumerate(RATES, start=1):
            runner = race.enter(rate)
            autoencoder = Autoencoder(data, truth.box, rate, BATCH, WARM_UP, seed)
            race.look(runner, 0, autoencoder)
            for epoch in autoencoder.train(passes):
                if epoch % (TIMES * interval) == 0 or epoch == passes:
                    race.look(runner, epoch, autoencoder)
                    share = 0.999 * PARTS * (number + epoch / passes)
                    yield Progress(
                        share,
                        tr(
                            "{name}, epoch {epoch:,} of {planned:,}",
                            name=runner.name,
                            epoch=epoch,
                            planned=passes,
                        ),
                        race.figure(),
                    )
        yield Progress(1.0, tr("Done"), race.figure(), race.findings())


class LineDensity(Protocol):
    """Anything that can be judged here."""

    def log_density(self, axis: Axis) -> np.ndarray:
        """Normalised, nats, shape (nodes,)."""
        ...


@dataclass(eq=False)
class Runner:
    """One that takes part.

    Attributes:
        name: in legends.
        epochs: of the looks at it.
        divergences: KL(true‖it) then, nats.
        last: log density at the last look, nats, shape (nodes,).
        best: the same where it came closest.
    """

    name: str
    epochs: list[int] = field(default_factory=list)
    divergences: list[float] = field(default_factory=list)
    last: np.ndarray = field(default_factory=lambda: np.zeros(0))
    best: np.ndarray = field(default_factory=lambda: np.zeros(0))

    @property
    def closest(self) -> float:
        """The least divergence of all looks, nats."""
        return min(self.divergences)

    @property
    def best_epoch(self) -> int:
        """Time of it."""
        return self.epochs[int(np.argmin(self.divergences))]


class Race:
    """Figure of the model and the autoencoders.

    Args:
        truth: what the data were drawn from.
        data: shape (n, 1).
        epochs: planned, of the model.

    Attributes:
        axis: of the densities.
        model: Min-MaxEnt.
        rivals: the autoencoders so far.
    """

    def __init__(self, truth: TwoPeaks, data: Tensor, epochs: int) -> None:
        self.truth = truth
        self.data = data
        self.planned = epochs
        self.axis = Axis(truth.box)
        self.true = self.axis.normalised(truth.log_density(self.axis.x))
        self.model = Runner("Min-MaxEnt")
        self.rivals: list[Runner] = []

    def enter(self, rate: float) -> Runner:
        """An autoencoder of another learning rate begins."""
        self.rivals.append(Runner(tr("VAE, learning rate {rate:g}", rate=rate)))
        return self.rivals[-1]

    def look(self, runner: Runner, epoch: int, density: LineDensity) -> None:
        """Takes down how one of them is."""
        runner.last = density.log_density(self.axis)
        runner.epochs.append(epoch)
        runner.divergences.append(self.axis.divergence(self.true, runner.last))
        if runner.divergences[-1] == runner.closest:
            runner.best = runner.last

    @property
    def best_rival(self) -> Runner:
        """The autoencoder that came closest."""
        return min(self.rivals, key=lambda rival: rival.closest)

    def far_share(self, log_density: np.ndarray) -> float:
        """The probability of |x| > `FAR`."""
        return self.axis.mass(log_density, np.abs(self.axis.x) > FAR)

    def findings(self) -> tuple[Finding, ...]:
        """Outcome."""
        divergence, rival = self.model.divergences[-1], self.best_rival
        allowed = allowed_divergence(LARGEST_DIVERGENCE, len(self.data))
        wanted, found = self.far_share(self.true), self.far_share(self.model.last)
        error = STANDARD_ERRORS * math.sqrt(wanted * (1 - wanted) / len(self.data))
        return (
            Finding(
                "4",
                tr("KL(true‖Min-MaxEnt) at epoch {epoch:,}", epoch=self.model.epochs[-1]),
                tr("≤ {nats:.2g} nats", nats=allowed),
                tr("{nats:.4f} nats", nats=divergence),
                divergence <= allowed,
            ),
            Finding(
                "4",
                tr(
                    "The same against the VAE at its best rate and moment within {times} times the epochs",
                    times=TIMES,
                ),
                tr(
                    "below its {closest:.4f} nats ({split}, epoch {epoch:,})",
                    closest=rival.closest,
                    split=rival.name.split(", ")[1],
                    epoch=rival.best_epoch,
                ),
                tr("{nats:.4f} nats", nats=divergence),
                divergence < rival.closest,
            ),
            Finding(
                "4",
                tr("Probability of the rare events beyond |x| = {far:g}", far=FAR),
                tr(
                    "{wanted:.4f} ± {error:.4f}, {count} standard errors of the data",
                    wanted=wanted,
                    error=error,
                    count=STANDARD_ERRORS,
                ),
                f"{found:.4f}; VAE {self.far_share(rival.best):.4f}",
                abs(found - wanted) <= error,
            ),
        )

    def figure(self) -> Figure:
        """Densities, rare events and divergences."""
        low, high = self.truth.shown
        whole = replace(
            self._densities(tr("Density, logarithmic"), 60),
            x_range=(low, high),
            y_log=True,
            y_range=(1e-6, 1.0),
        )
        peaks = replace(self._densities(tr("The peaks"), 601), x_range=PEAKS_SHOWN)
        return Figure(((whole, peaks), (self._rare_events(), self._divergences())))

    def _densities(self, title: str, bins: int) -> Panel:
        x = self.axis.x
        rivals = ((self._rival_name, self.best_rival.best, Role.RIVAL),) if self.rivals else ()
        shown = (*rivals, (self.model.name, self.model.last, Role.MODEL))
        return Panel(
            title,
            (
                histogram(self.data, self.truth.shown, bins),
                *(Curve(x, np.exp(density), name, role) for name, density, role in shown),
                Curve(x, np.exp(self.true), tr("exact"), Role.TRUTH, dashed=True),
            ),
            "x",
            tr("density"),
        )

    def _rare_events(self) -> Panel:
        distances = np.geomspace(1.0, 0.98 * self.truth.box.high, 100)
        data = np.abs(self.data[:, 0].double().numpy())
        rivals = ((self._rival_name, self.best_rival.best, Role.RIVAL),) if self.rivals else ()
        shown = (
            *rivals,
            (self.model.name, self.model.last, Role.MODEL),
            (tr("exact"), self.true, Role.TRUTH),
        )
        curves = (
            Curve(distances, self._beyond(density, distances), name, role, dashed=role is Role.TRUTH)
            for name, density, role in shown
        )
        return Panel(
            tr("Rare events"),
            (
                Curve(
                    distances,
                    (data > distances[:, None]).mean(1),
                    tr("{count:,} data points", count=len(data)),
                    Role.DATA,
                ),
                *curves,
            ),
            tr("distance r"),
            tr("probability of |x| > r"),
            x_log=True,
            y_log=True,
            y_range=(1e-4, 1.2),
        )

    def _beyond(self, log_density: np.ndarray, distances: np.ndarray) -> np.ndarray:
        """The probability of |x| > r for every r, same shape; the box lies evenly about 0."""
        half = len(log_density) // 2
        density = np.exp(log_density)
        folded = density[half:] + density[:half][::-1]
        below = np.concatenate([[0.0], np.cumsum(folded) * self.axis.width])
        return 1 - np.interp(distances, self.axis.width * np.arange(half + 1), below)

    def _divergences(self) -> Panel:
        runners = [*((rival, Role.RIVAL) for rival in self.rivals), (self.model, Role.MODEL)]
        best = self.best_rival if self.rivals else None
        curves = (
            Curve(
                np.array(runner.epochs, float),
                np.array(runner.divergences),
                runner.name,
                role,
                faint=role is Role.RIVAL and runner is not best,
            )
            for runner, role in runners
        )
        return Panel(
            tr("Distance to the exact density"),
            (
                Marker(
                    allowed_divergence(LARGEST_DIVERGENCE, len(self.data)), tr("wanted"), False, Role.TRUTH
                ),
                *curves,
            ),
            tr("epoch"),
            tr("KL(true‖model), nats"),
            y_log=True,
            x_range=(0.0, float(TIMES * self.planned)),
        )

    @property
    def _rival_name(self) -> str:
        return tr("VAE at its best, epoch {epoch:,}", epoch=self.best_rival.best_epoch)

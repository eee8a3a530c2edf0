"""Principal component analysis as Min-MaxEnt with squared projections (figures 1b and 2).

The base measure q is N(0, s²) in every one of d dimensions, the observables are f_i = (v_i·x)² with K orthonormal
v_i, the data are centred and have the covariance C with eigenvalues e_j and eigenvectors u_j. P is then Gaussian,
with variance 1/(1/s² + 2λ_i) along v_i and s² across. The constraints make that variance c_i = v_iᵀ C v_i, so
λ_i = ½ (1/c_i − 1/s²), and the entropy relative to q, which training lowers, is

    −KL(P‖q) = log Z + Σ_i λ_i c_i = Σ_i g(c_i),   g(c) = ½ (1 + log(c/s²) − c/s²) ≤ 0.

Which directions lower it most? g is concave and c_i = Σ_j (v_i·u_j)² e_j a mean of the e_j, hence Σ_i g(c_i) ≥
Σ_j w_j g(e_j) with w_j = Σ_i (v_i·u_j)², and as these lie between 0 and 1 and add up to K, the sum is no less than
that of the K smallest g(e_j): the minimum is at K eigenvectors, those with the largest e_j/s² − log(e_j/s²).

- K = d: all of them, whatever s is. Then Σ_i c_i = tr C stays as it is, and S = ½ Σ_i log(2πe c_i) is what falls.
- K < d and s² at or below the smallest variance: g falls where c > s², so these are the K leading ones, as in
  probabilistic PCA (Tipping, Bishop 1999). A larger s will do as long as e_K/s² − log(e_K/s²) exceeds that of
  the smallest eigenvalue; beyond, directions that the data hardly leave count for as much as those along which
  they spread (Welling, Agakov, Williams, "Extreme components analysis", 2003).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from scipy import linalg, optimize

from landscape_app.data import load_digits
from landscape_app.experiments.experiment import SEED, Experiment, Finding, Parameter, Progress, Values
from landscape_app.experiments.figure import Curve, Figure, Heatmap, Images, Mark, Marker, Panel, Points, Role
from landscape_app.language import tr
from landscape_app.learning.dual import solve_dual
from landscape_app.learning.ensembles import make_ensemble
from landscape_app.learning.minmaxent import MinMaxEnt, MinMaxEntRecord
from landscape_app.learning.schedule import Schedule
from landscape_app.learning.trainer import DivergenceError
from landscape_app.models.minmaxent import MinMaxEntModel
from landscape_app.models.observables import OrthonormalFrame, RotatedAxes, SquaredProjections
from landscape_app.physics.base_measure import GaussianBase
from landscape_app.physics.hamiltonian import Hamiltonian, Target
from landscape_app.physics.kernels import HMC
from landscape_app.physics.space import Line

YIELD_INTERVAL = 5
"""Epochs between two figures; an epoch takes some hundredths of a second."""

FIRST_TRAJECTORY = 8.0
"""Length of the longest of HMC's trajectories to begin with, in deviations of the base measure."""


class Spectrum(NamedTuple):
    """Principal component analysis of centred data.

    Attributes:
        covariance: C, shape (d, d).
        variances: eigenvalues e_j, falling, shape (d,).
        directions: eigenvectors u_j, one a column, shape (d, d).
    """

    covariance: np.ndarray
    variances: np.ndarray
    directions: np.ndarray


def spectrum_of(x: np.ndarray) -> Spectrum:
    """Eigenvalues and eigenvectors of the covariance of centred points, shape (n, d)."""
    covariance = x.T @ x / len(x)
    variances, directions = np.linalg.eigh(covariance)
    return Spectrum(covariance, variances[::-1], directions[:, ::-1])


def exact_angle(covariance: np.ndarray) -> float:
    """Angle φ of the longer principal axis in a plane, tan 2φ = 2 C₁₂/(C₁₁ − C₂₂), radians in (−π/2, π/2]."""
    return 0.5 * math.atan2(2 * covariance[0, 1], covariance[0, 0] - covariance[1, 1])


def variances_along(covariance: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """c_i = v_iᵀ C v_i of directions in columns, shape (…, d, K), shape (…, K)."""
    return np.asarray((covariance @ directions * directions).sum(-2))


def cross_entropy(
    directions: np.ndarray, multipliers: np.ndarray, covariance: np.ndarray, deviation: float
) -> float:
    """−⟨log P⟩ over the data, nats, an upper bound on their entropy; infinite where P cannot be normalised.

    Args:
        directions: v_i in columns, shape (d, K).
        multipliers: λ, shape (K,).
        covariance: of the data, shape (d, d).
        deviation: s of the base measure.
    """
    growth = 1 + 2 * multipliers * deviation**2
    if not (growth > 0).all():
        return math.inf
    dual = multipliers @ variances_along(covariance, directions) - 0.5 * np.log(growth).sum()
    return _base_cross_entropy(covariance, deviation) + float(dual)


def least_cross_entropy(spectrum: Spectrum, count: int, deviation: float) -> float:
    """The minimum of `cross_entropy` over K orthonormal directions and their multipliers, nats."""
    ratio = spectrum.variances / deviation**2
    gains = np.sort(0.5 * (1 + np.log(ratio) - ratio))
    return _base_cross_entropy(spectrum.covariance, deviation) + float(gains[:count].sum())


def _base_cross_entropy(covariance: np.ndarray, deviation: float) -> float:
    variance = deviation**2
    trace = float(np.trace(covariance))
    return 0.5 * (len(covariance) * math.log(2 * math.pi * variance) + trace / variance)


def angles_to(spectrum: Spectrum, directions: np.ndarray) -> np.ndarray:
    """Angles of directions with the K leading eigenvectors, degrees, shape (K,).

    Of a whole basis, the angle of each axis, the one of largest variance first, with its eigenvector; of fewer
    directions, the principal angles between what they and the eigenvectors span, rising (Björck, Golub 1973).
    """
    leading = spectrum.directions[:, : directions.shape[1]]
    if len(directions) > directions.shape[1]:
        return np.degrees(linalg.subspace_angles(directions, leading)[::-1])
    axes = directions[:, np.argsort(-variances_along(spectrum.covariance, directions))]
    axes = axes / np.linalg.norm(axes, axis=0) * np.where((axes * leading).sum(0) < 0, -1, 1)
    # Half the chord is the sine of half the angle: precise where its cosine is 1 but for rounding.
    return np.asarray(np.degrees(2 * np.arcsin(0.5 * np.linalg.norm(axes - leading, axis=0))))


class AxesLook(NamedTuple):
    """State after an epoch.

    Attributes:
        epoch: from 0, before training.
        directions: v_i in columns, shape (d, K).
        multipliers: λ, shape (K,).
        chi_squared: χ² (equation 5) of the chains before its update; NaN before training.
        cross_entropy: exact, nats.
        angles: from the eigenvectors, degrees, shape (K,) (see `angles_to`).
    """

    epoch: int
    directions: np.ndarray
    multipliers: np.ndarray
    chi_squared: float
    cross_entropy: float
    angles: np.ndarray


class AxesTraining:
    """A training of orthonormal directions from λ = 0, by Hamiltonian Monte Carlo.

    λ takes Newton steps on the dual: the descent of χ² scales with the fourth power of x, and the variances of
    one data set differ by two orders of magnitude.

    Args:
        x: centred data, shape (n, d).
        observables: the directions to begin with; trained in place.
        deviation: s of the base measure, in the units of x.
        schedule: how an epoch is done.
        chains: number of chains.
        epochs: length of training.
        seed: of the chains.

    Attributes:
        spectrum: the exact answer.
        history: what every epoch has left; the last entry, once training has ended, is the model at rest.
    """

    def __init__(
        self,
        x: np.ndarray,
        observables: SquaredProjections,
        deviation: float,
        schedule: Schedule,
        chains: int,
        epochs: int,
        seed: int,
    ) -> None:
        self.x = x
        self.observables = observables
        self.deviation = deviation
        self.epochs = epochs
        self.spectrum = spectrum_of(x)
        base = GaussianBase.standard(observables.space, deviation)  # type: ignore[arg-type]
        kernel = HMC(0.5 * deviation, FIRST_TRAJECTORY * deviation)
        generator = torch.Generator().manual_seed(seed)
        ensemble = make_ensemble(Target(base, Hamiltonian([])), kernel, generator, chains, 1, schedule)
        multipliers = torch.zeros(observables.directions().shape[1])
        data = torch.as_tensor(x).float()
        model = MinMaxEntModel(base, observables, multipliers)
        self.trainer = MinMaxEnt(model, data, data, ensemble, schedule)
        self.history = [self._look(math.nan)]

    def run(self) -> Iterator[float]:
        """Trains, yields the share that is done now and then, and rests on the average parameters at last."""
        trainer = self.trainer
        while trainer.epoch < self.epochs:
            trainer.progress = trainer.epoch / self.epochs
            try:
                record = trainer.advance()
            except DivergenceError:
                break
            assert isinstance(record, MinMaxEntRecord)
            self.history.append(self._look(record.chi_squared))
            if trainer.epoch % YIELD_INTERVAL == 0:
                yield trainer.epoch / self.epochs
        trainer.rest()
        self.history.append(self._look(self.history[-1].chi_squared))
        yield 1.0

    def _look(self, chi_squared: float) -> AxesLook:
        directions = self.observables.directions().detach().double().numpy()
        multipliers = self.trainer.model.multipliers.double().numpy().copy()
        covariance = self.spectrum.covariance
        bound = cross_entropy(directions, multipliers, covariance, self.deviation)
        angles = angles_to(self.spectrum, directions)
        return AxesLook(self.trainer.epoch, directions, multipliers, chi_squared, bound, angles)

    @property
    def excess(self) -> np.ndarray:
        """By how much the cross-entropy of every entry exceeds the least one possible, nats, shape (entries,)."""
        count = self.history[0].directions.shape[1]
        least = least_cross_entropy(self.spectrum, count, self.deviation)
        return np.array([look.cross_entropy for look in self.history]) - least


TURN = math.radians(60)
"""Least range of figures around the exact angle."""

MARGIN = math.radians(5)
"""By which they show more than what training has passed."""

LARGEST_MULTIPLIER = 1.25
"""In figure 1b, in units of the largest one on the constraint manifold."""

SMALLEST_SHOWN = 1e-6
"""On logarithmic axes, degrees or nats."""

LEGEND_ROOM = 0.5
"""Above figure 2's curve, of its height."""

SHOWN_POINTS = 1_000

AXIS_REACH = 2.5
"""Half the length at which an axis is drawn, in deviations along it."""


class NumericalEntropy(NamedTuple):
    """S on the constraint manifold by the dual on a grid.

    Attributes:
        angles: of the first direction, radians, shape (n,).
        entropies: nats, shape (n,).
        minimum: the angle of the least S, radians; NaN before it is known.
    """

    angles: np.ndarray
    entropies: np.ndarray
    minimum: float


def turned(angle: np.ndarray) -> np.ndarray:
    """v₁ and v₂ at angles of shape (n,), in columns, shape (n, 2, 2)."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.stack([np.stack([cosine, -sine], -1), np.stack([sine, cosine], -1)], -2)


def closed_form(covariance: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """c₁ and c₂ at angles of shape (n,), shape (n, 2)."""
    return variances_along(covariance, turned(angles))


def normal_entropy(variances: np.ndarray) -> np.ndarray:
    """½ log(2πe c) of each, nats, same shape."""
    return 0.5 * np.log(2 * math.pi * math.e * variances)


def plane_panels(plane: AxesTraining, numerical: NumericalEntropy) -> tuple[Panel, ...]:
    """The data and the axes, figure 2, figure 1b, and how constraints and entropy fall."""
    return (
        _data_panel(plane),
        _rotation_panel(plane, numerical),
        _manifold_panel(plane),
        _falling_panel(plane),
    )


def _data_panel(plane: AxesTraining) -> Panel:
    exact, learned = plane.spectrum.directions, plane.history[-1].directions
    along = variances_along(plane.spectrum.covariance, learned)
    reach = np.array([-1.0, 1.0]) * AXIS_REACH
    chains = plane.trainer.ensemble.chains_at_one.x.numpy()[:SHOWN_POINTS]
    marks: list[Curve | Points] = [
        Points(plane.x[:SHOWN_POINTS, 0], plane.x[:SHOWN_POINTS, 1], tr("data"), Role.DATA, size=2),
        Points(chains[:, 0], chains[:, 1], tr("chains"), Role.MODEL, size=2),
    ]
    for i in range(2):
        x, y = np.outer(exact[:, i], reach * math.sqrt(plane.spectrum.variances[i]))
        marks.append(Curve(x, y, tr("eigenvectors") if i == 0 else "", Role.TRUTH))
    for i in range(2):
        x, y = np.outer(learned[:, i], reach * math.sqrt(along[i]))
        marks.append(Curve(x, y, tr("learned directions") if i == 0 else "", Role.MODEL, dashed=True))
    return Panel(tr("Correlated data and the directions learned"), tuple(marks), "x₁", "x₂", square=True)


def _path(plane: AxesTraining) -> np.ndarray:
    """Angles of v₁ at every entry, radians, without jumps."""
    first = np.array([look.directions[:, 0] for look in plane.history])
    return np.unwrap(np.arctan2(first[:, 1], first[:, 0]))


def _shown_turn(plane: AxesTraining, path: np.ndarray) -> tuple[float, float]:
    """Between which angles figures show, radians: about the exact one, and as far as training has gone."""
    exact = exact_angle(plane.spectrum.covariance)
    low, high = float(path.min()) - MARGIN, float(path.max()) + MARGIN
    return min(exact - TURN, low), max(exact + TURN, high)


def _rotation_panel(plane: AxesTraining, numerical: NumericalEntropy) -> Panel:
    covariance = plane.spectrum.covariance
    path = _path(plane)
    angles = np.linspace(*_shown_turn(plane, path), 241)
    entropy = normal_entropy(closed_form(covariance, angles)).sum(1)
    here = normal_entropy(closed_form(covariance, path[-1:])).sum(1)
    low, high = entropy.min(), entropy.max()
    return Panel(
        tr("Figure 2: entropy against the rotation"),
        (
            Curve(np.degrees(angles), entropy, tr("closed form"), Role.TRUTH),
            Points(
                np.degrees(numerical.angles), numerical.entropies, tr("dual on a grid"), Role.OTHER, size=5
            ),
            Marker(math.degrees(exact_angle(covariance)), "tan 2φ = 2C₁₂/(C₁₁ − C₂₂)"),
            Points(np.degrees(path[-1:]), here, tr("training"), Role.MODEL, size=9),
        ),
        tr("θ, angle of v₁ (degrees)"),
        tr("S on the manifold (nats)"),
        y_range=(float(low - LEGEND_ROOM / 10 * (high - low)), float(high + LEGEND_ROOM * (high - low))),
    )


def _manifold_panel(plane: AxesTraining) -> Panel:
    covariance, precision = plane.spectrum.covariance, plane.deviation**-2
    path = _path(plane)
    turn = _shown_turn(plane, path)
    angles = np.linspace(*turn, 121)
    along = closed_form(covariance, angles)
    manifold = 0.5 * (1 / along[:, 1] - precision)
    multipliers = np.linspace(0, LARGEST_MULTIPLIER * manifold.max(), 101)
    free = normal_entropy(1 / (precision + 2 * multipliers))
    surface = free[:, None] + normal_entropy(along[:, 0])
    height = np.array([look.multipliers[1] for look in plane.history])
    low, high = surface.min(), surface.max()
    return Panel(
        tr("Figure 1b: falling onto the manifold, sliding to the minimum"),
        (
            Heatmap(
                np.degrees(angles),
                multipliers,
                surface,
                tr("S[P] with λ₁ on its constraint (nats)"),
                tuple(np.linspace(low, high, 14)[1:-1].tolist()),
            ),
            Curve(np.degrees(angles), manifold, tr("constraint manifold"), Role.TRUTH),
            Curve(np.degrees(path), height, tr("training"), Role.RIVAL),
            Points(np.degrees(path[[0, -1]]), height[[0, -1]], tr("start and end"), Role.RIVAL, size=6),
        ),
        tr("θ, angle of v₁ (degrees)"),
        tr("λ₂ (one over the units of x²)"),
        x_range=(math.degrees(turn[0]), math.degrees(turn[1])),
        y_range=(0.0, float(multipliers[-1])),
    )


def _falling_panel(plane: AxesTraining) -> Panel:
    trained = plane.history[1:]
    epochs = np.array([look.epoch for look in trained])
    angles = np.array([look.angles[0] for look in trained])
    return Panel(
        tr("First the constraints, then the entropy"),
        (
            Curve(epochs, np.array([look.chi_squared for look in trained]), "χ²", Role.OTHER),
            Curve(epochs, _shown(plane.excess[1:]), tr("−⟨log P⟩ of the data over its minimum"), Role.MODEL),
            Curve(epochs, _shown(angles), tr("angle to the eigenvector (degrees)"), Role.DATA),
        ),
        tr("epoch"),
        tr("χ², nats, degrees"),
        y_log=True,
    )


def whole_basis_panels(training: AxesTraining) -> tuple[Panel, ...]:
    """Angles of all axes against the epoch, and their overlaps with the eigenvectors."""
    last, count = training.history[-1].directions, len(training.spectrum.variances)
    order = np.argsort(-variances_along(training.spectrum.covariance, last))
    overlaps = np.abs(last[:, order].T @ training.spectrum.directions)
    number = np.arange(1, count + 1)
    return (
        _angle_panel(
            training, tr("{count} dimensions: angle of each axis with its eigenvector", count=count)
        ),
        Panel(
            tr("{count} dimensions: overlaps |v_i·u_j|", count=count),
            (Heatmap(number, number, overlaps, "|v_i·u_j|"),),
            tr("j, eigenvector"),
            tr("i, learned direction"),
        ),
    )


def digit_panels(training: AxesTraining, shape: tuple[int, int]) -> tuple[Panel, ...]:
    """Learned directions as images beside the eigenvectors, principal angles, and variances.

    Args:
        training: on images.
        shape: height and width of these.
    """
    spectrum, last = training.spectrum, training.history[-1].directions
    along = variances_along(spectrum.covariance, last)
    learned, count = last[:, np.argsort(-along)], len(along)
    exact = spectrum.directions[:, :count]
    # Signs of eigenvectors say nothing: those of the learned directions are shown as the exact ones have them.
    images = np.concatenate([learned * np.sign((learned * exact).sum(0)), exact], 1).T.reshape(-1, *shape)
    middle = float(np.abs(images).max())
    shown = min(3 * count, len(spectrum.variances))
    return (
        Panel(
            tr("Digits: directions as images (grey is 0)"),
            (Images(images + middle, count, 2 * middle, (tr("learned"), tr("exact"))),),
        ),
        _angle_panel(training, tr("Digits: principal angles of the {count} leading directions", count=count)),
        Panel(
            tr("Digits: variance along the directions"),
            (
                Points(
                    np.arange(1, shown + 1), spectrum.variances[:shown], tr("eigenvalues"), Role.TRUTH, size=6
                ),
                Points(
                    np.arange(1, count + 1), np.sort(along)[::-1], tr("along what was learned"), Role.MODEL
                ),
                Marker(training.deviation**2, tr("base measure"), upright=False, role=Role.OTHER),
            ),
            tr("number"),
            tr("variance (grey levels squared)"),
            y_log=True,
        ),
    )


def _angle_panel(training: AxesTraining, title: str) -> Panel:
    epochs = np.array([look.epoch for look in training.history])
    angles = _shown(np.array([look.angles for look in training.history]))
    curves = [Curve(epochs, column, "", Role.MODEL, faint=True) for column in angles.T]
    curves.append(Curve(epochs, angles.max(1), tr("largest"), Role.MODEL))
    return Panel(title, tuple(curves), tr("epoch"), tr("degrees"), y_log=True)


def _shown(values: np.ndarray) -> np.ndarray:
    """Values a logarithmic axis can show."""
    return np.where(np.isfinite(values), np.maximum(values, SMALLEST_SHOWN), np.nan)


DEVIATIONS = (2.0, 1.0)
"""Of the data in the plane, along the axes."""

DIMENSIONS = 8
"""Of the data whose whole basis is learned; variances double from one axis to the next."""

BASE_WIDENING = 3.0
"""Deviation of the base measure over the largest one of the data, where all directions are learned."""

GRID_NODES = 141
"""Along each axis, for the dual."""

GRID_REACH = 7.0
"""Half the grid's side, in the data's largest deviation."""

NUMERICAL_ANGLES = 13

LARGEST_ANGLE = 0.5
"""Degrees that the learned angle may miss the exact one by."""

LARGEST_AXIS_ANGLE = 3.0
"""Degrees between any learned direction, or any principal angle, and the eigenvectors."""

LARGEST_EXCESS = 0.05
"""Nats for each direction by which the cross-entropy may exceed its minimum."""

ENTROPY_TOLERANCE = 1e-6
"""Nats between S in closed form and by the dual on the grid."""

PLANE_SCHEDULE = Schedule(
    moves=2,
    theta_rate=0.008,
    momentum=0.0,
    multiplier_update="preconditioned",
    multiplier_rate=0.5,
    weighted=False,
    anneal_from=0.5,
)
FRAME_SCHEDULE = Schedule(
    moves=2,
    theta_rate=0.04,
    momentum=0.8,
    multiplier_update="preconditioned",
    multiplier_rate=0.3,
    weighted=False,
    anneal_from=0.5,
)


class PCA(Experiment):
    """Directions that lower the entropy most."""

    name = "pca"
    title = tr("Principal axes without an eigenvalue")
    paper = tr("figures 1b and 2")
    summary = tr(
        "Let the observables be squares of projections, (v·x)², and let the directions v learn. The distribution of "
        "largest entropy is then a normal one, and the directions that make this largest entropy smallest are the "
        "principal axes of the data: Min-MaxEnt contains principal component analysis as its simplest case, and "
        "everything can be checked by hand. Markov chains and gradients find in the plane, in 8 dimensions and on "
        "images of digits what an eigenvalue decomposition finds, and the picture of the method appears: training "
        "falls onto the manifold where the constraints hold, then slides along it to the least entropy."
    )
    parameters = (
        Parameter(
            "points", tr("Points"), 1_000, 10_000, 100, 100_000, tr("In the plane and in 8 dimensions.")
        ),
        Parameter(
            "angle",
            tr("Angle of the data"),
            30.0,
            30.0,
            -90.0,
            90.0,
            tr("Of the longer axis in the plane, degrees."),
            whole=False,
        ),
        Parameter(
            "start",
            tr("Start"),
            40.0,
            40.0,
            5.0,
            44.0,
            tr("How far from there the learned angle starts, degrees."),
            whole=False,
        ),
        Parameter("epochs", tr("Epochs"), 600, 2_000, 50, 20_000, tr("Of each of the three trainings.")),
        Parameter("chains", tr("Chains"), 1_024, 2_048, 32, 8_192, tr("Of each training.")),
        Parameter("directions", tr("Directions"), 4, 4, 1, 8, tr("Learned on the digits' 64 pixels.")),
        Parameter(
            "noise",
            tr("Noise"),
            1.5,
            1.0,
            0.5,
            4.0,
            tr("Deviation of what is added to the digits, and of the base measure, grey levels."),
            whole=False,
        ),
        SEED,
    )
    minutes = (0.5, 2.0)

    def sketch(self) -> tuple[Mark, ...]:
        """A cloud of correlated data and its principal axes."""
        rng = np.random.default_rng(0)
        turn = np.array([[0.8, -0.6], [0.6, 0.8]])
        cloud = (rng.normal(size=(120, 2)) * [1.0, 0.3]) @ turn.T
        axes = [np.array([-1, 1])[:, None] * reach * turn[:, i] for i, reach in enumerate((2.4, 1.0))]
        lines = [Curve(axis[:, 0], axis[:, 1]) for axis in axes]
        return (Points(cloud[:, 0], cloud[:, 1], size=2.0), *lines)

    def run(self, values: Values) -> Iterator[Progress]:
        """The plane, then 8 dimensions, then the digits."""
        plane = plane_training(values)
        numerical = NumericalEntropy(np.empty(0), np.empty(0), math.nan)
        for numerical in entropy_by_angle(plane.spectrum, plane.deviation):
            share = 0.05 * len(numerical.angles) / NUMERICAL_ANGLES
            yield Progress(share, tr("Solving for λ on a grid"), _figure(plane_panels(plane, numerical)))
        for done in plane.run():
            panels = plane_panels(plane, numerical)
            yield Progress(0.05 + 0.25 * done, tr("Turning the axes of the plane"), _figure(panels))
        findings = plane_findings(plane, numerical)

        panels = plane_panels(plane, numerical)
        eight = whole_basis_training(values)
        for done in eight.run():
            figure = _figure((*panels, *whole_basis_panels(eight)))
            yield Progress(
                0.3 + 0.3 * done,
                tr("Turning a basis of {count} dimensions", count=DIMENSIONS),
                figure,
                findings,
            )
        findings += whole_basis_findings(eight)

        panels += whole_basis_panels(eight)
        digits, shape = digit_training(values)
        for done in digits.run():
            figure = _figure((*panels, *digit_panels(digits, shape)))
            share = min(0.6 + 0.4 * done, 0.99)
            yield Progress(share, tr("Learning leading directions of the digits"), figure, findings)
        findings += digit_findings(digits)
        yield Progress(1.0, tr("Learned all directions"), figure, findings)


def _figure(panels: tuple[Panel, ...]) -> Figure:
    return Figure(tuple(panels[k : k + 3] for k in range(0, len(panels), 3)))


def plane_training(values: Values) -> AxesTraining:
    """Of one angle, on normal points in the plane."""
    seed, axis = int(values["seed"]), math.radians(values["angle"])
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(int(values["points"]), 2)) * DEVIATIONS @ turned(np.array(axis)).T
    start = RotatedAxes(Line((2,)), axis - math.radians(values["start"]))
    return _whole_basis(x, start, PLANE_SCHEDULE, values)


def whole_basis_training(values: Values) -> AxesTraining:
    """Of a whole basis, on normal points whose variances double from axis to axis."""
    seed = int(values["seed"])
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.normal(size=(DIMENSIONS, DIMENSIONS)))[0]
    deviations = 2 ** (np.arange(DIMENSIONS)[::-1] / 2)
    x = rng.normal(size=(int(values["points"]), DIMENSIONS)) * deviations @ basis.T
    start = OrthonormalFrame(Line((DIMENSIONS,)), DIMENSIONS, torch.Generator().manual_seed(seed))
    return _whole_basis(x, start, FRAME_SCHEDULE, values)


def _whole_basis(
    x: np.ndarray, observables: SquaredProjections, schedule: Schedule, values: Values
) -> AxesTraining:
    x = x - x.mean(0)
    broad = BASE_WIDENING * float(x.std(0).max())
    chains, epochs, seed = (int(values[name]) for name in ("chains", "epochs", "seed"))
    return AxesTraining(x, observables, broad, schedule, chains, epochs, seed)


def digit_training(values: Values) -> tuple[AxesTraining, tuple[int, int]]:
    """Of the leading directions of noisy training images, on the noise as base measure; and the images' shape."""
    chains, epochs, seed = (int(values[name]) for name in ("chains", "epochs", "seed"))
    images = load_digits().training_items
    flat = images.reshape(len(images), -1).astype(float)
    x = flat + values["noise"] * np.random.default_rng(seed).normal(size=flat.shape)
    generator = torch.Generator().manual_seed(seed)
    start = OrthonormalFrame(Line((flat.shape[1],)), int(values["directions"]), generator)
    training = AxesTraining(x - x.mean(0), start, values["noise"], FRAME_SCHEDULE, chains, epochs, seed)
    return training, (images.shape[1], images.shape[2])


def entropy_by_angle(spectrum: Spectrum, deviation: float) -> Iterator[NumericalEntropy]:
    """S on the constraint manifold at some angles, λ solved for on a grid; its minimum at last.

    Args:
        spectrum: of data in the plane.
        deviation: s of the base measure.
    """
    reach = GRID_REACH * math.sqrt(spectrum.variances[0])
    width = 2 * reach / GRID_NODES
    axis = -reach + width * (torch.arange(GRID_NODES, dtype=torch.float64) + 0.5)
    x = torch.cartesian_prod(axis, axis)
    log_volume = 2 * math.log(width)
    log_measure = log_volume - x.square().sum(1) / (2 * deviation**2)

    def entropy(angle: float) -> float:
        f = (x @ torch.as_tensor(turned(np.array(angle)))).square()
        means = torch.as_tensor(closed_form(spectrum.covariance, np.array([angle]))[0])
        log_p = solve_dual(f, log_measure, means).log_probabilities
        return float(log_volume - log_p.exp() @ log_p)

    exact = exact_angle(spectrum.covariance)
    angles = np.linspace(exact - TURN, exact + TURN, NUMERICAL_ANGLES)
    entropies: list[float] = []
    for angle in angles:
        entropies.append(entropy(float(angle)))
        yield NumericalEntropy(angles[: len(entropies)], np.array(entropies), math.nan)
    least = int(np.argmin(entropies))
    around = angles[max(least - 1, 0)], angles[min(least + 1, len(angles) - 1)]
    found = optimize.minimize_scalar(entropy, bounds=around, method="bounded", options={"xatol": 1e-5})
    yield NumericalEntropy(angles, np.array(entropies), float(found.x))


def plane_findings(plane: AxesTraining, numerical: NumericalEntropy) -> tuple[Finding, ...]:
    """The verdicts on the plane."""
    covariance = plane.spectrum.covariance
    exact = exact_angle(covariance)
    formula = normal_entropy(closed_form(covariance, numerical.angles)).sum(1)
    apart = float(np.abs(numerical.entropies - formula).max())
    missed = math.degrees(abs(numerical.minimum - exact))
    learned = plane.history[-1]
    return (
        Finding(
            "2",
            tr("S at {count} angles, by the dual on a grid", count=len(formula)),
            tr("½ Σ log(2πe cᵢ) within {tolerance:g} nats", tolerance=ENTROPY_TOLERANCE),
            tr("off by {apart:.1e} nats at most", apart=apart),
            apart <= ENTROPY_TOLERANCE,
        ),
        Finding(
            "2",
            tr("Angle of the least S, by the dual on a grid"),
            tr(
                "{angle:.2f}° ± {tolerance:g}°, tan 2φ = 2C₁₂/(C₁₁ − C₂₂)",
                angle=math.degrees(exact),
                tolerance=LARGEST_ANGLE,
            ),
            tr("off by {degrees:.3f}°", degrees=missed),
            missed <= LARGEST_ANGLE,
        ),
        Finding(
            "2",
            tr("Learned angle in the plane (modulo 90°)"),
            f"{math.degrees(exact):.2f}° ± {LARGEST_ANGLE:g}°",
            tr("off by {degrees:.3f}°", degrees=learned.angles.max()),
            float(learned.angles.max()) <= LARGEST_ANGLE,
        ),
        _excess_finding("1b", tr("the plane"), plane),
    )


def whole_basis_findings(training: AxesTraining) -> tuple[Finding, ...]:
    """The verdicts on a whole basis."""
    worst = float(training.history[-1].angles.max())
    where = tr("{count} dimensions", count=len(training.spectrum.variances))
    return (
        Finding(
            "2",
            tr("Learned axes in {where}, angles with the eigenvectors", where=where),
            tr("at most {degrees:g}°", degrees=LARGEST_AXIS_ANGLE),
            tr("{degrees:.2f}° at most", degrees=worst),
            worst <= LARGEST_AXIS_ANGLE,
        ),
        _excess_finding("2", where, training),
    )


def digit_findings(training: AxesTraining) -> tuple[Finding, ...]:
    """The verdicts on the digits."""
    angles = training.history[-1].angles
    return (
        Finding(
            "2",
            tr(
                "{count} learned directions of the digits, principal angles with the leading eigenvectors",
                count=len(angles),
            ),
            tr("at most {degrees:g}°", degrees=LARGEST_AXIS_ANGLE),
            ", ".join(f"{angle:.2f}°" for angle in angles),
            float(angles.max()) <= LARGEST_AXIS_ANGLE,
        ),
        _excess_finding("2", tr("the digits"), training),
    )


def _excess_finding(figure: str, where: str, training: AxesTraining) -> Finding:
    excess, last = float(training.excess[-1]), training.history[-1]
    allowed = LARGEST_EXCESS * len(last.multipliers)
    return Finding(
        figure,
        tr("Bound on the data's entropy, −⟨log P⟩, in {where}", where=where),
        tr(
            "{least:.3f} nats, at most {allowed:g} above",
            least=last.cross_entropy - excess,
            allowed=allowed,
        ),
        tr("{excess:.4f} nats above", excess=excess),
        excess <= allowed,
    )

"""Principal component analysis as Min-MaxEnt with squared projections (figures 1b and 2)."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch
from scipy import optimize

from landscape_app.data import load_digits
from landscape_app.experiments.experiment import SEED, Experiment, Finding, Progress, Values
from landscape_app.experiments.figure import Curve, Figure, Mark, Panel, Points
from landscape_app.experiments.parameter import Parameter
from landscape_app.experiments.pca_panels import (
    TURN,
    NumericalEntropy,
    closed_form,
    digit_panels,
    normal_entropy,
    plane_panels,
    turned,
    whole_basis_panels,
)
from landscape_app.experiments.principal_axes import AxesTraining, Spectrum, exact_angle
from landscape_app.learning.dual import solve_dual
from landscape_app.learning.schedule import Schedule
from landscape_app.physics.projections import OrthonormalFrame, RotatedAxes, SquaredProjections
from landscape_app.physics.space import Line

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
    title = "Principal axes without an eigenvalue"
    paper = "figures 1b and 2"
    summary = (
        "Let the observables be squares of projections, (v·x)², and let the directions v learn. The distribution of "
        "largest entropy is then a normal one, and the directions that make this largest entropy smallest are the "
        "principal axes of the data: Min-MaxEnt contains principal component analysis as its simplest case, and "
        "everything can be checked by hand. Markov chains and gradients find in the plane, in 8 dimensions and on "
        "images of digits what an eigenvalue decomposition finds, and the picture of the method appears: training "
        "falls onto the manifold where the constraints hold, then slides along it to the least entropy."
    )
    parameters = (
        Parameter("points", "Points", 1_000, 10_000, 100, 100_000, "In the plane and in 8 dimensions."),
        Parameter(
            "angle",
            "Angle of the data",
            30.0,
            30.0,
            -90.0,
            90.0,
            "Of the longer axis in the plane, degrees.",
            whole=False,
        ),
        Parameter(
            "start",
            "Start",
            40.0,
            40.0,
            5.0,
            44.0,
            "How far from there the learned angle starts, degrees.",
            whole=False,
        ),
        Parameter("epochs", "Epochs", 600, 2_000, 50, 20_000, "Of each of the three trainings."),
        Parameter("chains", "Chains", 1_024, 2_048, 32, 8_192, "Of each training."),
        Parameter("directions", "Directions", 4, 4, 1, 8, "Learned on the digits' 64 pixels."),
        Parameter(
            "noise",
            "Noise",
            1.5,
            1.0,
            0.5,
            4.0,
            "Deviation of what is added to the digits, and of the base measure, grey levels.",
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
            yield Progress(share, "Solving for λ on a grid", _figure(plane_panels(plane, numerical)))
        for done in plane.run():
            panels = plane_panels(plane, numerical)
            yield Progress(0.05 + 0.25 * done, "Turning the axes of the plane", _figure(panels))
        findings = plane_findings(plane, numerical)

        panels = plane_panels(plane, numerical)
        eight = whole_basis_training(values)
        for done in eight.run():
            figure = _figure((*panels, *whole_basis_panels(eight)))
            yield Progress(0.3 + 0.3 * done, f"Turning a basis of {DIMENSIONS} dimensions", figure, findings)
        findings += whole_basis_findings(eight)

        panels += whole_basis_panels(eight)
        digits, shape = digit_training(values)
        for done in digits.run():
            figure = _figure((*panels, *digit_panels(digits, shape)))
            share = min(0.6 + 0.4 * done, 0.99)
            yield Progress(share, "Learning leading directions of the digits", figure, findings)
        findings += digit_findings(digits)
        yield Progress(1.0, "Learned all directions", figure, findings)


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
            f"S at {len(formula)} angles, by the dual on a grid",
            f"½ Σ log(2πe cᵢ) within {ENTROPY_TOLERANCE:g} nats",
            f"off by {apart:.1e} nats at most",
            apart <= ENTROPY_TOLERANCE,
        ),
        Finding(
            "2",
            "Angle of the least S, by the dual on a grid",
            f"{math.degrees(exact):.2f}° ± {LARGEST_ANGLE:g}°, tan 2φ = 2C₁₂/(C₁₁ − C₂₂)",
            f"off by {missed:.3f}°",
            missed <= LARGEST_ANGLE,
        ),
        Finding(
            "2",
            "Learned angle in the plane (modulo 90°)",
            f"{math.degrees(exact):.2f}° ± {LARGEST_ANGLE:g}°",
            f"off by {learned.angles.max():.3f}°",
            float(learned.angles.max()) <= LARGEST_ANGLE,
        ),
        _excess_finding("1b", "the plane", plane),
    )


def whole_basis_findings(training: AxesTraining) -> tuple[Finding, ...]:
    """The verdicts on a whole basis."""
    worst = float(training.history[-1].angles.max())
    where = f"{len(training.spectrum.variances)} dimensions"
    return (
        Finding(
            "2",
            f"Learned axes in {where}, angles with the eigenvectors",
            f"at most {LARGEST_AXIS_ANGLE:g}°",
            f"{worst:.2f}° at most",
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
            f"{len(angles)} learned directions of the digits, principal angles with the leading eigenvectors",
            f"at most {LARGEST_AXIS_ANGLE:g}°",
            ", ".join(f"{angle:.2f}°" for angle in angles),
            float(angles.max()) <= LARGEST_AXIS_ANGLE,
        ),
        _excess_finding("2", "the digits", training),
    )


def _excess_finding(figure: str, where: str, training: AxesTraining) -> Finding:
    excess, last = float(training.excess[-1]), training.history[-1]
    allowed = LARGEST_EXCESS * len(last.multipliers)
    return Finding(
        figure,
        f"Bound on the data's entropy, −⟨log P⟩, in {where}",
        f"{last.cross_entropy - excess:.3f} nats, at most {allowed:g} above",
        f"{excess:.4f} nats above",
        excess <= allowed,
    )

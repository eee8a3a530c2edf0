"""The figure of the experiment on principal component analysis."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from landscape_app.experiments.figure import Curve, Heatmap, Images, Marker, Panel, Points, Role
from landscape_app.experiments.principal_axes import AxesTraining, exact_angle, variances_along

TURN = math.radians(60)
"""How far from the exact angle figures show at least."""

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
        Points(plane.x[:SHOWN_POINTS, 0], plane.x[:SHOWN_POINTS, 1], "data", Role.DATA, size=2),
        Points(chains[:, 0], chains[:, 1], "chains", Role.MODEL, size=2),
    ]
    for i in range(2):
        x, y = np.outer(exact[:, i], reach * math.sqrt(plane.spectrum.variances[i]))
        marks.append(Curve(x, y, "eigenvectors" if i == 0 else "", Role.TRUTH))
    for i in range(2):
        x, y = np.outer(learned[:, i], reach * math.sqrt(along[i]))
        marks.append(Curve(x, y, "learned directions" if i == 0 else "", Role.MODEL, dashed=True))
    return Panel("Correlated data and the directions learned", tuple(marks), "x₁", "x₂", square=True)


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
        "Figure 2: entropy against the rotation",
        (
            Curve(np.degrees(angles), entropy, "closed form", Role.TRUTH),
            Points(np.degrees(numerical.angles), numerical.entropies, "dual on a grid", Role.OTHER, size=5),
            Marker(math.degrees(exact_angle(covariance)), "tan 2φ = 2C₁₂/(C₁₁ − C₂₂)"),
            Points(np.degrees(path[-1:]), here, "training", Role.MODEL, size=9),
        ),
        "θ, angle of v₁ (degrees)",
        "S on the manifold (nats)",
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
        "Figure 1b: falling onto the manifold, sliding to the minimum",
        (
            Heatmap(
                np.degrees(angles),
                multipliers,
                surface,
                "S[P] with λ₁ on its constraint (nats)",
                tuple(np.linspace(low, high, 14)[1:-1].tolist()),
            ),
            Curve(np.degrees(angles), manifold, "constraint manifold", Role.TRUTH),
            Curve(np.degrees(path), height, "training", Role.RIVAL),
            Points(np.degrees(path[[0, -1]]), height[[0, -1]], "start and end", Role.RIVAL, size=6),
        ),
        "θ, angle of v₁ (degrees)",
        "λ₂ (one over the units of x²)",
        x_range=(math.degrees(turn[0]), math.degrees(turn[1])),
        y_range=(0.0, float(multipliers[-1])),
    )


def _falling_panel(plane: AxesTraining) -> Panel:
    trained = plane.history[1:]
    epochs = np.array([look.epoch for look in trained])
    angles = np.array([look.angles[0] for look in trained])
    return Panel(
        "First the constraints, then the entropy",
        (
            Curve(epochs, np.array([look.chi_squared for look in trained]), "χ²", Role.OTHER),
            Curve(epochs, _shown(plane.excess[1:]), "−⟨log P⟩ of the data over its minimum", Role.MODEL),
            Curve(epochs, _shown(angles), "angle to the eigenvector (degrees)", Role.DATA),
        ),
        "epoch",
        "χ², nats, degrees",
        y_log=True,
    )


def whole_basis_panels(training: AxesTraining) -> tuple[Panel, ...]:
    """Angles of all axes against the epoch, and their overlaps with the eigenvectors."""
    last, count = training.history[-1].directions, len(training.spectrum.variances)
    order = np.argsort(-variances_along(training.spectrum.covariance, last))
    overlaps = np.abs(last[:, order].T @ training.spectrum.directions)
    number = np.arange(1, count + 1)
    return (
        _angle_panel(training, f"{count} dimensions: angle of each axis with its eigenvector"),
        Panel(
            f"{count} dimensions: overlaps |v_i·u_j|",
            (Heatmap(number, number, overlaps, "|v_i·u_j|"),),
            "j, eigenvector",
            "i, learned direction",
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
            "Digits: directions as images (grey is 0)",
            (Images(images + middle, count, 2 * middle, ("learned", "exact")),),
        ),
        _angle_panel(training, f"Digits: principal angles of the {count} leading directions"),
        Panel(
            "Digits: variance along the directions",
            (
                Points(
                    np.arange(1, shown + 1), spectrum.variances[:shown], "eigenvalues", Role.TRUTH, size=6
                ),
                Points(np.arange(1, count + 1), np.sort(along)[::-1], "along what was learned", Role.MODEL),
                Marker(training.deviation**2, "base measure", upright=False, role=Role.OTHER),
            ),
            "number",
            "variance (grey levels squared)",
            y_log=True,
        ),
    )


def _angle_panel(training: AxesTraining, title: str) -> Panel:
    epochs = np.array([look.epoch for look in training.history])
    angles = _shown(np.array([look.angles for look in training.history]))
    curves = [Curve(epochs, column, "", Role.MODEL, faint=True) for column in angles.T]
    curves.append(Curve(epochs, angles.max(1), "largest", Role.MODEL))
    return Panel(title, tuple(curves), "epoch", "degrees", y_log=True)


def _shown(values: np.ndarray) -> np.ndarray:
    """Values a logarithmic axis can show."""
    return np.where(np.isfinite(values), np.maximum(values, SMALLEST_SHOWN), np.nan)

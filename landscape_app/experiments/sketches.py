"""What each experiment looks like at a glance: a panel of closed forms, for those who have not run it yet."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from landscape_app.data import load_digits
from landscape_app.experiments.figure import Curve, Images, Mark, Marker, Panel, Points, Role

POINTS = 160


@cache
def sketch(name: str) -> Panel:
    """The sketch of an experiment, without marks where there is none of that name."""
    draw = SKETCHES.get(name)
    return Panel(name, () if draw is None else draw())


def _pca() -> tuple[Mark, ...]:
    rng = np.random.default_rng(0)
    turn = np.array([[0.8, -0.6], [0.6, 0.8]])
    cloud = (rng.normal(size=(120, 2)) * [1.0, 0.3]) @ turn.T
    axes = [np.array([-1, 1])[:, None] * reach * turn[:, i] for i, reach in enumerate((2.4, 1.0))]
    lines = [Curve(axis[:, 0], axis[:, 1], role=Role.MODEL) for axis in axes]
    return (Points(cloud[:, 0], cloud[:, 1], size=2.0), *lines)


def _bimodal() -> tuple[Mark, ...]:
    x = np.linspace(-4.5, 5.5, POINTS)
    truth = _normal(x, -2, 0.5) / 2 + _normal(x, 2, 1) / 2
    return (Curve(x, truth), Curve(x, _normal(x, 0, 2.14), role=Role.RIVAL, dashed=True))


def _bimodal_few() -> tuple[Mark, ...]:
    rng = np.random.default_rng(1)
    x = np.linspace(-4.5, 5.5, POINTS)
    draws = [
        _normal(x, -2 + rng.normal(0, 0.3), 0.5) * share + _normal(x, 2 + rng.normal(0, 0.4), 1) * (1 - share)
        for share in rng.uniform(0.3, 0.7, 8)
    ]
    points = np.array([-2.6, -2.2, -1.9, -1.7, -1.2, 0.8, 1.6, 2.0, 2.7, 3.5])
    return (
        *(Curve(x, draw, faint=True) for draw in draws),
        Curve(x, np.mean(draws, axis=0)),
        Points(points, np.full(10, 0.015), size=5.0),
    )


def _cauchy() -> tuple[Mark, ...]:
    x = np.linspace(-15, 15, 2 * POINTS)
    left, right = (0.25 / np.pi / ((x - at) ** 2 + 0.25) for at in (-5, 5))
    blurred = _normal(x, -5, 1.6) / 3 + _normal(x, 5, 1.6) / 3
    return (Curve(x, left + right), Curve(x, blurred, role=Role.RIVAL))


def _digits() -> tuple[Mark, ...]:
    images = load_digits().training_items[:4].astype(float)
    noise = np.random.default_rng(0).uniform(0, 16, images.shape)
    shown = [(1 - share) * noise + share * images for share in (0.0, 0.5, 1.0)]
    return (Images(np.concatenate(shown), 4, 16.0),)


def _discriminator() -> tuple[Mark, ...]:
    rounds = np.arange(6.0)
    accuracy = 0.5 + 0.42 * np.exp(-0.7 * rounds)
    return (Curve(rounds, accuracy), Points(rounds, accuracy, role=Role.MODEL), Marker(0.5, upright=False))


def _steering() -> tuple[Mark, ...]:
    data = load_digits()
    of_class = [data.training_items[data.training_labels == c] for c in (3, 7)]
    return (Images(np.concatenate([images[:4] for images in of_class]).astype(float), 4, 16.0),)


def _duality() -> tuple[Mark, ...]:
    at = np.linspace(0.3, 2.4, POINTS)
    dual = 1 + 0.5 * (at - 1) ** 2
    return (Curve(at, dual), Curve(at, 2 - dual, role=Role.RIVAL), Points(np.ones(1), np.ones(1), size=6.0))


def _textbook() -> tuple[Mark, ...]:
    x = np.linspace(-3.5, 5.0, POINTS)
    return (
        Curve(x, np.where((x > 0.3) & (x < 2.3), 0.5, 0.0), role=Role.OTHER),
        Curve(x, _normal(x, 0, 1)),
        Curve(x, np.where(x > 0, np.exp(-np.maximum(x, 0) / 0.9) / 1.6, np.nan), role=Role.RIVAL),
    )


def _normal(x: np.ndarray, mean: float, deviation: float) -> np.ndarray:
    return np.exp(-((x - mean) ** 2) / (2 * deviation**2)) / (deviation * np.sqrt(2 * np.pi))


SKETCHES: dict[str, Callable[[], tuple[Mark, ...]]] = {
    "pca": _pca,
    "bimodal": _bimodal,
    "bimodal-few": _bimodal_few,
    "cauchy": _cauchy,
    "digits": _digits,
    "discriminator": _discriminator,
    "steering": _steering,
    "duality": _duality,
    "textbook": _textbook,
}

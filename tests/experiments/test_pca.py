"""The experiment on principal axes: its theory against numbers, its trainings against scikit-learn, its verdicts."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from scipy import linalg, optimize, stats
from sklearn.decomposition import PCA as TheirPCA
from torch import Tensor

from landscape_app.experiments import pca
from landscape_app.experiments.experiment import Progress
from landscape_app.experiments.pca import (
    LARGEST_AXIS_ANGLE,
    PCA,
    AxesTraining,
    angles_to,
    closed_form,
    cross_entropy,
    entropy_by_angle,
    exact_angle,
    least_cross_entropy,
    normal_entropy,
    plane_training,
    spectrum_of,
    turned,
    variances_along,
)
from landscape_app.learning.maxent import Moments, PreconditionedUpdate

# After so many epochs the axes of ten seeds of ten are within 0.6 to 2.1 degrees, of 3 allowed. After 250, one in
# four is still on its way, 13 degrees off or more: which one depends on the rounding.
pytestmark = pytest.mark.training

SMALL = {"points": 500, "epochs": 500, "chains": 512, "directions": 3, "noise": 2.0, "seed": 0}
# Degrees between two angles with eigenvectors of one covariance in float64: rounding turns an eigenvector by 2⁻⁵² e₁
# over the gap to its neighbours, here more than e₁/100, which is 10⁻¹² degrees.
SAME_ANGLE = 1e-9
FEW = {"points": 200, "epochs": 50, "chains": 64, "directions": 2, "noise": 2.0}


def values(**changes: float) -> dict[str, float]:
    return PCA().complete(SMALL | changes)


def trained(training: AxesTraining) -> AxesTraining:
    for _ in training.run():
        pass
    return training


def random_covariance(dimensions: int, seed: int) -> np.ndarray:
    root = np.random.default_rng(seed).normal(size=(dimensions, dimensions))
    return root @ root.T + 0.3 * np.eye(dimensions)


def random_frame(dimensions: int, count: int, rng: np.random.Generator) -> np.ndarray:
    return np.linalg.qr(rng.normal(size=(dimensions, count)))[0]


def spectrum(covariance: np.ndarray) -> pca.Spectrum:
    variances, directions = np.linalg.eigh(covariance)
    return pca.Spectrum(covariance, variances[::-1], directions[:, ::-1])


class Finished(NamedTuple):
    """The small setting at its end, and the three trainings that it did."""

    progress: Progress
    plane: AxesTraining
    whole_basis: AxesTraining
    digits: AxesTraining


@pytest.fixture(scope="session")
def finished() -> Finished:
    trainings: list[AxesTraining] = []

    class Remembered(AxesTraining):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            trainings.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pca, "AxesTraining", Remembered)
        *_, last = PCA().start(SMALL)
    return Finished(last, *trainings)


def test_the_small_setting_passes_its_own_verdict(finished: Finished) -> None:
    last = finished.progress
    assert last.is_complete
    assert last.has_passed, [finding for finding in last.findings if not finding.passed]
    assert len(last.figure.panels) == 9


def test_there_is_a_figure_from_the_start_and_it_can_be_left_at_any_time() -> None:
    run = PCA().start(FEW)
    for _ in range(20):
        progress = next(run)
        assert progress.figure.panels
        assert not progress.is_complete
    run.close()  # type: ignore[attr-defined]


def test_trainings_are_the_same_for_the_same_seed() -> None:
    first, again, other = (
        trained(plane_training(values(epochs=50, chains=64, seed=seed))).history[-1] for seed in (1, 1, 2)
    )
    assert np.array_equal(first.directions, again.directions)
    assert not np.array_equal(first.directions, other.directions)


def test_exact_angle_is_the_leading_eigenvector_of_scikit_learn() -> None:
    x = np.random.default_rng(0).normal(size=(300, 2)) @ np.array([[1.5, 0.4], [-0.8, 1.0]])
    x -= x.mean(0)
    first = TheirPCA().fit(x).components_[0]
    exact = exact_angle(spectrum_of(x).covariance)
    assert abs(first @ [math.cos(exact), math.sin(exact)]) == pytest.approx(1, abs=1e-12)


def test_entropy_over_the_rotation_by_the_dual_is_the_closed_form() -> None:
    plane = plane_training(values())
    *_, numerical = entropy_by_angle(plane.spectrum, plane.deviation)
    formula = normal_entropy(closed_form(plane.spectrum.covariance, numerical.angles)).sum(1)
    np.testing.assert_allclose(numerical.entropies, formula, atol=1e-6)
    assert numerical.minimum == pytest.approx(exact_angle(plane.spectrum.covariance), abs=1e-3)
    for angle, entropy in zip(numerical.angles, formula, strict=True):
        rotation = turned(np.array(angle))
        along = variances_along(plane.spectrum.covariance, rotation)
        normal = stats.multivariate_normal(cov=rotation @ np.diag(along) @ rotation.T)
        assert entropy == pytest.approx(normal.entropy(), abs=1e-10)


def test_cross_entropy_is_that_of_the_normal_distribution_it_describes() -> None:
    rng = np.random.default_rng(1)
    covariance, deviation = random_covariance(5, 2), 0.8
    directions, multipliers = random_frame(5, 3, rng), np.array([0.4, -0.3, 1.1])
    precision = np.eye(5) / deviation**2 + 2 * directions @ np.diag(multipliers) @ directions.T
    by_hand = 0.5 * (
        5 * math.log(2 * math.pi) - np.linalg.slogdet(precision)[1] + np.trace(precision @ covariance)
    )
    assert cross_entropy(directions, multipliers, covariance, deviation) == pytest.approx(by_hand)
    beyond = np.full(3, -0.5 / deviation**2)
    assert cross_entropy(directions, beyond, covariance, deviation) == math.inf


@pytest.mark.parametrize("deviation", [0.1, 0.5, 2.0, 10.0])
def test_no_frame_and_no_multipliers_come_below_the_least_cross_entropy(deviation: float) -> None:
    rng = np.random.default_rng(3)
    exact = spectrum(random_covariance(4, 4))
    least = least_cross_entropy(exact, 2, deviation)

    def at(flat: np.ndarray) -> float:
        directions = np.linalg.qr(flat.reshape(4, 2))[0]
        along = variances_along(exact.covariance, directions)
        return cross_entropy(directions, 0.5 * (1 / along - deviation**-2), exact.covariance, deviation)

    found = min(optimize.minimize(at, rng.normal(size=8), method="BFGS").fun for _ in range(6))
    assert found == pytest.approx(least, abs=1e-5)
    for _ in range(200):
        directions = random_frame(4, 2, rng)
        multipliers = rng.uniform(-0.5, 2, 2) / deviation**2
        assert cross_entropy(directions, multipliers, exact.covariance, deviation) >= least - 1e-9


def test_a_base_at_the_least_variance_makes_the_leading_directions_best() -> None:
    exact = spectrum(random_covariance(6, 5))
    deviation = math.sqrt(exact.variances[-1])
    for count in range(1, 6):
        leading = exact.directions[:, :count]
        multipliers = 0.5 * (1 / exact.variances[:count] - deviation**-2)
        value = cross_entropy(leading, multipliers, exact.covariance, deviation)
        assert value == pytest.approx(least_cross_entropy(exact, count, deviation), abs=1e-9)


def test_a_broad_base_makes_the_last_directions_best() -> None:
    exact = spectrum(random_covariance(6, 5))
    deviation = 2 * math.sqrt(exact.variances[0])
    last = exact.directions[:, -2:]
    multipliers = 0.5 * (1 / exact.variances[-2:] - deviation**-2)
    value = cross_entropy(last, multipliers, exact.covariance, deviation)
    assert value == pytest.approx(least_cross_entropy(exact, 2, deviation), abs=1e-9)


def test_angles_are_those_by_which_eigenvectors_were_turned() -> None:
    exact = spectrum(np.diag([5.0, 4.0, 2.0, 1.0]))
    turn = math.radians(10)
    directions = np.eye(4)[:, :2].copy()
    directions[:, 1] = math.cos(turn) * np.eye(4)[1] + math.sin(turn) * np.eye(4)[3]
    np.testing.assert_allclose(angles_to(exact, directions), [0, 10], atol=1e-6)
    basis = np.eye(4)
    basis[:2, :2] = turned(np.array(turn))
    np.testing.assert_allclose(angles_to(exact, basis[:, [3, 1, 0, 2]]), [10, 10, 0, 0], atol=1e-6)


def test_learned_basis_is_that_of_scikit_learn(finished: Finished) -> None:
    """The sines of the angles, which are exact where their cosines are 1 but for rounding."""
    training = finished.whole_basis
    theirs = TheirPCA().fit(training.x).components_
    learned = training.history[-1].directions
    ours = learned[:, np.argsort(-training.x.dot(learned).var(0))].T
    across = ours - (ours * theirs).sum(1, keepdims=True) * theirs
    angles = np.degrees(np.arcsin(np.linalg.norm(across, axis=1) / np.linalg.norm(ours, axis=1)))
    assert angles.max() <= LARGEST_AXIS_ANGLE
    np.testing.assert_allclose(angles, training.history[-1].angles, atol=SAME_ANGLE)


def test_learned_directions_of_the_digits_span_what_scikit_learn_finds(finished: Finished) -> None:
    training = finished.digits
    theirs = TheirPCA(3).fit(training.x).components_
    learned = training.history[-1].directions
    angles = np.degrees(linalg.subspace_angles(theirs.T, learned))
    assert learned.shape == (64, 3)
    assert angles.max() <= LARGEST_AXIS_ANGLE
    np.testing.assert_allclose(np.sort(angles), np.sort(training.history[-1].angles), atol=SAME_ANGLE)


def test_chains_have_the_variances_of_the_data_along_the_learned_axes(finished: Finished) -> None:
    """512 chains: a variance has a standard error of √(2/512), and λ was solved for with the error of as many."""
    for training in (finished.plane, finished.whole_basis, finished.digits):
        directions = training.history[-1].directions
        chains = training.trainer.ensemble.chains_at_one.x.double().numpy() @ directions
        expected = variances_along(training.spectrum.covariance, directions)
        np.testing.assert_allclose(chains.var(0), expected, rtol=4 * math.sqrt(2 * 2 / len(chains)))


def failed(progress: Progress) -> Iterator[str]:
    return (finding.quantity for finding in progress.findings if not finding.passed)


def test_frozen_multipliers_fail_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def frozen(self: PreconditionedUpdate, moments: Moments) -> Tensor:
        return torch.zeros_like(moments.data_mean)

    monkeypatch.setattr(PreconditionedUpdate, "step", frozen)
    *_, last = PCA().start(FEW)
    assert last.is_complete
    assert len(list(failed(last))) == 6


@pytest.mark.usefixtures("flipped_gradient")
def test_a_sign_flipped_in_the_entropy_gradient_fails_the_verdict() -> None:
    *_, last = PCA().start(FEW | {"epochs": 70})
    assert last.is_complete
    assert "Learned angle in the plane (modulo 90°)" in list(failed(last))
    assert len(list(failed(last))) >= 5

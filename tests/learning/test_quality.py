"""Measures of quality against closed forms, scipy and brute force."""

import numpy as np
import pytest
import scipy.linalg
import torch
from torch import Tensor

from landscape_app.learning.quality import (
    EvaluationClassifier,
    adversarial_accuracy,
    classifier_distance,
    frechet_distance,
)
from landscape_app.physics.space import Levels

SPACE = Levels((8, 8), 17)


def normal(seed: int, *shape: int) -> Tensor:
    return torch.as_tensor(np.random.default_rng(seed).normal(size=shape))


def with_exact_moments(seed: int, n: int, mean: Tensor, covariance: Tensor) -> Tensor:
    """n points whose sample mean and covariance are exactly those given, shape (n, d)."""
    z = normal(seed, n, len(mean))
    z = z - z.mean(0)
    whitened = torch.linalg.solve_triangular(torch.linalg.cholesky(z.T.cov()), z.T, upper=False)
    return (torch.linalg.cholesky(covariance) @ whitened).T + mean


def images(seed: int, n: int) -> Tensor:
    return torch.as_tensor(np.random.default_rng(seed).integers(17, size=(n, 8, 8)), dtype=torch.float32)


def test_frechet_distance_of_commuting_gaussians_has_its_closed_form() -> None:
    a, b = torch.tensor([1.0, 4.0, 9.0]).double(), torch.tensor([4.0, 1.0, 0.25]).double()
    mean = torch.tensor([1.0, -2.0, 0.5]).double()
    first = with_exact_moments(1, 50, torch.zeros(3).double(), a.diag())
    second = with_exact_moments(2, 70, mean, b.diag())
    expected = float((mean**2).sum() + ((a.sqrt() - b.sqrt()) ** 2).sum())
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_frechet_distance_agrees_with_the_matrix_square_root_of_scipy(seed: int) -> None:
    a = (normal(seed, 200, 6) @ normal(seed + 10, 6, 6)).numpy()
    b = (normal(seed + 20, 150, 6) @ normal(seed + 30, 6, 6)).numpy() + 1
    ca, cb = np.cov(a.T), np.cov(b.T)
    cross = np.trace(scipy.linalg.sqrtm(ca @ cb)).real
    expected = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(ca) + np.trace(cb) - 2 * cross
    assert frechet_distance(torch.as_tensor(a), torch.as_tensor(b)) == pytest.approx(expected, rel=1e-6)


def test_frechet_distance_is_symmetric_and_vanishes_on_itself() -> None:
    a, b = normal(3, 100, 4), 2 * normal(4, 80, 4) + 1
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a), rel=1e-9)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-6)


def test_frechet_distance_bears_features_that_never_vary() -> None:
    a, b = normal(5, 30, 4), normal(6, 30, 4)
    a[:, 2], b[:, 2] = 0, 0
    kept = [0, 1, 3]
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(a[:, kept], b[:, kept]), rel=1e-6)


def test_classifier_distance_is_taken_between_the_evaluators_features() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        evaluator = EvaluationClassifier(SPACE)
    a, b = images(8, 100), images(9, 100) / 2
    with torch.no_grad():
        assert classifier_distance(evaluator, a, b) == frechet_distance(
            evaluator.features(a), evaluator.features(b)
        )
        assert evaluator.features(a).shape == (100, 64)
        torch.testing.assert_close(evaluator(a), evaluator.readout(evaluator.features(a)))


def brute_force_adversarial_accuracy(real: Tensor, generated: Tensor) -> tuple[float, float]:
    both = np.concatenate([real.flatten(1).numpy(), generated.flatten(1).numpy()]).astype(float)
    distance = np.sqrt(((both[:, None] - both[None]) ** 2).sum(-1))
    np.fill_diagonal(distance, np.inf)
    n, same = len(real), []
    for own, other in ((slice(0, n), slice(n, None)), (slice(n, None), slice(0, n))):
        same.append(float((distance[own, own].min(1) < distance[own, other].min(1)).mean()))
    return same[0], same[1]


def test_adversarial_accuracy_agrees_with_brute_force() -> None:
    real, generated = normal(10, 60, 2), normal(11, 60, 2) * 0.5 + 0.5
    ours = adversarial_accuracy(real, generated)
    assert tuple(ours) == pytest.approx(brute_force_adversarial_accuracy(real, generated))
    assert ours.mean == pytest.approx((ours.real + ours.generated) / 2)


def test_adversarial_accuracy_of_one_distribution_is_a_half() -> None:
    n, repeats = 100, 30
    means = [adversarial_accuracy(normal(100 + i, n, 3), normal(200 + i, n, 3)).mean for i in range(repeats)]
    # By exchangeability a point's nearest neighbour is of its own kind with probability (n − 1)/(2n − 1).
    error = np.std(means, ddof=1) / repeats**0.5
    assert np.mean(means) == pytest.approx((n - 1) / (2 * n - 1), abs=4 * error)


def test_adversarial_accuracy_of_separated_sets_is_one() -> None:
    ours = adversarial_accuracy(normal(12, 50, 3), normal(13, 50, 3) + 1000)
    assert ours.real == ours.generated == ours.mean == 1


def test_adversarial_accuracy_of_copies_is_zero() -> None:
    real = images(14, 50)
    assert adversarial_accuracy(real, real.clone()).mean == 0


def test_adversarial_accuracy_refuses_sets_of_different_size() -> None:
    with pytest.raises(ValueError, match="same size, got 5 and 6"):
        adversarial_accuracy(images(15, 5), images(16, 6))

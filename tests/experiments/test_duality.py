"""The experiment on duality: its two ways against other people's optimisers, and its verdicts on wrong ones."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from scipy import optimize
from sklearn.linear_model import LogisticRegression

from landscape_app.experiments import duality
from landscape_app.experiments.duality import (
    Duality,
    Fit,
    Labelled,
    by_cross_entropy,
    by_maximum_entropy,
    sample_sizes,
    solve,
    three_classes,
    two_plateaus,
)
from landscape_app.experiments.experiment import Finding, Progress
from landscape_app.learning.dual import DualSolution

SMALL = {"samples": 1_000, "levels": 400, "points": 50}


def outcome(seed: int = 0) -> Progress:
    *_, last = Duality().start(SMALL | {"seed": seed})
    assert last.is_complete
    return last


def verdict(findings: tuple[Finding, ...], part: str) -> list[bool]:
    chosen = [finding.passed for finding in findings if part in finding.quantity]
    assert chosen
    return chosen


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_small_setting_passes_its_own_verdict(seed: int) -> None:
    last = outcome(seed)
    assert last.has_passed, [finding for finding in last.findings if not finding.passed]
    assert len(last.figure.rows) == 3


def test_there_is_a_figure_from_the_start_and_it_can_be_left_at_any_time() -> None:
    run = Duality().start(SMALL)
    first = next(run)
    assert not first.is_complete
    assert first.figure.panels
    run.close()  # type: ignore[attr-defined]


def test_multiplier_of_a_sample_is_the_root_of_the_geometric_mean() -> None:
    """Without an end, levels h/2, 3h/2, … have the mean h/2 + h/(exp(λh) − 1) under exp(−λx)."""
    h = 0.1
    x = (torch.arange(400, dtype=torch.float64) + 0.5) * h
    counts = np.random.default_rng(0).multinomial(50, (-x).softmax(0).numpy())
    mean = float(counts @ x.numpy()) / 50
    exact = optimize.brentq(lambda lam: h / 2 + h / np.expm1(lam * h) - mean, 0.05, 20, xtol=1e-14)
    solution = solve(x, counts)
    assert solution.multipliers == pytest.approx((exact,) * 3, abs=1e-7)
    assert solution.gap < 1e-10
    assert (solution.rising <= solution.values[1] + 1e-9).all()
    assert (solution.falling >= solution.values[1] - 1e-9).all()


def test_start_of_the_primal_has_the_mean_and_is_positive() -> None:
    x = (torch.arange(200, dtype=torch.float64) + 0.5) / 5
    start = two_plateaus(x, torch.tensor(1.3, dtype=torch.float64))
    assert float(start.sum()) == pytest.approx(1)
    assert float(start @ x) == pytest.approx(1.3)
    assert float(start.min()) > 0


def test_sample_sizes_rise_to_the_largest() -> None:
    sizes = sample_sizes(100_000)
    assert sizes[0] == 10
    assert sizes[-1] == 100_000
    assert sizes == sorted(set(sizes))


def test_weights_are_those_of_scikit_learn() -> None:
    data = three_classes(60, 1.5, seed=3)
    *_, entropic = by_maximum_entropy(data)
    likely = by_cross_entropy(data)[-1]
    theirs = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(data.x, data.labels)
    weights = np.column_stack([theirs.intercept_, theirs.coef_])
    np.testing.assert_allclose(entropic.weights, weights - weights.mean(0), atol=1e-5)
    np.testing.assert_allclose(likely.weights, weights - weights.mean(0), atol=1e-5)


def test_features_of_the_classes_are_matched_at_the_largest_entropy() -> None:
    data = three_classes(60, 1.5, seed=4)
    *_, fit = by_maximum_entropy(data)
    p = np.exp(duality.class_log_probabilities(fit.weights, data.features))
    np.testing.assert_allclose(p.T @ data.features, data.targets.T @ data.features, atol=1e-6)
    assert fit.value == pytest.approx(-float((p * np.log(p)).sum()) / len(p), abs=1e-10)


def test_classes_that_lines_can_part_are_refused() -> None:
    with pytest.raises(ValueError, match="no maximum of the entropy"):
        list(by_maximum_entropy(three_classes(50, 12.0, seed=0)))


def test_a_frozen_multiplier_fails_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def frozen(features: torch.Tensor, log_measure: torch.Tensor, means: torch.Tensor) -> DualSolution:
        log_z = float(log_measure.logsumexp(0))
        return DualSolution(torch.zeros_like(means), log_measure - log_z, log_z, log_z, 0.0, 0)

    monkeypatch.setattr(duality, "solve_dual", frozen)
    last = outcome()
    assert not last.has_passed
    assert verdict(last.findings, "λ by maximum entropy") == [False]
    assert verdict(last.findings, "−log likelihood at the solution") == [False]


def test_a_likelihood_of_the_wrong_sign_fails_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    right = duality.surprise

    def flipped(at: float, x: np.ndarray, counts: np.ndarray) -> tuple[float, np.ndarray]:
        return right(-at, x, counts)

    monkeypatch.setattr(duality, "surprise", flipped)
    last = outcome()
    assert verdict(last.findings, "λ by maximum entropy") == [False]


def test_weights_of_the_wrong_sign_fail_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def flipped(data: Labelled) -> Iterator[Fit]:
        for fit in by_maximum_entropy(data):
            yield Fit(-fit.weights, fit.value)

    monkeypatch.setattr(duality, "by_maximum_entropy", flipped)
    last = outcome()
    assert not last.has_passed
    assert verdict(last.findings, "weights of logistic regression") == [False]

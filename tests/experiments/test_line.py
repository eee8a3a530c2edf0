"""What the experiments on the line share, against quadrature by scipy and closed forms."""

import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from landscape_app.experiments.line import (
    Autoencoder,
    Axis,
    LineModel,
    PriorUpdate,
    Recipe,
    TwoPeaks,
    add_prior,
    allowed_divergence,
    gaussian_max_ent,
    histogram,
    kernel_density,
    two_cauchys,
    two_gaussians,
)
from landscape_app.learning.maxent import Moments
from landscape_app.learning.schedule import Schedule
from landscape_app.physics.exact import ExactModel

TRUTHS = {"Gaussians": two_gaussians(), "Cauchys": two_cauchys()}


def integral(f: object, truth: TwoPeaks) -> float:
    box = truth.box
    found, _ = integrate.quad(f, box.low, box.high, points=(-5, -2, 2, 5), limit=500)
    return float(found)


@pytest.mark.parametrize("name", TRUTHS)
def test_densities_are_normalised_and_entropies_right(name: str) -> None:
    truth = TRUTHS[name]
    axis = Axis(truth.box)

    def p_log_p(x: float) -> float:
        log_p = float(truth.log_density(np.array(x)))
        return -math.exp(log_p) * log_p

    assert integral(lambda x: math.exp(truth.log_density(np.array(x))), truth) == pytest.approx(1, abs=1e-6)
    log_density = axis.normalised(truth.log_density(axis.x))
    assert log_density == pytest.approx(truth.log_density(axis.x), abs=1e-5)
    assert axis.entropy(log_density) == pytest.approx(integral(p_log_p, truth), abs=1e-5)


def test_entropy_of_the_two_gaussians_is_the_known_one() -> None:
    axis = Axis(TRUTHS["Gaussians"].box)
    assert axis.entropy(TRUTHS["Gaussians"].log_density(axis.x)) == pytest.approx(1.754, abs=5e-4)


@pytest.mark.parametrize("name", TRUTHS)
def test_draws_follow_the_density(name: str) -> None:
    truth = TRUTHS[name]
    axis = Axis(truth.box)
    cumulative = np.cumsum(np.exp(truth.log_density(axis.x))) * axis.width

    def distribution(x: np.ndarray) -> np.ndarray:
        return np.interp(x, axis.x + axis.width / 2, cumulative)

    x = truth.draw(5_000, seed=3)[:, 0].double().numpy()
    assert stats.kstest(x, distribution).pvalue > 1e-3
    assert np.array_equal(x, truth.draw(5_000, seed=3)[:, 0].double().numpy())
    assert x.min() >= truth.box.low
    assert x.max() <= truth.box.high


def test_divergence_of_two_gaussians_is_the_closed_form() -> None:
    axis = Axis(two_gaussians().box)
    true, model = stats.norm(0, 1).logpdf(axis.x), stats.norm(0.5, 1.2).logpdf(axis.x)
    exact = math.log(1.2) + (1 + 0.25) / (2 * 1.44) - 0.5
    assert axis.divergence(true, model) == pytest.approx(exact, abs=1e-6)


def test_mean_and_variance_give_a_gaussian_043_nats_away() -> None:
    truth = two_gaussians()
    data, axis = truth.draw(20_000, seed=0), Axis(truth.box)
    found = gaussian_max_ent(data, axis)
    exact = stats.norm(float(data.mean()), float(data.std(correction=0))).logpdf(axis.x)
    # The walls cut off 10⁻⁵ of a Gaussian of deviation 2.15.
    assert found == pytest.approx(exact, abs=1e-3)
    assert axis.divergence(truth.log_density(axis.x), found) == pytest.approx(0.43, abs=0.01)


def test_kernel_density_is_the_mean_of_gaussians_of_scotts_width() -> None:
    truth = two_gaussians()
    data, axis = truth.draw(10, seed=4), Axis(truth.box)
    points = data[:, 0].double().numpy()
    width = points.std(ddof=1) * 10 ** (-1 / 5)
    exact = stats.norm(points[:, None], width).pdf(axis.x).mean(0)
    # Cut off at the walls.
    assert np.exp(kernel_density(data, axis)) == pytest.approx(exact / (exact.sum() * axis.width), abs=1e-9)


def test_model_density_is_that_of_the_exact_model_at_its_averaged_parameters() -> None:
    truth = two_gaussians()
    schedule = Schedule(theta_rate=1e-2, multiplier_update="preconditioned", weighted=True)
    model = LineModel(truth.draw(100, seed=0), truth.box, Recipe(64, 1, schedule), seed=0)
    assert list(model.train(30)) == list(range(1, 31))
    axis, trainer = Axis(truth.box), model.trainer
    found, live = model.log_density(axis), trainer.model.values()
    trainer.model.set_values(trainer.average)
    exact = ExactModel(trainer.model.target)
    x = torch.as_tensor(axis.x).float().unsqueeze(1)
    there = -trainer.model.target.surprisal(x).double().numpy() - exact.at().log_partition
    assert found == pytest.approx(there, abs=1e-4)
    assert axis.entropy(found) == pytest.approx(exact.at().entropy, abs=1e-4)
    trainer.model.set_values(live)
    assert axis.entropy(found) < math.log(20)


def test_prior_adds_a_weights_share_to_its_gradient_and_leaves_offsets_alone() -> None:
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(1, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
    x = torch.randn(6, 1)
    network(x).sum().backward()
    plain = [p.grad.clone() for p in network.parameters() if p.grad is not None]
    network.zero_grad()
    add_prior(network, points=10)
    network(x).sum().backward()
    for p, before in zip(network.parameters(), plain, strict=True):
        added = p.detach() / 10 if p.dim() == 2 else torch.zeros_like(p)
        assert p.grad is not None
        torch.testing.assert_close(p.grad, before + added)


def test_multipliers_under_the_prior_minimise_the_penalised_dual() -> None:
    points, mu = 10, torch.tensor([0.6, 1.1], dtype=torch.float64)
    x = torch.linspace(-2, 2, 401, dtype=torch.float64)
    f = torch.stack([x, x**2], dim=1)
    multipliers = torch.zeros(2, dtype=torch.float64)
    update = PriorUpdate(multipliers, points, rate=0.5)
    for _ in range(100):
        p = (-f @ multipliers).softmax(0)
        centred = f - p @ f
        covariance = centred.T @ (p.unsqueeze(1) * centred)
        multipliers += update.step(Moments(mu, torch.ones(2, dtype=torch.float64), p @ f, covariance))

    wanted = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([wanted], max_iter=200, tolerance_grad=1e-10, tolerance_change=0)

    def penalised() -> torch.Tensor:
        optimiser.zero_grad()
        value = points * ((-f @ wanted).logsumexp(0) + wanted @ mu) + (wanted**2).sum() / 2
        value.backward()
        return value

    optimiser.step(penalised)
    torch.testing.assert_close(multipliers, wanted.detach(), atol=1e-5, rtol=0)
    torch.testing.assert_close(
        (-f @ multipliers).softmax(0) @ f - mu, multipliers / points, atol=1e-5, rtol=0
    )


def test_autoencoder_density_is_normalised_in_the_box() -> None:
    truth = two_gaussians()
    autoencoder, axis = Autoencoder(truth.draw(50, 0), truth.box, 1e-2, 25, 0.5, seed=0), Axis(truth.box)
    assert list(autoencoder.train(5)) == [1, 2, 3, 4, 5]
    assert axis.mass(autoencoder.log_density(axis), axis.x > -20) == pytest.approx(1)


def test_histogram_is_a_density_of_all_the_data() -> None:
    data = torch.tensor([[0.5], [1.5], [1.6], [9.0]])
    bars = histogram(data, (0.0, 2.0), 2)
    assert bars.heights == pytest.approx([0.25, 0.5])


@pytest.mark.parametrize(("points", "allowed"), [(100, 0.1), (1_000, 0.01), (10_000, 0.01)])
def test_fewer_points_are_allowed_a_larger_divergence(points: int, allowed: float) -> None:
    assert allowed_divergence(0.01, points) == pytest.approx(allowed)

"""The autoencoder on the line, whose density is summed over its latent."""

import math

import pytest
import torch
from scipy import integrate, stats
from torch import Tensor

from landscape_app.learning.adam import Adam
from landscape_app.learning.line_vae import LineAutoencoder
from landscape_app.learning.vae import drawn_latent, latent_divergence, pass_over
from landscape_app.physics.space import Line

SPACE = Line((1,))


def crooked(seed: int = 0) -> LineAutoencoder:
    """An autoencoder with a decoder that bends: its weights are four times those it would start with."""
    torch.manual_seed(seed)
    vae = LineAutoencoder(SPACE, (8, 8), 1.0, 2.0)
    with torch.no_grad():
        for layer in vae.layers:
            assert isinstance(layer, torch.nn.Linear)
            layer.weight *= 4
    return vae


def two_clusters(n: int) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    side = torch.randint(0, 2, (n, 1), generator=generator) * 4.0 - 2.0
    return side + 0.3 * torch.randn((n, 1), generator=generator)


def test_density_of_a_decoder_that_ignores_its_latent_is_its_gaussian() -> None:
    vae = LineAutoencoder(SPACE, (8, 8), 1.0, 2.0)
    with torch.no_grad():
        vae.readout.weight.zero_()
        vae.readout.bias.copy_(torch.tensor([0.7, -0.4]))
    x = torch.linspace(-6, 6, 25).unsqueeze(1)
    exact = stats.norm(1.4, 2 * math.exp(-0.4)).logpdf(x[:, 0].double().numpy())
    assert vae.log_density(x).numpy() == pytest.approx(exact, abs=1e-6)


def test_density_agrees_with_adaptive_quadrature_over_the_latent() -> None:
    vae = crooked()

    def joint(z: float, x: float) -> float:
        with torch.no_grad():
            centre, log_width = vae.decode(torch.tensor([[z]], dtype=torch.float32))
        return float(stats.norm.pdf(z) * stats.norm.pdf(x, float(centre), math.exp(float(log_width))))

    x = torch.tensor([[-3.0], [-0.5], [0.0], [2.0]])
    for at, found in zip(x[:, 0].tolist(), vae.log_density(x).exp().tolist(), strict=True):
        exact, _ = integrate.quad(joint, -8, 8, args=(at,), limit=200, epsabs=1e-9, epsrel=1e-7)
        assert found == pytest.approx(exact, rel=1e-4)


def test_density_integrates_to_one() -> None:
    x = torch.linspace(-40, 40, 20_001)
    density = crooked().log_density(x.unsqueeze(1)).exp()
    assert float(torch.trapezoid(density, x.double())) == pytest.approx(1, abs=1e-6)


def test_evidence_bound_lies_below_the_log_density_and_training_raises_both() -> None:
    data, generator = two_clusters(200), torch.Generator().manual_seed(0)
    torch.manual_seed(3)
    vae = LineAutoencoder(SPACE, (16, 16), 0.5, 2.0)

    def bound_and_density() -> tuple[float, float]:
        with torch.no_grad():
            bounds = [-float(vae.loss(data, generator)) for _ in range(50)]
        return sum(bounds) / len(bounds), float(vae.log_density(data).mean())

    bound, density = bound_and_density()
    assert bound < density
    optimiser = Adam(vae.parameters(), 1e-2)
    for _ in range(60):
        pass_over(data, vae.loss, optimiser, generator, 50)
    trained_bound, trained_density = bound_and_density()
    assert bound + 0.4 < trained_bound < trained_density
    assert density + 0.4 < trained_density


def test_divergence_from_the_prior_is_that_of_normal_distributions() -> None:
    mean, log_deviation = torch.randn(5, 3), 0.5 * torch.randn(5, 3)
    given = torch.distributions.Normal(mean, log_deviation.exp())
    exact = torch.distributions.kl_divergence(given, torch.distributions.Normal(0.0, 1.0)).sum(1)
    torch.testing.assert_close(latent_divergence(mean, log_deviation), exact)


def test_drawn_latents_have_the_mean_and_deviation_asked_for() -> None:
    n = 20_000
    z = drawn_latent(torch.full((n, 1), 2.0), torch.full((n, 1), -1.0), torch.Generator().manual_seed(0))
    deviation = math.exp(-1)
    assert float(z.mean()) == pytest.approx(2, abs=4 * deviation / math.sqrt(n))
    assert float(z.std()) == pytest.approx(deviation, abs=4 * deviation / math.sqrt(2 * n))


def test_more_than_one_coordinate_is_refused() -> None:
    with pytest.raises(ValueError, match="one coordinate, not 2"):
        LineAutoencoder(Line((2,)), (8,), 1.0, 1.0)

"""The VAE that the model is compared with."""

from itertools import count
from types import SimpleNamespace

import pytest
import torch

from landscape_app.data.digits import load_digits
from landscape_app.learning import vae as module
from landscape_app.learning.vae import VariationalAutoencoder, vae_passes
from landscape_app.physics.space import Levels

SPACE = Levels((8, 8), 17)


def test_training_raises_the_evidence_bound_and_samples_are_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    # A clock by which every pass takes a second, however fast the machine is.
    monkeypatch.setattr(module, "time", SimpleNamespace(perf_counter=count().__next__))
    images = torch.as_tensor(load_digits().training_items).float()
    torch.manual_seed(0)
    vae = VariationalAutoencoder(SPACE)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        before = float(vae.loss(images, generator))
    assert len(list(vae_passes(vae, images, generator, seconds=20))) == 20
    with torch.no_grad():
        after = float(vae.loss(images, generator))
    assert after < before - 10
    x = vae.sample(64, generator)
    assert x.shape == (64, 8, 8)
    assert torch.equal(x, x.round())
    assert x.min() >= 0
    assert x.max() <= 16


def test_evidence_bound_of_a_decoder_that_ignores_its_latent_is_the_pixels_entropy() -> None:
    vae = VariationalAutoencoder(SPACE)
    with torch.no_grad():
        for layer in (vae.decode2, vae.to_latent):
            layer.weight.zero_()
            assert layer.bias is not None
            layer.bias.zero_()
    loss = vae.loss(torch.zeros(5, 8, 8), torch.Generator().manual_seed(0)).detach()
    assert loss.item() == pytest.approx(64 * torch.log(torch.tensor(17.0)).item(), rel=1e-5)

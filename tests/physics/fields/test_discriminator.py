"""The field of a discriminator against the log odds that it gives."""

import numpy as np
import pytest
import torch

from landscape_app.learning.discriminator import Discriminator
from landscape_app.physics.fields.discriminator import DiscriminatorRound
from landscape_app.physics.fields.field import FieldResources
from landscape_app.physics.space import Levels

IMAGES = Levels((4, 4), 17)


def test_it_is_minus_the_log_odds_of_real() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        network = Discriminator(IMAGES, channels=(2, 2)).double()
    x = torch.as_tensor(np.random.default_rng(15).integers(17, size=(30, 4, 4)), dtype=torch.float64)
    with torch.no_grad():
        d = torch.sigmoid(network(x)).numpy()
    term = DiscriminatorRound(2).term(FieldResources(IMAGES, discriminators=(torch.zeros_like, network)))
    np.testing.assert_allclose(term.energy(x).detach().numpy(), -np.log(d / (1 - d)), rtol=1e-8)


def test_a_round_that_was_not_trained_is_missing_and_refused() -> None:
    later = DiscriminatorRound(2)
    assert later.is_missing(classifier=True, rounds=1, trusted=())
    assert not later.is_missing(classifier=True, rounds=2, trusted=())
    with pytest.raises(ValueError, match="no discriminator of round 2: this run has 1"):
        later.term(FieldResources(IMAGES, discriminators=(torch.zeros_like,)))

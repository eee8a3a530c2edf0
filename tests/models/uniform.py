"""Models whose base measure plays no part in a test, and images for them."""

import torch
from torch import Tensor, nn

from landscape_app.models.minmaxent import MinMaxEntModel
from landscape_app.models.observables import ConvObservables
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.space import Levels

SPACE = Levels((8, 8), 17)


def uniform_model(observables: nn.Module, multipliers: Tensor) -> MinMaxEntModel:
    """λ·f over a uniform base measure on the observables' space."""
    return MinMaxEntModel(ProductBase.uniform(observables.space), observables, multipliers)  # type: ignore[arg-type]


def model_of_images() -> MinMaxEntModel:
    """Five convolutional observables of `SPACE` with random parameters and multipliers."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        observables = ConvObservables(SPACE, count=5, channels=(4, 8)).requires_grad_(False)
        return uniform_model(observables, 20 * torch.randn(5))


def images(n: int, seed: int = 0) -> Tensor:
    """Images of random levels, shape (n, 8, 8)."""
    return torch.randint(0, 17, (n, 8, 8), generator=torch.Generator().manual_seed(seed)).float()

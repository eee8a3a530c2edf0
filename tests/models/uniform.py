"""Models whose base measure plays no part in a test."""

from torch import Tensor, nn

from landscape_app.models.minmaxent import MinMaxEntModel
from landscape_app.physics.base_measure import ProductBase


def uniform_model(observables: nn.Module, multipliers: Tensor) -> MinMaxEntModel:
    """λ·f over a uniform base measure on the observables' space."""
    return MinMaxEntModel(ProductBase.uniform(observables.space), observables, multipliers)  # type: ignore[arg-type]

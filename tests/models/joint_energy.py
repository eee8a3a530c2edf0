"""E(v, h) of a restricted Boltzmann machine, term by term."""

import torch
from torch import Tensor

from landscape_app.models.rbm import RestrictedBoltzmannMachine


def joint_energy(model: RestrictedBoltzmannMachine, x: Tensor, h: Tensor) -> Tensor:
    """−a·v − b·h − v·W·h in nats, shape (batch,), of h with shape (batch, H)."""
    v = model.space.unit(x).flatten(1)
    return -(v @ model.visible) - h @ model.hidden - torch.einsum("ni,ij,nj->n", v, model.weights, h)

"""H(x) and its gradient, of arrays as they are stored, in arrays; and the exact figures of a model."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from landscape_app.physics.hamiltonian import Hamiltonian
from landscape_app.physics.host import is_true, to_host
from landscape_app.session.composition import Composition
from landscape_app.session.exact import ExactRecord, exact_figures
from landscape_app.session.session import Session


def energy(session: Session, x: npt.ArrayLike, composition: Composition | None = None) -> np.ndarray:
    """H(x) in nats, float32, shape (n,): the model's energy, or all of a composition's.

    log P(x) = log q(x) − H(x) − log Z, with q of `session.model.base`; only differences of H have a meaning.

    Args:
        session: whose model.
        x: configurations in the units of the data (levels, spins, coordinates), shape (n, *shape).
        composition: fields and temperatures; None for the trained model alone.

    Raises:
        ValueError: x is not in the model's space, or the composition cannot be made.

    Source: equation 19 of arXiv:2502.13287.
    """
    places = _places(session, x)
    return to_host(_hamiltonian(session, composition).energy(places)).numpy()


def gradient(session: Session, x: npt.ArrayLike, composition: Composition | None = None) -> np.ndarray:
    """∂H/∂x in nats per unit of x (per level, of images), float32, shape (n, *shape); arguments as of `energy`."""
    places = _places(session, x)
    return to_host(_hamiltonian(session, composition).energy_and_gradient(places)[1]).numpy()


def _hamiltonian(session: Session, composition: Composition | None) -> Hamiltonian:
    return session.model.hamiltonian if composition is None else session.sampler.hamiltonian(composition)


def exact_record(session: Session) -> ExactRecord | None:
    """The exact figures of a session's model as it stands; None where its space is too large."""
    return exact_figures(session.model.target, session.held_out_items, session.training_items)


def _places(session: Session, x: npt.ArrayLike) -> Tensor:
    places = torch.as_tensor(np.asarray(x)).float().to(session.device)
    shape = session.space.shape
    if places.dim() != 1 + len(shape) or tuple(places.shape[1:]) != tuple(shape):
        raise ValueError(f"x must have shape (n, {', '.join(map(str, shape))}), got {tuple(places.shape)}")
    if not is_true(session.space.contains(places).all()):
        raise ValueError(f"x has configurations that are not in the space of {session.space.label}")
    return places

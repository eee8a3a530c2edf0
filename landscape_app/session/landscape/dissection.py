"""Dissection of −log P of an image: by pixel, by observable, by base measure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.models.model import Model
from landscape_app.physics.base_measure import ProductBase, kind_of
from landscape_app.physics.dissection import (
    base_map,
    conditional_surprise,
    mean_of,
    term_map,
)
from landscape_app.physics.fields import times
from landscape_app.physics.hamiltonian import EnergyTerm, Target
from landscape_app.physics.host import is_true, number, to_host
from landscape_app.physics.space import sides
from landscape_app.session.memory import SEARCHING, needs_memory


class Part(NamedTuple):
    """One part of −log P.

    Attributes:
        name: what it is, in a formula.
        map: by pixel, nats, shape (*shape).
        energy: of the image, nats.
        data_mean: of the training images, nats.
        from_mean: whether the map counts from the mean image of q by integrated gradients, rather than from 0.
    """

    name: str
    map: np.ndarray
    energy: float
    data_mean: float
    from_mean: bool

    @property
    def excess(self) -> float:
        """Nats beyond the training images' mean."""
        return self.energy - self.data_mean


@dataclass(frozen=True, eq=False)
class DissectionRecord:
    """−log P of one image, taken apart.

    Attributes:
        formula: H(x) = …, under which.
        image: with the fixed pixels, uint8, shape (*shape).
        parts: −log q, then every term of H; their energies sum to −log P but for log Z.
        surprise: −log P(x_i | all other pixels), nats, shape (*shape).
        observable_maps: λ_i f_i by pixel, nats, shape (K, *shape); K = 0 where the model is off.
        observable_nats: λ_i (f_i − ⟨f_i⟩_data), shape (K,).
        observable_scores: (f_i − ⟨f_i⟩_data) / σ_i, shape (K,).
        deviation: standard deviation of −log P over the training images, nats.
    """

    formula: str
    image: np.ndarray
    parts: tuple[Part, ...]
    surprise: np.ndarray
    observable_maps: np.ndarray
    observable_nats: np.ndarray
    observable_scores: np.ndarray
    deviation: float

    @property
    def excess(self) -> float:
        """−log P beyond the training images' mean, nats."""
        return sum(part.excess for part in self.parts)


def describe_term(term: EnergyTerm) -> str:
    """Label of a term of H: its own if it has one, else a formula or words made of its type."""
    if isinstance(term, Model):
        return "E"
    label = getattr(term, "label", None)
    if isinstance(label, str):
        return label
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(term).__name__).lower()
    return words.removesuffix(" field").capitalize()


@needs_memory(SEARCHING)
def dissect(target: Target, training: Tensor, image: Tensor, formula: str = "") -> DissectionRecord:
    """Takes −log P of an image apart.

    Where q holds pixels, they are put into the image and into the training images first: no other has a probability.

    Args:
        target: q, on levels or spins, and H.
        training: training images, shape (n, *shape).
        image: shape (*shape).
        formula: H(x) = …, for the record.

    Raises:
        ValueError: the base measure is not one of levels, or the image is none of the space.
    """
    base = target.base_measure
    if not isinstance(base, ProductBase):
        raise ValueError(tr("only images of levels are taken apart, not {kind}", kind=kind_of(base)))
    if image.shape != base.space.shape or not is_true(base.space.contains(image.unsqueeze(0)).all()):
        raise ValueError(
            tr(
                "the image is none of the model's, {wanted} of {levels} levels: "
                "it is {found}, or has other levels",
                wanted=sides(base.space.shape),
                levels=base.space.levels,
                found=sides(image.shape),
            )
        )
    training, image = base.with_fixed_sites(training), base.with_fixed_sites(image.unsqueeze(0))[0]
    baseline = mean_of(base)
    of_base = base_map(base, image)
    log_q = -base.log_prob(training)
    parts = [_part("−log q(x)", of_base.values, of_base.energy, log_q, from_mean=False)]
    hamiltonian = target.hamiltonian
    nothing = torch.zeros(0)
    maps, nats, scores = torch.zeros(0, *base.space.shape), nothing, nothing
    for strength, term in hamiltonian.terms:
        coefficient = strength / hamiltonian.temperature
        found = term_map(term, image, baseline, coefficient)
        with torch.no_grad():
            of_data = coefficient * term.energy(training)
        name = times(coefficient, describe_term(term), digits=3)
        parts.append(_part(name, found.values, found.energy, of_data, from_mean=True))
        within = term.dissect(image, baseline, training) if isinstance(term, Model) else None
        if within is not None:
            maps, nats, scores = coefficient * within.maps, coefficient * within.nats, within.scores
    return DissectionRecord(
        formula=formula,
        image=to_host(base.space.index(image).to(torch.uint8)).numpy(),
        parts=tuple(parts),
        surprise=conditional_surprise(target, image).numpy(),
        observable_maps=to_host(maps).numpy(),
        observable_nats=to_host(nats).numpy(),
        observable_scores=to_host(scores).numpy(),
        deviation=number(target.surprisal(training).std()),
    )


def _part(name: str, values: Tensor, energy: float, of_data: Tensor, from_mean: bool) -> Part:
    return Part(
        name=name,
        map=to_host(values).numpy(),
        energy=energy,
        data_mean=number(of_data.mean()),
        from_mean=from_mean,
    )

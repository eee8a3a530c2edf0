"""Pixels that a composition fixes: kept by chains, descents and paths, under all its fields and temperatures."""

import itertools
from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
import pytest
import torch
from torch import Tensor

from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.disconnectivity import LowestRoutes
from landscape_app.physics.fields.field import FieldResources
from landscape_app.physics.fields.pixels import FixedPixels, InkAmount, SimilarityTo
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.space import Levels
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.landscape.barrier import BarrierSearch
from landscape_app.session.landscape.dissection import dissect
from landscape_app.session.landscape.minima import MinimaSearch
from landscape_app.session.session import Session

NewSession = Callable[..., Session]
T = TypeVar("T")

SPACE = Levels((2, 2), 7)
TABLE = np.random.default_rng(2).normal(size=(4, 7)) * 0.3
SOME = torch.stack([torch.full((2, 2), float(v)) for v in (0, 2, 4, 6)])


class Wells:
    """Two wells of the mean over four pixels, which pull together."""

    def energy(self, x: Tensor) -> Tensor:
        """Shape (batch,)."""
        m = x.flatten(1).mean(1)
        return (m - 1) ** 2 * (m - 5) ** 2 / 2 + x.flatten(1).var(1)


@pytest.fixture
def held() -> Target:
    """Two wells and a field at another temperature, the first pixel held at 2."""
    base = ProductBase(SPACE, torch.as_tensor(TABLE))
    mask = torch.tensor([[True, False], [False, False]])
    terms = [WeightedTerm(1.0, Wells()), WeightedTerm(3.0, InkAmount(0.5).term(FieldResources(SPACE)))]
    return Target(base.clamped(mask, 2.0 * mask), Hamiltonian(terms, temperature=1.5))


def enumerated(target: Target) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The states that are left, shape (n, 4), −log P of each by hand, and the pairs one level apart."""
    states = np.array([(2, *rest) for rest in itertools.product(range(7), repeat=3)], float)
    table = TABLE - np.log(np.exp(TABLE).sum(1, keepdims=True))
    log_q = sum(table[i, states[:, i].astype(int)] for i in (1, 2, 3))
    m, ink = states.mean(1), states.mean(1) / 6
    h = (m - 1) ** 2 * (m - 5) ** 2 / 2 + states.var(1, ddof=1) + 3 * 4 * (ink - 0.5) ** 2
    edges = np.argwhere(np.triu(np.abs(states[:, None] - states[None]).sum(2) == 1))
    return states, h / 1.5 - log_q, edges


def last(records: Iterator[T]) -> T:
    for record in records:  # noqa: B007
        pass
    return record


def minima_of(energy: np.ndarray, edges: np.ndarray) -> np.ndarray:
    lowest = np.ones(len(energy), bool)
    for a, b in edges:
        lowest[a if energy[a] >= energy[b] else b] = False
    return np.flatnonzero(lowest)[np.argsort(energy[lowest])]


def test_minima_are_those_of_the_states_that_are_left(held: Target) -> None:
    states, energy, edges = enumerated(held)
    record = last(MinimaSearch(held, SOME, SPACE.enumerate()[::3]).run())
    expected = minima_of(energy, edges)
    np.testing.assert_array_equal(record.images.reshape(-1, 4), states[expected])
    origin = float(held.surprisal(held.base_measure.with_fixed_sites(SOME)).mean())
    np.testing.assert_allclose(record.energies, energy[expected] - origin, atol=1e-4)
    assert record.counts.sum() == len(SPACE.enumerate()[::3])
    assert np.isfinite([merge.energy for merge in record.tree.merges]).all()


def test_a_barrier_leads_over_states_that_are_left(held: Target) -> None:
    states, energy, edges = enumerated(held)
    ends = torch.stack([torch.full((2, 2), 0.0), torch.full((2, 2), 6.0)])
    record = last(BarrierSearch(held, SOME, ends).run())
    assert (record.images[:, 0, 0] == 2).all()
    assert (record.ends[:, 0, 0] == 2).all()
    wells = minima_of(energy, edges)
    assert len(wells) == 2
    route = LowestRoutes(len(states), edges, energy[edges].max(1)).between(*wells)
    assert route is not None
    origin = float(held.surprisal(held.base_measure.with_fixed_sites(SOME)).mean())
    assert record.walk_top is not None
    assert record.walk_top >= route.top - origin - 1e-4
    assert record.walk_top < energy.max() - origin
    ends_by_hand = [energy[(states == [2, v, v, v]).all(1)][0] - origin for v in (0, 6)]
    np.testing.assert_allclose(record.energy[[0, -1]], ends_by_hand, atol=1e-4)


def test_images_that_differ_only_in_what_is_held_have_no_barrier(held: Target) -> None:
    ends = torch.full((2, 2, 2), 4.0)
    ends[1, 0, 0] = 1
    with pytest.raises(ValueError, match="differ only in fixed pixels"):
        BarrierSearch(held, SOME, ends)


def test_a_dissection_has_nothing_to_say_of_what_is_held(held: Target) -> None:
    states, energy, _ = enumerated(held)
    record = dissect(held, SOME, torch.full((2, 2), 5.0))
    assert record.image.ravel().tolist() == [2, 5, 5, 5]
    by_hand = energy[(states == [2, 5, 5, 5]).all(1)][0]
    assert sum(part.energy for part in record.parts) == pytest.approx(by_hand, abs=1e-4)
    assert [part.map[0, 0] for part in record.parts] == pytest.approx([0.0] * 3, abs=1e-6)
    assert record.surprise[0, 0] == pytest.approx(0.0, abs=1e-6)
    free = np.isclose(states[:, 1:3], 5).all(1)
    p = np.exp(-(energy[free] - energy[free].min()))
    assert record.surprise[1, 1] == pytest.approx(-np.log(p[5] / p.sum()), abs=1e-4)


def test_no_field_is_strong_enough_to_move_what_is_held(new_session: NewSession) -> None:
    session = new_session(chains=128, sampler_chains=16)
    layers = (
        Layer(FixedPixels(tuple((0, j, 3) for j in range(8)))),
        Layer(SimilarityTo(((16,) * 8,) * 8), 5_000.0),
    )
    session.steer(Composition(layers, temperature=0.1))
    for _ in range(20):
        next(session.sample())
    assert bool((session.sampler.chains.x[:, 0] == 3).all())
    assert float(session.sampler.chains.x[:, 1:].mean()) > 15

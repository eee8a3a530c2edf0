"""Spins at T = 0 end in minima, which enumeration knows, and the energy never rises on the way."""

import numpy as np
import pytest
import torch

from landscape_app.models.pairs import PairModel
from landscape_app.physics import zero_temperature
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.hamiltonian import Hamiltonian, WeightedTerm
from landscape_app.physics.lattice import Ising
from landscape_app.physics.space import Spins
from landscape_app.physics.zero_temperature import Fall, couplings_of, quench


def coupled(spins: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Couplings of both signs, and fields."""
    generator = torch.Generator().manual_seed(seed)
    upper = torch.randn(spins, spins, generator=generator, dtype=torch.float64).triu(1)
    return upper + upper.T, 0.5 * torch.randn(spins, generator=generator, dtype=torch.float64)


def energy(j: torch.Tensor, h: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
    return -0.5 * torch.einsum("ni,ij,nj->n", s, j, s) - s @ h


def states(spins: int) -> torch.Tensor:
    return 2.0 * (torch.arange(2**spins)[:, None] >> torch.arange(spins) & 1).double() - 1


def test_from_every_state_they_end_in_minima_of_the_enumeration() -> None:
    j, h = coupled(8, seed=0)
    s = states(8)
    e = energy(j, h, s)
    turned = torch.stack([e[torch.arange(256) ^ (1 << i)] for i in range(8)])
    minima = {tuple(row.tolist()) for row in s[(turned > e).all(0)]}
    found = quench(j, h, s)
    assert found.settled
    assert {tuple(row.tolist()) for row in found.s} == minima
    np.testing.assert_allclose(found.energies[-1], energy(j, h, found.s), atol=1e-12)


def test_the_energy_never_rises() -> None:
    j, h = coupled(60, seed=1)
    starts = 2.0 * torch.randint(2, (20, 60), generator=torch.Generator().manual_seed(2)).double() - 1
    found = quench(j, h, starts, every=1)
    assert len(found.energies) > 60
    assert len(found.energies) % 60 == 1
    assert bool((found.energies.diff(dim=0) <= 0).all())
    torch.testing.assert_close(found.energies[0], energy(j, h, starts))
    torch.testing.assert_close(found.energies[-1], energy(j, h, found.s))
    by_sweep = quench(j, h, starts)
    torch.testing.assert_close(by_sweep.energies, found.energies[::60])
    assert torch.equal(by_sweep.s, found.s)


def test_each_start_goes_its_own_way() -> None:
    """Together with others or alone, and as a loop over its spins has it."""
    j, h = coupled(30, seed=3)
    starts = 2.0 * torch.randint(2, (6, 30), generator=torch.Generator().manual_seed(4)).double() - 1
    found = quench(j, h, starts)
    for start, end in zip(starts, found.s, strict=True):
        assert torch.equal(quench(j, h, start[None]).s[0], end)
        s, table, fields = start.numpy().copy(), j.numpy(), h.numpy()
        turned = True
        while turned:
            turned = False
            for i in range(30):
                if s[i] * (table[i] @ s + fields[i]) < 0:
                    s[i], turned = -s[i], True
        np.testing.assert_array_equal(end, s)


def test_a_spin_without_a_field_stays() -> None:
    """0.1 + 0.2 − 0.3 is no exact zero in binary: rounding alone turns nothing."""
    j = torch.zeros(4, 4, dtype=torch.float64)
    j[0, 1:] = j[1:, 0] = torch.tensor([0.1, 0.2, -0.3], dtype=torch.float64)
    for first in (-1.0, 1.0):
        start = torch.tensor([[first, 1.0, 1.0, 1.0]], dtype=torch.float64)
        assert quench(j, torch.zeros(4), start).s[0, 0] == first


def test_those_that_have_no_time_to_settle_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zero_temperature, "MOST_SWEEPS", 1)
    j, h = coupled(60, seed=1)
    starts = 2.0 * torch.randint(2, (20, 60), generator=torch.Generator().manual_seed(2)).double() - 1
    found = quench(j, h, starts)
    assert not found.settled
    assert len(found.energies) == 2


def test_a_fall_can_be_watched_and_ends_where_the_quench_does() -> None:
    j, h = coupled(20, seed=5)
    starts = 2.0 * torch.randint(2, (7, 20), generator=torch.Generator().manual_seed(6)).double() - 1
    fall = Fall(j, h, starts)
    moved = []
    while not fall.has_settled:
        before = fall.s
        fall.turn()
        moved.append(int((fall.s != before).any(0).sum()))
        torch.testing.assert_close(fall.energy, energy(j, h, fall.s))
    assert max(moved) == 1
    assert fall.sweeps == len(moved) / 20
    assert torch.equal(fall.s, quench(j, h, starts).s)


def test_fixed_spins_stay_and_the_others_end_in_minima_given_them() -> None:
    j, h = coupled(8, seed=0)
    fixed = torch.arange(8) < 3
    s = states(8)
    fall = Fall(j, h, s, fixed)
    while not fall.has_settled:
        fall.turn()
    assert torch.equal(fall.s[:, :3], s[:, :3])
    along = fall.s * (fall.s @ j + h)
    assert bool((along[:, 3:] >= 0).all())


def test_couplings_of_a_hamiltonian_are_those_of_its_terms_by_their_strengths() -> None:
    """E of a model and of a lattice, weighted, against the double sum."""
    j, h = coupled(9, seed=1)
    model = PairModel(ProductBase.uniform(Spins((3, 3))), j.float(), h.float())
    lattice = Ising((3, 3), 0.3, 0.2)
    found_j, found_h = couplings_of(
        Hamiltonian([WeightedTerm(1.0, model), WeightedTerm(-0.5, lattice)], temperature=2.0), 9
    )
    x = 2.0 * torch.randint(2, (12, 3, 3), generator=torch.Generator().manual_seed(0)) - 1
    expected = model.energy(x).detach() - 0.5 * lattice.energy(x)
    found = energy(found_j, found_h, x.flatten(1).double())
    torch.testing.assert_close(found.float(), expected, atol=1e-4, rtol=0)


def test_what_couples_more_than_pairs_is_refused() -> None:
    hidden = PairModel.untrained(ProductBase.uniform(Spins((3, 3))), units=2)
    with pytest.raises(ValueError, match="couplings and fields"):
        couplings_of(hidden.hamiltonian, 9)
    with pytest.raises(ValueError, match="4,096"):
        couplings_of(Hamiltonian([]), 5_000)

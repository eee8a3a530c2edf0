"""Bounds of models against sums over their states."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch

from landscape_app.models.minmaxent import MinMaxEntModel
from landscape_app.models.pairs import PairModel
from landscape_app.models.rbm import RestrictedBoltzmannMachine
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.estimate import Estimate
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.lattice import Ising
from landscape_app.physics.space import Discrete, Levels, Spins
from landscape_app.session.bounds import Bounds, BoundsRecord
from tests.models.test_rbm import machine


def lattice(side: int = 3) -> PairModel:
    """Ferromagnet with couplings of 1 on a periodic lattice: mean field orders below T = 4."""
    bonds = Ising((side, side)).bonds()
    couplings = torch.zeros(side**2, side**2)
    couplings[bonds.first, bonds.second] = couplings[bonds.second, bonds.first] = 1.0
    return PairModel(ProductBase.uniform(Spins((side, side))), couplings, torch.zeros(side**2))


def items_of(space: Discrete, count: int = 40) -> torch.Tensor:
    return ProductBase.uniform(space).sample(count, torch.Generator().manual_seed(0))


def last_of(bounds: Bounds) -> BoundsRecord:
    *_, last = bounds.run()
    return last


@pytest.mark.parametrize("temperature", [2.0, 6.0])
def test_all_solutions_of_a_lattice_are_found_and_bound_its_free_energy(temperature: float) -> None:
    model = lattice()
    items = items_of(model.space)
    found = last_of(Bounds(model, items, items, "heat-bath", temperature, starts=12))
    exact = -temperature * ExactModel(model.target).at(1 / temperature).log_partition
    assert found.is_done
    assert found.settled
    assert found.free_energy is not None
    assert found.method == "enumeration"
    assert found.free_energy.value == pytest.approx(exact, abs=1e-4)
    assert found.bound >= exact
    assert found.gap is not None
    assert found.gap.value == pytest.approx(found.bound - exact, abs=1e-4)
    assert np.diff(found.falls, axis=0).max() < 1e-10
    assert found.counts.sum() == 12
    # Below the transition up and down have the same F[q]; the start at m = 0 stays there, which is no minimum.
    assert (found.found > 1) == (temperature < 4)
    assert found.means.shape[1:] == (3, 3)
    if temperature < 4:
        assert abs(found.means[0].mean()) > 0.5
        assert found.free_energies[0] == pytest.approx(found.free_energies[1], abs=1e-6)
    assert not np.isnan(found.tap)
    assert found.evidence is None
    assert found.mixture is not None
    assert (np.diff(found.mixture.log_likelihood) > -1e-12).all()
    assert not found.is_broken


@pytest.mark.parametrize("space", [Spins((2, 2)), Levels((2, 2), 3)], ids=str)
def test_of_a_machine_the_evidence_is_log_p_and_the_bound_becomes_tight(space: Discrete) -> None:
    model = machine(space)
    items = items_of(space)
    found = last_of(Bounds(model, items, items, "block-gibbs"))
    log_z = ExactModel(model.target).at().log_partition
    assert found.free_energy is not None
    assert found.free_energy.value == pytest.approx(-log_z, abs=1e-4)
    assert found.bound >= -log_z - 1e-5
    assert np.isnan(found.tap) == (space.levels > 2)
    evidence = found.evidence
    assert evidence is not None
    assert evidence.factorises
    assert evidence.units == 3
    expected = -float(model.target.surprisal(items).double().mean()) - log_z
    assert evidence.log_p.value == pytest.approx(expected, abs=1e-4)
    assert evidence.gap[0] > 0.01
    assert evidence.gap[3] == pytest.approx(0, abs=1e-9)


def test_coupled_hidden_spins_leave_a_gap() -> None:
    generator = torch.Generator().manual_seed(0)
    upper = 0.4 * torch.randn(7, 7, generator=generator).triu(1)
    model = PairModel(ProductBase.uniform(Spins((4,))), upper + upper.T, torch.zeros(7))
    items = items_of(model.space)
    evidence = last_of(Bounds(model, items, items, "single-site")).evidence
    assert evidence is not None
    assert not evidence.factorises
    assert evidence.gap[-1] > 1e-3


def test_beyond_sums_a_ladder_tells_the_free_energy(monkeypatch: pytest.MonkeyPatch) -> None:
    model = lattice()
    exact = -3.0 * ExactModel(model.target).at(1 / 3).log_partition
    monkeypatch.setattr(ProductBase, "is_summable", False)
    items = items_of(model.space)
    found = last_of(Bounds(model, items, items, "swendsen-wang", 3.0))
    assert found.method == "ladder of replicas"
    assert found.free_energy is not None
    assert 0 < found.free_energy.error < 0.2
    assert abs(found.free_energy.value - exact) < 4 * found.free_energy.error


def test_it_can_be_left_after_any_step() -> None:
    model = lattice()
    items = items_of(model.space)
    first, second = islice(Bounds(model, items, items, "heat-bath", 3.9, starts=5).run(), 2)
    assert (len(first.falls), len(second.falls)) == (1, 2)
    assert first.falls.shape[1] == 5
    assert not first.is_done
    assert first.gap is None


def test_a_free_energy_above_a_bound_is_told() -> None:
    record = BoundsRecord(1.0, 1.0, "", np.array([[-2.0]]))
    assert not replace(record, free_energy=Estimate(-2.1, 0.1)).is_broken
    assert replace(record, free_energy=Estimate(-1.0, 0.1)).is_broken


def test_what_has_no_mean_field_is_refused() -> None:
    model, items = lattice(), items_of(Spins((3, 3)))
    assert PairModel.has_mean_field
    assert RestrictedBoltzmannMachine.has_mean_field
    assert not MinMaxEntModel.has_mean_field
    for temperature, starts, match in ((0.0, 5, "temperature"), (1.0, 0, "starts")):
        with pytest.raises(ValueError, match=match):
            Bounds(model, items, items, "heat-bath", temperature, starts)

"""Compiled leapfrog steps against the same steps by operations on tensors."""

import copy
from types import SimpleNamespace

import pytest
import torch

from landscape_app.models.energy import EnergyModel, EnergySource
from landscape_app.physics.base_measure import BaseMeasure, GaussianBase, UniformBase
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import KERNELS, leapfrog_loops
from landscape_app.physics.kernels.leapfrog_loops import host_target
from landscape_app.physics.space import Box, Line

CHAINS = 600
TEXT = "2*(y - x**2)**2 + cos(3*x)"

BASES: dict[str, BaseMeasure] = {
    "line": GaussianBase(Line((2,)), torch.tensor([0.5, -1.0]), torch.tensor([1.0, 2.0])),
    "box": UniformBase(Box((2,), -1.5, 2.0)),
}


def tempered(base: BaseMeasure) -> Target:
    """Half the energy of a formula at two thirds of the temperature, three groups of chains with a β of their own."""
    model = EnergyModel(base, EnergySource(TEXT))
    beta = torch.tensor([0.3, 0.7, 1.0]).repeat_interleave(CHAINS // 3)
    return Target(base, Hamiltonian([WeightedTerm(0.5, model)], 1.5), beta)


@pytest.mark.parametrize("where", BASES)
@pytest.mark.parametrize("name", ["mala", "hmc"])
@pytest.mark.parametrize("as_program", [True, False], ids=["program", "energy"])
def test_loops_do_what_operations_do(
    name: str, where: str, as_program: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tempered(BASES[where])
    kernel = KERNELS[name]([0.2, 0.15, 0.1])
    kernel.scales = torch.tensor([[1.5, 1 / 1.5], [1.0, 1.0], [0.5, 2.0]])
    x = target.base_measure.sample(CHAINS, torch.Generator().manual_seed(0))
    state = kernel.init(x, target)
    loops = target
    if not as_program:
        model = target.hamiltonian.terms[0].term
        plain = Hamiltonian([WeightedTerm(0.5, SimpleNamespace(energy=model.energy))], 1.5)
        loops = target._replace(hamiltonian=plain)
    after, info = kernel.step(state, loops, torch.Generator().manual_seed(1))
    by_operations = KERNELS[name]([0.2, 0.15, 0.1])
    by_operations.scales = kernel.scales
    monkeypatch.setattr(leapfrog_loops, "host_target", lambda target, known: None)
    expected, report = by_operations.step(state, target, torch.Generator().manual_seed(1))
    assert info.evaluations == report.evaluations
    torch.testing.assert_close(info.proposal, report.proposal, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(info.probability, report.probability, rtol=1e-3, atol=1e-3)
    same = info.accepted == report.accepted
    assert same.float().mean() > 0.99, "a probability may round to either side of its random number"
    for ours, theirs in zip(after, expected, strict=True):
        torch.testing.assert_close(ours[same], theirs[same], rtol=1e-3, atol=1e-3)


def test_copies_of_a_kernel_copy_no_model() -> None:
    target = tempered(BASES["line"])
    kernel = KERNELS["mala"]()
    kernel.step(kernel.init(target.base_measure.sample(CHAINS), target), target, torch.Generator())
    assert set(vars(kernel)) - set(vars(copy.deepcopy(kernel))) == {"_host", "_known_reach"}


def test_what_the_loops_know_of_a_target_follows_its_changes() -> None:
    base = GaussianBase.standard(Line((2,)))
    target = EnergyModel(base, EnergySource(TEXT)).target
    known = host_target(target, None)
    assert known is not None
    assert host_target(target, known) is known
    base.load_state_dict({"mean": torch.ones(2), "deviation": torch.full((2,), 0.5)})
    changed = host_target(target, known)
    assert changed is not None
    assert changed.base.tolist() == [[1.0, 1.0], [4.0, 4.0]]

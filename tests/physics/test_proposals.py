"""What a step tells of its proposals, for every kernel of continuous spaces."""

import pytest
import torch

from landscape_app.physics.base_measure import BaseMeasure, GaussianBase, UniformBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import HMC, KERNELS, MALA, kernels_for, make_kernel
from landscape_app.physics.space import Box, Line
from landscape_app.physics.surfaces import Banana

BASES: dict[str, BaseMeasure] = {
    "box": UniformBase(Box((2,), -2.0, 2.0)),
    "line": GaussianBase.standard(Line((2,)), 2.0),
}
CONTINUOUS = [name for name in KERNELS if name in kernels_for(Banana().target())]


def chains_on(base: BaseMeasure, kernel: str, keep_path: bool = False, step_size: float = 0.8) -> Chains:
    target = Target(base, Hamiltonian([WeightedTerm(1.0, Banana())]))
    made = make_kernel(kernel, target)
    made.step_size, made.keep_path = step_size, keep_path
    start = base.sample(500, torch.Generator().manual_seed(1))
    return Chains(start, target, made, torch.Generator().manual_seed(0), adapt=False)


@pytest.mark.parametrize("space", BASES)
@pytest.mark.parametrize("kernel", CONTINUOUS)
def test_chains_go_where_they_were_to_go_or_stay(kernel: str, space: str) -> None:
    chains = chains_on(BASES[space], kernel)
    assert chains.move is None
    for _ in range(5):
        before = chains.x
        chains.run(1)
        assert chains.move is not None
        info = chains.move.info
        assert info.proposal is not None
        assert torch.equal(chains.move.before.x, before)
        assert torch.equal(chains.x, torch.where(info.accepted.unsqueeze(1), info.proposal, before))
        assert 0 < int(info.accepted.sum()) < len(before)
        assert not (info.proposal == before).all(dim=1).any()


@pytest.mark.parametrize("kernel", ["random-walk", "single-site"])
def test_a_proposal_beyond_the_wall_is_told_as_it_was_and_refused(kernel: str) -> None:
    chains = chains_on(BASES["box"], kernel, step_size=3.0)
    chains.run(1)
    assert chains.move is not None
    info = chains.move.info
    assert info.proposal is not None
    outside = ~chains.target.base_measure.space.contains(info.proposal)
    assert outside.any()
    assert not info.accepted[outside].any()
    assert chains.target.base_measure.space.contains(chains.x).all()


@pytest.mark.parametrize("space", BASES)
@pytest.mark.parametrize("kernel", ["hmc", "mala"])
def test_a_path_leads_from_the_start_to_the_proposal_and_changes_nothing(kernel: str, space: str) -> None:
    kept, plain = (chains_on(BASES[space], kernel, keep, step_size=0.3) for keep in (True, False))
    for _ in range(6):
        kept.run(1)
        plain.run(1)
        assert kept.move is not None
        assert plain.move is not None
        info = kept.move.info
        assert info.path is not None
        assert info.proposal is not None
        assert len(info.path) == info.evaluations + 1
        assert torch.equal(info.path[0], kept.move.before.x)
        assert torch.equal(info.path[-1], info.proposal)
        assert kept.target.base_measure.space.contains(info.path.flatten(0, 1)).all()
        assert plain.move.info.path is None
        assert torch.equal(kept.x, plain.x)


def test_hamiltonian_paths_keep_the_energy_as_far_as_small_steps_do() -> None:
    base = BASES["line"]
    kernel = HMC(0.02, 1.0)
    kernel.keep_path = True
    target = Target(base, Hamiltonian([WeightedTerm(1.0, Banana())]))
    start = 0.3 * base.sample(50, torch.Generator().manual_seed(2))
    chains = Chains(start, target, kernel, torch.Generator().manual_seed(0), adapt=False)
    chains.run(1)
    assert chains.move is not None
    assert chains.move.info.probability.min() > 0.95
    path = chains.move.info.path
    assert path is not None
    # In the middle of each step kinetic and potential energy sum to what they did in the first, of some 40 nats.
    steps, middle = path[1:] - path[:-1], (path[1:] + path[:-1]) / 2
    potential = target.surprisal(middle.flatten(0, 1)).view(middle.shape[:2])
    total = (steps / 0.02).square().sum(2) / 2 + potential
    assert (total - total[0]).abs().max() < 0.1


def test_a_start_elsewhere_is_no_step() -> None:
    chains = chains_on(BASES["box"], "mala")
    chains.run(1)
    chains.retarget(chains.target, kernel=MALA())
    assert chains.move is not None
    chains.retarget(chains.target, chains.target.base_measure.sample(10))
    assert chains.move is None

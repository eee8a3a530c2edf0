"""What every kernel says can be set while it moves."""

from functools import partial

import pytest
import torch

from landscape_app.physics.chains import Chains
from landscape_app.physics.kernels import KERNELS, Kernel, kernel_name
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.space import Box, Levels, Line, Space, Spins
from tests.physics.exact import coupled_target
from tests.physics.ripples import TARGETS

SPACES: list[Space] = [Levels((2,), 5), Spins((4,)), Box((2,), -1.0, 3.0), Line((2,))]
CASES = [
    pytest.param(name, space, id=f"{name}-{space.label}")
    for name, kind in KERNELS.items()
    for space in SPACES
    if isinstance(space, kind.serves)
]


@pytest.mark.parametrize(("name", "space"), CASES)
def test_every_parameter_is_the_kernel_s_and_starts_within_its_limits(name: str, space: Space) -> None:
    kernel = KERNELS[name]()
    for parameter in kernel.parameters(space):
        assert parameter.low <= getattr(kernel, parameter.name) <= parameter.high
        assert parameter.unit == ("levels" if isinstance(space, Levels) else "")
        assert parameter.meaning.endswith(".")


def test_trajectories_have_a_length_and_flips_have_nothing_to_set() -> None:
    line, spins = Line((1,)), Spins((4,))
    assert [p.name for p in KERNELS["hmc"]().parameters(line)] == ["step_size", "length"]
    assert [p.name for p in KERNELS["mala"]().parameters(line)] == ["step_size"]
    for name in ("heat-bath", "chromatic", "single-site"):
        assert KERNELS[name]().parameters(spins) == ()


def test_moves_by_whole_levels_say_so() -> None:
    levels = Levels((2,), 5)
    whole = {
        name
        for name, kind in KERNELS.items()
        if Levels in kind.serves and any(parameter.whole for parameter in kind().parameters(levels))
    }
    assert whole == {"chromatic", "single-site"}


@pytest.mark.parametrize("name", sorted(KERNELS))
def test_a_kernel_knows_its_name(name: str) -> None:
    assert kernel_name(KERNELS[name]()) == name


def parameters_seen(kernel: Kernel, space: Space) -> list[float]:
    return [getattr(kernel, parameter.name) for parameter in kernel.parameters(space)]


@pytest.mark.parametrize("name", ["discrete-langevin", "hmc", "mala"])
@pytest.mark.parametrize("ladder", [False, True])
def test_chains_go_the_same_way_whoever_looks_at_their_kernel(name: str, ladder: bool) -> None:
    """While it adapts, parameters are read between steps and runs, as a window does, or not at all."""
    target = coupled_target(Levels((2, 2), 6), 3)[0] if name == "discrete-langevin" else TARGETS["line-2d"]
    ends = []
    for looks in (False, True):
        generator = torch.Generator().manual_seed(1)
        kernel = KERNELS[name]()
        if ladder:
            chains: Chains | Ladder = Ladder(16, target, kernel, generator, 3)
        else:
            chains = Chains(target.base_measure.sample(16, generator), target, kernel, generator)
        chains.adapt = True
        if looks:
            chains.on_step = partial(parameters_seen, kernel, target.base_measure.space)
        for steps in (1, 5, 20, 3, 11):
            chains.run(steps) if looks else chains.advance(steps)
        ends.append(chains.x)
    assert torch.equal(*ends)

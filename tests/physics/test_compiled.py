"""Compiled sweeps of spins: the same whatever the threads, equal by law to those of operations on bytes."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest
import scipy.stats
import torch

from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import ChromaticMetropolis, Kernel, Wolff, chromatic
from landscape_app.physics.kernels.chromatic import ByteUpdates, CompiledUpdates
from landscape_app.physics.kernels.cluster import ClusterKernel
from landscape_app.physics.kernels.compiled import SpinLoop, draw_bits
from landscape_app.physics.kernels.heat_bath import HeatBath
from landscape_app.physics.lattice import Ising
from landscape_app.physics.space import Spins
from tests.physics.exact import LEAST_P_VALUE

LATTICES = [
    ((9,), False),
    ((4, 6), True),
    ((5, 3), False),
    ((2, 3, 5), False),
    ((4, 2, 2), True),
    ((3, 2, 2, 3), False),
]


@pytest.fixture
def four_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(before)


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def ising_target(shape: tuple[int, ...], periodic: bool, with_base: bool) -> Target:
    space = Spins(shape)
    table = torch.randn(space.sites, 2, generator=generator(1)) * with_base
    return Target(
        ProductBase(space, table), Hamiltonian([WeightedTerm(1.0, Ising(shape, 0.35, 0.1, periodic))])
    )


@pytest.mark.parametrize("kernel", [HeatBath, ChromaticMetropolis])
@pytest.mark.parametrize("with_base", [False, True])
@pytest.mark.parametrize(("shape", "periodic"), LATTICES)
def test_a_compiled_sweep_has_the_law_of_one_on_bytes(
    shape: tuple[int, ...], periodic: bool, with_base: bool, kernel: type[Kernel]
) -> None:
    """Of one configuration: means of all spins and of all pairs, two sweeps later, by χ² of their differences."""
    target, n = ising_target(shape, periodic, with_base), 6_000
    start = target.base_measure.sample(1, generator(2)).expand(n, *shape).contiguous()
    found = []
    for seed, kind in enumerate((CompiledUpdates, ByteUpdates)):
        updates = kind(target, Ising(shape, 0.35, 0.1, periodic), kernel().flip_probability, kernel().forgets)
        random = generator(3 + seed)
        first = updates.update(start, random)
        moved = updates.update(first.x, random)
        assert torch.equal(moved.flips, (moved.x != first.x).flatten(1).sum(1))
        torch.testing.assert_close(moved.energy, target.hamiltonian.energy(moved.x), atol=1e-4, rtol=1e-5)
        spins = moved.x.flatten(1).double().numpy()
        found.append(np.concatenate([spins, (spins[:, :, None] * spins[:, None, :]).reshape(n, -1)], axis=1))
    means = [values.mean(0) for values in found]
    errors = np.sqrt(sum(values.var(0) for values in found) / n)
    seen = errors > 0
    assert np.array_equal(means[0][~seen], means[1][~seen])
    p = 2 * scipy.stats.norm.sf(np.abs(means[0] - means[1])[seen] / errors[seen])
    # Every pair stands there twice, and not all are independent: Bonferroni's bound holds anyway.
    assert p.min() * seen.sum() > LEAST_P_VALUE


def test_results_do_not_depend_on_the_threads(four_threads: None) -> None:
    target = ising_target((64, 64), True, False)
    start = target.base_measure.sample(48, generator(5))
    chains = []
    for threads in (4, 1):
        torch.set_num_threads(threads)
        chains.append(Chains(start, target, HeatBath(), generator(6)))
        chains[-1].run(5)
    assert torch.equal(chains[0].x, chains[1].x)


def test_certain_spins_stay() -> None:
    """A probability of 0 or 1 is one: a site whose value is given never moves."""
    certain = torch.tensor([0.0, 1.0], dtype=torch.float64).repeat(32, 32).flatten()
    loop = SpinLoop((64, 32), True, certain.view(1, -1, 1, 1).expand(1, -1, 1, 9), None)
    x = torch.ones(8, 64, 32)
    for _ in range(50):
        x = loop.sweep(x, generator(7)).x
        assert torch.equal(x.flatten(1), (2 * certain.float() - 1).expand(8, -1))


def test_the_host_has_compiled_updates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chromatic, "ByteUpdates", None)
    target = ising_target((4, 4), True, True)
    Chains(target.base_measure.sample(3, generator(8)), target, HeatBath(), generator(9)).run(2)


@pytest.mark.parametrize("count", [1, 2, 7, 4_000])
def test_bits_have_their_probabilities(count: int) -> None:
    random = generator(10)
    p = torch.linspace(0, 1, count) if count > 1 else torch.tensor([0.3])
    n = 4_000
    bits = torch.stack([draw_bits(p, random) for _ in range(n)])
    assert set(bits.unique().tolist()) <= {0.0, 1.0}
    error = (p * (1 - p) / n).sqrt()
    assert bool(((bits.mean(0) - p).abs() <= 5 * error).all())
    if count == 4_000:
        # Neighbours, and the two that come of one word, know nothing of each other.
        halves = bits[:, :2_000], bits[:, 2_000:]
        for a, b in (halves, (bits[:, :-1], bits[:, 1:])):
            spread = (a.var(0) * b.var(0) / n).sqrt().clamp_min(1e-3 / n)
            z = ((a - a.mean(0)) * (b - b.mean(0))).mean(0) / spread
            inner = z[500:1_500]
            assert float(inner.square().mean()) == pytest.approx(1, abs=5 * (2 / len(inner)) ** 0.5)


@pytest.mark.parametrize(("shape", "periodic"), [((4, 6), True), ((2, 4), True), ((3, 5), False)])
def test_wolffs_cluster_has_the_law_of_one_among_all(shape: tuple[int, ...], periodic: bool) -> None:
    """Of one configuration: means of turned spins and of pairs of them, at two temperatures."""
    target, n = ising_target(shape, periodic, with_base=True), 6_000
    term = target.hamiltonian.terms[0].term
    assert isinstance(term, Ising)
    bonds, kernel = term.bonds(), Wolff()
    s = target.base_measure.sample(1, generator(11)).flatten(1).repeat(n, 1)
    strength = torch.tensor([0.5, -1.5]).repeat(n // 2).unsqueeze(1)
    found = []
    for seed, turned in enumerate((kernel._turned, partial(ClusterKernel._turned, kernel))):
        spins = turned(s, bonds, strength, target, generator(12 + seed)).double().numpy()
        found.append(
            np.concatenate([spins, (spins[:, :, None] * spins[:, None, :]).reshape(n, -1)], axis=1).reshape(
                n // 2, 2, -1
            )
        )
    means = [values.mean(0) for values in found]
    errors = np.sqrt(sum(values.var(0) for values in found) / (n // 2))
    seen = errors > 0
    assert np.array_equal(means[0][~seen], means[1][~seen])
    p = 2 * scipy.stats.norm.sf(np.abs(means[0] - means[1])[seen] / errors[seen])
    assert p.min() * seen.sum() > LEAST_P_VALUE

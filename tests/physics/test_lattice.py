"""Energies on lattices against double loops, transfer matrices and the receptive fields that they promise."""

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
import torch

from landscape_app.models.observables import ConvObservables
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.fields.classes import ClassCondition
from landscape_app.physics.fields.field import FieldResources
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.lattice import (
    Checkerboard,
    Ising,
    LocalEnergy,
    LocalHamiltonian,
    ReceptiveField,
    as_ising,
)
from landscape_app.physics.space import Levels, Spins
from tests.models.uniform import uniform_model
from tests.physics.local_network import LocalNetwork

SHAPES = [(5,), (4,), (3, 4), (4, 4), (2, 3), (5, 6), (2, 4, 3)]


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_spins(n: int, shape: tuple[int, ...], seed: int) -> torch.Tensor:
    return ProductBase.uniform(Spins(shape)).sample(n, generator(seed))


def bonds(shape: tuple[int, ...], periodic: bool) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Every pair of neighbours, by looking at every site and axis."""
    pairs = []
    for site in itertools.product(*map(range, shape)):
        for axis, side in enumerate(shape):
            neighbour = list(site)
            neighbour[axis] += 1
            if neighbour[axis] == side:
                if not periodic:
                    continue
                neighbour[axis] = 0
            pairs.append((site, tuple(neighbour)))
    return pairs


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_ising_energy_is_the_sum_over_bonds_and_sites(shape: tuple[int, ...], periodic: bool) -> None:
    x = random_spins(20, shape, seed=1)
    expected = []
    for s in x.numpy():
        pairs = sum(s[i] * s[j] for i, j in bonds(shape, periodic))
        expected.append(-0.7 * pairs - 0.3 * s.sum())
    energy = Ising(shape, coupling=0.7, field=0.3, periodic=periodic).energy(x)
    np.testing.assert_allclose(energy.numpy(), expected, atol=1e-4)


def test_ising_gradient_is_minus_the_local_field() -> None:
    shape = (4, 5)
    x = random_spins(3, shape, seed=2)
    hamiltonian = Hamiltonian([WeightedTerm(1.0, Ising(shape, coupling=0.7, field=0.3, periodic=False))])
    _, gradient = hamiltonian.energy_and_gradient(x)
    field = torch.full_like(x, 0.3)
    for i, j in bonds(shape, periodic=False):
        field[(slice(None), *i)] += 0.7 * x[(slice(None), *j)]
        field[(slice(None), *j)] += 0.7 * x[(slice(None), *i)]
    torch.testing.assert_close(gradient, -field)


def log_partition(width: int, length: int, coupling: float, field: float, periodic: bool) -> float:
    """log Z of a width × length Ising lattice by its transfer matrix, from one row to the next."""
    rows = np.array(list(itertools.product((-1, 1), repeat=width)))
    within = coupling * (rows[:, :-1] * rows[:, 1:]).sum(1) + field * rows.sum(1)
    if periodic:
        within = within + coupling * rows[:, -1] * rows[:, 0]
    matrix = np.exp(coupling * rows @ rows.T + within)
    if periodic:
        return math.log(np.trace(np.linalg.matrix_power(matrix, length)))
    return math.log(np.exp(within) @ np.linalg.matrix_power(matrix.T, length - 1).sum(0))


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize(("width", "length"), [(2, 4), (3, 3), (3, 5), (4, 4)])
def test_enumerated_ising_model_is_that_of_the_transfer_matrix(
    width: int, length: int, periodic: bool
) -> None:
    coupling, field, step = 0.4407, 0.2, 1e-5
    space = Spins((length, width))
    ising = Ising(space.shape, coupling, field, periodic)
    exact = ExactModel(Target(ProductBase.uniform(space), Hamiltonian([WeightedTerm(1.0, ising)])))

    def log_z(scale: float = 1.0, extra: float = 0.0) -> float:
        return log_partition(width, length, scale * coupling, scale * field + extra, periodic)

    energy = -(log_z(scale=1 + step) - log_z(scale=1 - step)) / (2 * step)
    magnetisation = (log_z(extra=step) - log_z(extra=-step)) / (2 * step)
    here = exact.at()
    assert here.log_partition + space.sites * math.log(2) == pytest.approx(log_z(), abs=1e-5)
    assert here.energy == pytest.approx(energy, abs=1e-4)
    assert float(exact.mean(exact.x.flatten(1).sum(1))) == pytest.approx(magnetisation, abs=1e-4)


LOCAL = [
    pytest.param(lambda shape, kind=kind, periodic=periodic: kind(shape, periodic), id=f"{name}-{periodic}")
    for periodic in (False, True)
    for name, kind in {
        "ising": lambda shape, periodic: Ising(shape, 0.7, 0.3, periodic),
        "network-3": lambda shape, periodic: LocalNetwork(Spins(shape), (3,), periodic),
        "network-3-3": lambda shape, periodic: LocalNetwork(Spins(shape), (3, 3), periodic),
        "network-5-1-3": lambda shape, periodic: LocalNetwork(Spins(shape), (5, 1, 3), periodic),
    }.items()
]


@pytest.mark.parametrize("make", LOCAL)
@pytest.mark.parametrize("shape", [(9,), (8, 9), (4, 3, 5)], ids=str)
def test_energy_map_sums_to_the_energy_and_a_site_changes_only_its_window(
    make: Callable[[tuple[int, ...]], LocalEnergy], shape: tuple[int, ...]
) -> None:
    term = make(shape)
    receptive_field = term.receptive_field
    x = random_spins(4, shape, seed=4)
    entries = term.energy_map(x)
    assert entries.shape == x.shape
    torch.testing.assert_close(entries.flatten(1).sum(1), term.energy(x))
    rng = np.random.default_rng(5)
    for site in rng.permutation(list(itertools.product(*map(range, shape))))[:12]:
        flipped = x.clone()
        flipped[(slice(None), *site)] *= -1
        changed = (term.energy_map(flipped) - entries).abs().amax(0) > 1e-5
        seen = [
            {
                p % side if receptive_field.periodic else p
                for p in range(i - receptive_field.after, i + receptive_field.before + 1)
                if receptive_field.periodic or 0 <= p < side
            }
            for i, side in zip(site, shape, strict=True)
        ]
        for place in changed.nonzero().tolist():
            assert all(p in near for p, near in zip(place, seen, strict=True))
        # And the receptive field is no wider than it need be.
        assert [len(set(column)) for column in zip(*changed.nonzero().tolist(), strict=True)] == [
            len(near) for near in seen
        ]


def test_a_local_hamiltonian_is_the_sum_of_its_terms() -> None:
    shape = (6, 6)
    terms = [
        WeightedTerm(0.5, Ising(shape, 0.7, 0.3, periodic=True)),
        WeightedTerm(-2.0, LocalNetwork(Spins(shape), (3,))),
    ]
    hamiltonian = Hamiltonian(terms, temperature=1.5)
    local = LocalHamiltonian(hamiltonian)
    assert local.receptive_field == ReceptiveField(before=1, after=1, periodic=True)
    assert local.receptive_field.side == 3
    x = random_spins(5, shape, seed=9)
    torch.testing.assert_close(local.energy_map(x).flatten(1).sum(1), hamiltonian.energy(x))
    assert LocalHamiltonian(Hamiltonian([])).energy_map(x).abs().sum() == 0


def test_a_hamiltonian_with_one_term_that_is_not_local_is_refused() -> None:
    space = Levels((4, 4), 3)
    local = LocalNetwork(space, (3,))
    for foreign in (
        uniform_model(ConvObservables(space, count=2, channels=(2, 2)), torch.ones(2)),
        ClassCondition((0,)).term(FieldResources(space, 16, lambda x: x.flatten(1))),
    ):
        hamiltonian = Hamiltonian([WeightedTerm(1.0, local), WeightedTerm(1.0, foreign)])
        with pytest.raises(ValueError, match=f"{type(foreign).__name__} is not one"):
            LocalHamiltonian(hamiltonian)


def test_ising_terms_add_up_to_one() -> None:
    shape = (4, 4)
    terms = [WeightedTerm(2.0, Ising(shape, 0.5, 0.1)), WeightedTerm(-1.0, Ising(shape, 0.2, 0.4))]
    hamiltonian = Hamiltonian(terms, temperature=2.0)
    ising = as_ising(hamiltonian, shape)
    assert ising is not None
    x = random_spins(5, shape, seed=10)
    torch.testing.assert_close(ising.energy(x), hamiltonian.energy(x))
    free = WeightedTerm(1.0, Ising(shape, periodic=False))
    assert as_ising(Hamiltonian([*terms, free]), shape) is None
    network = WeightedTerm(1.0, LocalNetwork(Spins(shape), (3,), periodic=True))
    assert as_ising(Hamiltonian([*terms, network]), shape) is None


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("shape", [*SHAPES, (6, 8), (4, 2, 6)], ids=str)
def test_checkerboard_counts_the_neighbours_that_are_up(shape: tuple[int, ...], periodic: bool) -> None:
    if periodic and any(side % 2 for side in shape):
        with pytest.raises(ValueError, match="even sides"):
            Checkerboard(shape, periodic)
        return
    board = Checkerboard(shape, periodic)
    x = random_spins(6, shape, seed=11)
    up = board.up(x)
    assert torch.equal(board.spins(up), x)
    expected = torch.zeros_like(x)
    for i, j in bonds(shape, periodic):
        expected[(slice(None), *i)] += (x[(slice(None), *j)] > 0).float()
        expected[(slice(None), *j)] += (x[(slice(None), *i)] > 0).float()
    alive = board.split(torch.ones_like(x))
    for colour, counts in enumerate(board.split(expected)):
        assert torch.equal(board.neighbours_up(up, colour) * alive[colour], counts)


def test_ising_energies_off_their_lattice_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(4, 4\)"):
        Ising((4, 4)).energy(torch.ones(2, 4, 5))
    with pytest.raises(ValueError, match="at least one site"):
        Ising(())
    with pytest.raises(ValueError, match="finite"):
        Ising((4, 4), coupling=math.nan)

"""Spins with pair couplings against sums written out anew."""

import itertools

import numpy as np
import pytest
import torch
from torch import Tensor

from landscape_app.models.model import Model
from landscape_app.models.pairs import PairModel
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.space import Levels, Spins

SPACE = Spins((2, 2))


def drawn(spins: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """J and h of deviation 1, shape (spins, spins) and (spins,)."""
    generator = torch.Generator().manual_seed(seed)
    upper = torch.randn(spins, spins, generator=generator).triu(1)
    return upper + upper.T, torch.randn(spins, generator=generator)


def energy(couplings: Tensor, fields: Tensor, s: tuple[float, ...]) -> float:
    """−Σ_{i<j} J_ij s_i s_j − Σ_i h_i s_i, term by term."""
    pairs = sum(float(couplings[i, j]) * s[i] * s[j] for i, j in itertools.combinations(range(len(s)), 2))
    return -pairs - sum(float(h) * one for h, one in zip(fields, s, strict=True))


def test_the_energy_is_the_sum_over_pairs_and_fields() -> None:
    couplings, fields = drawn(4)
    model, states = PairModel(ProductBase.uniform(SPACE), couplings, fields), SPACE.enumerate()
    expected = [energy(couplings, fields, tuple(s.flatten().tolist())) for s in states]
    np.testing.assert_allclose(model.energy(states).detach(), expected, atol=2e-5)


def test_with_hidden_spins_it_is_their_free_energy() -> None:
    couplings, fields = drawn(7)
    model, states = PairModel(ProductBase.uniform(SPACE), couplings, fields), SPACE.enumerate()
    assert model.hidden == 3
    expected = [
        -np.logaddexp.reduce(
            [
                -energy(couplings, fields, (*s.flatten().tolist(), *hidden))
                for hidden in itertools.product((-1.0, 1.0), repeat=3)
            ]
        )
        for s in states
    ]
    np.testing.assert_allclose(model.energy(states).detach(), expected, atol=2e-5)


@pytest.mark.parametrize("hidden", [0, 2])
def test_conditionals_are_differences_of_energies(hidden: int) -> None:
    model = PairModel(ProductBase.uniform(SPACE), *drawn(4 + hidden))
    x, sites = SPACE.enumerate(), torch.arange(4).expand(16, 4)
    short, all_of_them = model.conditional_energies(x, sites), Model.conditional_energies(model, x, sites)
    torch.testing.assert_close(short.diff(dim=2), all_of_them.diff(dim=2), atol=2e-5, rtol=0)
    assert model.knows_conditionals == (not hidden)


def test_constraints_are_the_spins_and_their_products() -> None:
    model = PairModel(ProductBase.uniform(SPACE), *drawn(4))
    s = torch.tensor([[[1.0, -1.0], [-1.0, -1.0]]])
    expected = [1, -1, -1, -1, -1, -1, -1, 1, 1, 1]
    assert model.constraints(s)[0].tolist() == expected
    assert PairModel(ProductBase.uniform(SPACE), *drawn(5)).constraints(s).shape == (1, 0)


def test_the_gradient_of_the_couplings_is_that_of_a_pair() -> None:
    """∂E/∂J_ij = −s_i s_j for the pair, shared between J_ij and J_ji; the diagonal has none."""
    model = PairModel(ProductBase.uniform(SPACE), *drawn(4))
    s = SPACE.enumerate()[5:6]
    model.energy(s).sum().backward()
    assert model.couplings.grad is not None
    flat = s.flatten()
    expected = -0.5 * torch.outer(flat, flat)
    torch.testing.assert_close(model.couplings.grad, expected - expected.diagonal().diag_embed())


@pytest.mark.parametrize(
    ("couplings", "fields", "message"),
    [
        (torch.zeros(4, 3), torch.zeros(4), "square"),
        (torch.zeros(3, 3), torch.zeros(4), "one field for each spin"),
        (
            torch.full((4, 4), torch.nan),
            torch.zeros(4),
            "finite numbers; 16 are not, the first at row 1, column 1",
        ),
        (
            torch.zeros(4, 4),
            torch.tensor([0, 0, torch.inf, 0]),
            "h must be finite numbers; 1 is not, .* entry 3",
        ),
        (torch.ones(4, 4).triu(1), torch.zeros(4), "symmetric, .* at row 1, column 2 they differ by 1"),
        (
            torch.eye(4).mul(2),
            torch.zeros(4),
            "diagonal of J must be zero, and is 2 at row 1, column 1.* to zero",
        ),
        (torch.zeros(3, 3), torch.zeros(3), "4 spins need as many fields"),
        (torch.zeros(17, 17), torch.zeros(17), "at most 12 hidden"),
    ],
)
def test_what_cannot_be_couplings_is_refused(couplings: Tensor, fields: Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PairModel(ProductBase.uniform(SPACE), couplings, fields)


def test_only_spins_have_couplings() -> None:
    with pytest.raises(ValueError, match="between spins"):
        PairModel(ProductBase.uniform(Levels((4,), 3)), *drawn(4))

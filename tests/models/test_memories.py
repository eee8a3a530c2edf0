"""Names of minima of small networks against all their states, and damage to patterns."""

import itertools

import numpy as np
import pytest
import torch

from landscape_app.learning.closed_form import Hebb
from landscape_app.models.memories import HALVES, Damage, Likeness, Memories, painted_as, tally

SPINS = 15


def patterns(count: int, seed: int) -> np.ndarray:
    return (2 * np.random.default_rng(seed).integers(0, 2, (count, SPINS)) - 1).astype(np.int8)


def minima(stored: np.ndarray) -> np.ndarray:
    """All states of Hebb's network that no turn of one spin lowers, by enumeration."""
    couplings = Hebb.solution(torch.from_numpy(stored).double())[0].numpy()
    s = np.array(list(itertools.product((-1, 1), repeat=SPINS)))
    along = s * (s @ couplings)
    return s[(along >= -1e-12).all(1)]


def orthogonal() -> np.ndarray:
    """Three patterns of 15 spins, each as often equal to each other as their sum of three allows."""
    columns = np.array(list(itertools.product((1, -1), repeat=3)))
    return np.concatenate([columns, columns[:7]]).T.astype(np.int8)


def test_minima_of_three_patterns_are_they_their_reverses_and_their_mixtures() -> None:
    """As theory has it of few patterns: ±ξ and ±sgn(±ξ¹ ± ξ² ± ξ³) (Amit, Gutfreund, Sompolinsky 1985)."""
    stored = orthogonal()
    memories = Memories(stored, ("A", "B", "C"))
    found = minima(stored)
    names = [memories.name_of(state) for state in found]
    for state, name in zip(found, names, strict=True):
        if name.likeness is Likeness.PATTERN:
            assert (state == stored["ABC".index(name.short)]).mean() >= 0.95
        elif name.likeness is Likeness.REVERSED:
            assert (state == -stored["ABC".index(name.short[1])]).mean() >= 0.95
        elif name.likeness is Likeness.MIXTURE:
            signs = [1 if sign == "+" else -1 for sign in name.text if sign in "+−"]
            assert (state == np.sign(signs @ stored.astype(int))).mean() >= 0.95
    kinds = {name.likeness for name in names}
    assert kinds >= {Likeness.PATTERN, Likeness.REVERSED, Likeness.MIXTURE}
    assert {name.short for name in names} >= {"A", "B", "C", "−A", "−B", "−C", "A+B+C", "−A−B−C"}


@pytest.mark.parametrize("signs", list(itertools.product((1, -1), repeat=3)))
def test_every_mixture_of_three_is_named_with_its_signs(signs: tuple[int, ...]) -> None:
    stored = patterns(6, seed=1)
    state = np.sign(np.array(signs) @ stored[[0, 2, 5]].astype(int))
    name = Memories(stored).name_of(state)
    assert name.text == "mixture of 1, 3, 6 (signs " + " ".join("+" if s > 0 else "−" for s in signs) + ")"
    assert name.overlap == 1.0


def test_a_few_wrong_spins_do_not_change_a_name_and_many_do() -> None:
    stored = (2 * np.random.default_rng(0).integers(0, 2, (5, 8, 8)) - 1).astype(np.int8)
    memories = Memories(stored)
    state = -stored[3].copy()
    state[0, :3] *= -1
    name = memories.name_of(state)
    assert (name.short, name.text) == ("−4", "−pattern 4")
    assert name.overlap == pytest.approx(1 - 6 / 64)
    state[1:3] *= -1
    other = memories.name_of(state)
    assert other.likeness is Likeness.OTHER
    assert other.overlap == pytest.approx(np.abs(memories.overlaps(state[None])).max())


def test_overlaps_are_means_of_products() -> None:
    stored, states = patterns(4, seed=2), patterns(9, seed=3)
    expected = [[(s * xi).mean() for xi in stored.astype(int)] for s in states]
    np.testing.assert_allclose(Memories(stored).overlaps(states), expected)


def test_noise_turns_its_share_of_the_spins_others_in_every_copy() -> None:
    pattern = torch.from_numpy(patterns(1, seed=0)[0]).float()
    copies = Damage(noise=0.2).applied(pattern, 2_000, torch.Generator().manual_seed(0))
    turned = copies != pattern
    assert (turned.sum(1) == 3).all()
    # Each spin is turned in a fifth of the copies, with a binomial standard error of 0.009.
    assert float((turned.float().mean(0) - 0.2).abs().max()) < 4 * 0.009


@pytest.mark.parametrize("half", HALVES)
def test_a_hidden_half_is_random_and_the_other_as_it_was(half: str) -> None:
    pattern = torch.ones(8, 8)
    copies = Damage(hidden=half).applied(pattern, 2_000, torch.Generator().manual_seed(0))
    mean = copies.mean(0)
    rows = {"left": mean.T[:4], "right": mean.T[4:], "top": mean[:4], "bottom": mean[4:]}[half]
    assert float(rows.abs().max()) < 4.5 / 2_000**0.5
    assert int((mean == 1).sum()) == 32


def test_painted_spins_take_the_place_of_the_pattern() -> None:
    spins = patterns(1, seed=4).reshape(3, 5)
    copies = Damage(painted=painted_as(spins)).applied(torch.ones(3, 5), 2, torch.Generator())
    np.testing.assert_array_equal(copies, [spins, spins])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda: Damage(noise=1.5), "0 to 1"),
        (lambda: Damage(hidden="middle"), "left, right, top, bottom"),
        (lambda: Damage(painted="+0"), "as \\+ and -"),
        (lambda: Damage(painted="+").applied(torch.ones(4), 1, torch.Generator()), "4 spins"),
        (lambda: Damage(hidden="left").applied(torch.ones(4), 1, torch.Generator()), "rows and columns"),
    ],
)
def test_damage_that_cannot_be_done_is_refused(damage: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        damage()  # type: ignore[operator]


def test_a_tally_counts_states_by_their_names() -> None:
    stored = patterns(5, seed=1)
    memories = Memories(stored, tuple("ABCDE"))
    mixture = np.sign(stored[:3].astype(int).sum(0))
    states = np.concatenate([stored[[0, 0, 0]], -stored[[1]], [mixture, mixture]])
    assert tally(memories, states) == "3 in pattern 1 (A), 2 in mixtures, 1 in −pattern 2 (B)"

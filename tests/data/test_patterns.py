"""Data sets of patterns: what teaches, what is held out, and what they are called."""

import numpy as np
import pytest

from landscape_app.data.letters import ROWS, letters
from landscape_app.data.patterns import DAMAGE, DAMAGED, of_patterns

PATTERNS = (2 * np.random.default_rng(0).integers(0, 2, (8, 10, 10)) - 1).astype(np.int8)


def test_patterns_teach_and_damaged_copies_of_them_are_held_out() -> None:
    data = of_patterns("mine", PATTERNS, [f"p{i}" for i in range(8)])
    np.testing.assert_array_equal(data.training_items, PATTERNS)
    assert len(data.held_out_items) == 8 * DAMAGED
    turned = data.held_out_items != PATTERNS[data.held_out_labels]
    # 4,000 spins, each turned with probability 0.1: a standard error of 0.005.
    assert turned.mean() == pytest.approx(DAMAGE, abs=4 * 0.005)
    assert [data.class_name(label) for label in data.training_labels] == [f"p{i}" for i in range(8)]


def test_letters_are_called_by_what_they_are() -> None:
    data = letters()
    assert tuple(data.class_name(label) for label in data.training_labels) == tuple(ROWS)


@pytest.mark.parametrize("count", [1, 65])
def test_too_few_or_too_many_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match="2 to 64"):
        of_patterns("mine", np.ones((count, 4), np.int8))

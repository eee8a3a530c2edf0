"""The strongest couplings of positions are named."""

import numpy as np
import pytest

from landscape_app import language
from landscape_app.gui.training.panel import MOST_PAIRS, strongest_pairs
from landscape_app.language import ENGLISH, VARIABLE, set_language


def test_strongest_pairs_are_named_by_their_columns() -> None:
    values = np.zeros((4, 4))
    values[0, 2] = values[2, 0] = 1.5
    values[1, 3] = values[3, 1] = 2.25
    values[0, 1] = values[1, 0] = -3.0
    assert (
        strongest_pairs(values, ["7", "9", "a<b", "12"]) == "Strongest: 9 and 12 (2.25), 7 and a&lt;b (1.50)."
    )
    assert strongest_pairs(np.zeros((3, 3)), ["1", "2", "3"]) == ""
    assert strongest_pairs(np.ones((9, 9)), list("abcdefghi")).count(" and ") == MOST_PAIRS


def test_strongest_pairs_are_named_in_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, ENGLISH)
    monkeypatch.setattr(language, "_translations", language._translations)
    set_language("de")
    assert strongest_pairs(np.ones((2, 2)), ["7", "9"]) == "Stärkste: 7 und 9 (1.00)."

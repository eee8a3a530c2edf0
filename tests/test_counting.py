"""Counted things in words."""

import pytest

from landscape_app.counting import counted, in_signs


@pytest.mark.parametrize(
    ("count", "noun", "words"),
    [
        (1, "epoch", "1 epoch"),
        (0, "epoch", "0 epochs"),
        (1_500, "held-out item", "1,500 held-out items"),
        (2, "class", "2 classes"),
        (3, "category", "3 categories"),
        (2, "day", "2 days"),
    ],
)
def test_one_thing_is_in_the_singular(count: int, noun: str, words: str) -> None:
    assert counted(count, noun) == words


def test_a_plural_that_is_not_regular_is_given() -> None:
    assert counted(2, "minimum", "minima") == "2 minima"


@pytest.mark.parametrize(
    ("number", "signs"), [("-2.7e-09", "−2.7e−9"), ("1e+12", "1e12"), ("-0.05", "−0.05"), ("inf", "inf")]
)
def test_powers_of_ten_have_no_zeros_and_no_plus(number: str, signs: str) -> None:
    assert in_signs(number) == signs

"""Colours of the themes: classes can be told apart as far as there are colours."""

from itertools import pairwise

import pytest

from landscape_app.gui.theme import DARK, LIGHT, MOST_COLOURS, Theme


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("classes", [1, 10, MOST_COLOURS, 40])
def test_as_many_colours_of_classes_as_there_are(theme: Theme, classes: int) -> None:
    colours = theme.class_colours(classes)
    assert len(colours) == classes
    assert len({colour.name() for colour in colours}) == min(classes, MOST_COLOURS)
    if classes <= MOST_COLOURS:
        hues = sorted(colour.hslHueF() for colour in colours)
        apart = [b - a for a, b in pairwise(hues)]
        assert all(distance > 0.03 for distance in apart)

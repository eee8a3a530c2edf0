"""The key to the tint of the chains, beside words that are long."""

from itertools import pairwise

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from landscape_app.gui.sampler.colour_key import LEAST_WIDTH, ColourKey, ColourScale
from landscape_app.gui.theme import LIGHT
from landscape_app.gui.widgets.paragraph import ShortenedLabel

SCALE = ColourScale(
    "E − training, nats",
    tuple(QColor(shade, 0, 255 - shade) for shade in range(0, 250, 50)),
    ((0.0, "−20"), (0.5, "32.5"), (1.0, "85")),
)


@pytest.mark.parametrize("width", [300, 432, 700])
def test_the_numbers_of_the_key_are_whole_and_apart_beside_long_words(qtbot: QtBot, width: int) -> None:
    head, words, key = QWidget(), ShortenedLabel(), ColourKey(LIGHT)
    qtbot.addWidget(head)
    row = QHBoxLayout(head)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(words, 1)
    row.addWidget(key)
    text = "100 Markov chains of 38 distinct ancestors · step 1,455 · paused"
    words.setText(text)
    key.show_scale(SCALE)
    head.resize(width, 24)
    head.show()
    assert key.strip.width() >= LEAST_WIDTH - 20
    places = [key.label_place(share, number) for share, number in SCALE.labels]
    assert all(place.left() >= 0 and place.right() <= key.width() for place in places)
    assert all(left.right() < right.left() for left, right in pairwise(places))
    assert words.toolTip() == text
    key.show_scale(None)
    assert key.minimumSizeHint().width() == 0

"""Colours of the themes: classes are told apart by everybody, on the paper that they are drawn on."""

from itertools import combinations

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QToolButton
from pytestqt.qtbot import QtBot

from landscape_app.gui.landscape.dissection import rising_colours
from landscape_app.gui.theme import DARK, LIGHT, Theme, apply_theme, contrast, rgb

LEAST_DIFFERENCE, LEAST_USUAL_DIFFERENCE, LEAST_CONTRAST = 28.0, 42.0, 30.0
"""Of two colours for those who see two kinds of colour and for others, and of a colour and the paper, in CIE76: 2.3
is just noticeable side by side."""

LEAST_CIEDE2000, LEAST_USUAL_CIEDE2000 = 13.0, 17.0
"""The same of two colours in CIEDE2000, which agrees better with the eye for dark and for strong colours."""

VISIONS = {
    "usual": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
"""Of linear RGB: Machado, Oliveira, Fernandes, "A physiologically-based model for simulation of color vision
deficiency" (2009), severity 1."""

TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = TO_XYZ.sum(1)


def lab(colour: np.ndarray, vision: object) -> np.ndarray:
    """CIELAB of an sRGB colour, uint8, shape (3,), as it is seen."""
    share = colour / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(np.asarray(vision) @ linear, 0, 1) / WHITE
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def ciede2000(one: np.ndarray, other: np.ndarray) -> float:
    """Difference of two colours in CIELAB.

    G. Sharma, W. Wu, E. Dalal, "The CIEDE2000 color-difference formula" (2005).
    """
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * np.sqrt(mean**7 / (mean**7 + 25.0**7))
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    turn = (h2 - h1 + 180) % 360 - 180 if c1 * c2 else 0.0
    hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    at = h1 + turn / 2 if c1 * c2 else h1 + h2
    t = 1 + sum(
        weight * np.cos(np.radians(order * at + shift))
        for weight, order, shift in ((-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.2, 4, -63))
    )
    off = (light - 50) ** 2
    parts = (
        (l2 - l1) / (1 + 0.015 * off / np.sqrt(20 + off)),
        (c2 - c1) / (1 + 0.045 * chroma),
        hue / (1 + 0.015 * chroma * t),
    )
    rotation = -2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7))
    rotation *= np.sin(np.radians(60 * np.exp(-((((at % 360) - 275) / 25) ** 2))))
    return float(np.sqrt(sum(part**2 for part in parts) + rotation * parts[1] * parts[2]))


def test_differences_are_measured_as_they_are_defined() -> None:
    """Pairs of the paper."""
    for one, other, difference in (
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, -1, 2), (50, 0, 0), 2.3669),
        ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
    ):
        assert ciede2000(np.array(one), np.array(other)) == pytest.approx(difference, abs=1e-4)


def test_colours_are_measured_as_they_are_defined() -> None:
    np.testing.assert_allclose(lab(np.array([255, 255, 255]), np.eye(3)), [100, 0, 0], atol=0.02)
    np.testing.assert_allclose(lab(np.array([255, 0, 0]), np.eye(3)), [53.24, 80.09, 67.20], atol=0.05)


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_ten_classes_are_told_apart_by_everybody(theme: Theme, vision: str) -> None:
    colours = [lab(rgb(colour), VISIONS[vision]) for colour in theme.class_colours(10)]
    assert len(colours) == 10
    least = LEAST_USUAL_DIFFERENCE if vision == "usual" else LEAST_DIFFERENCE
    assert min(np.linalg.norm(a - b) for a, b in combinations(colours, 2)) >= least
    least = LEAST_USUAL_CIEDE2000 if vision == "usual" else LEAST_CIEDE2000
    assert min(ciede2000(a, b) for a, b in combinations(colours, 2)) >= least
    paper = lab(rgb(theme.paper), VISIONS[vision])
    assert min(np.linalg.norm(colour - paper) for colour in colours) >= LEAST_CONTRAST


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_buttons_of_file_dialogs_are_not_blank(theme: Theme, qapp: QApplication, qtbot: QtBot) -> None:
    apply_theme(qapp, theme)
    dialog = QFileDialog()
    qtbot.addWidget(dialog)
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    dialog.show()
    buttons = [button for button in dialog.findChildren(QToolButton) if button.isEnabled()]
    assert len(buttons) >= 3
    for button in buttons:
        picture = button.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
        middle = picture.copy(picture.rect().adjusted(5, 5, -5, -5))
        greys = [middle.pixelColor(x, y).red() for x in range(middle.width()) for y in range(middle.height())]
        assert max(greys) - min(greys) > 40, button.objectName()
    apply_theme(qapp, LIGHT)


def test_of_more_than_ten_classes_some_share_a_colour() -> None:
    colours = LIGHT.class_colours(24)
    assert [colour.name() for colour in colours[10:20]] == [colour.name() for colour in colours[:10]]
    assert len(LIGHT.class_colours(1)) == 1


def test_contrast_is_measured_as_wcag_defines_it() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    # The lightest grey that may be text on white, as WebAIM tells it.
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_colour_can_be_seen_on_what_it_is_drawn_on(theme: Theme) -> None:
    grounds = theme.window, theme.surface, theme.raised
    for name in ("text", "muted", "accent", "training", "held_out", "model", "other", "warning", "danger"):
        for ground in grounds:
            assert contrast(getattr(theme, name), ground) >= 4.5, (name, ground)
    for ground in grounds:
        assert contrast(theme.faint, ground) >= 3, ground
    for filled in (theme.accent, theme.danger):
        assert contrast(theme.on_accent, filled) >= 4.5
    for colour in (*theme.series, *theme.results):
        assert contrast(colour, theme.surface) >= 4.49, colour
    lines = [*theme.classes, *(colour.name() for colour in theme.ramp(12))]
    lines += [QColor(*shade.tolist()).name() for shade in rising_colours(theme)]
    for line in lines:
        for ground in (theme.surface, theme.paper):
            assert contrast(line, ground) >= 3, (line, ground)

"""The page of a barrier, shown records of its own: what it says of them, and the images it hands on."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from landscape_app.gui.landscape.barrier import EXPLANATION, BarrierPage, describe
from landscape_app.gui.landscape.map import Pick
from landscape_app.gui.theme import LIGHT
from landscape_app.session.landscape.barrier import BarrierRecord


def record(**changes: object) -> BarrierRecord:
    """A path from level 0 to level 4 of every pixel, over a pass of 9 nats in its middle."""
    places = np.linspace(0.0, 32.0, 5)
    images = np.ones((5, 8, 8), np.float32) * np.arange(5, dtype=np.float32)[:, None, None]
    values: dict[str, object] = {
        "formula": "H(x) = Σᵢ λᵢ fᵢ(x)",
        "ends": images[[0, -1]].astype(np.uint8),
        "progress": 1.0,
        "images": images,
        "places": places,
        "along": places,
        "energy": np.array([-2.0, -4.0, 9.0, 1.0, 3.0]),
        "minima": (8.0, 24.0),
        "are_minima": (True, True),
        "depths": (13.0, 8.0),
        "top": (16.0, 9.0),
        "barriers": (13.0, 8.0),
        "converged": True,
        "walk_top": 10.0,
    }
    return BarrierRecord(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture
def page(qtbot: QtBot) -> BarrierPage:
    page = BarrierPage(LIGHT)
    qtbot.addWidget(page)
    page.resize(600, 400)
    page.show()
    return page


def test_it_says_how_high_the_barrier_is_from_either_side(page: BarrierPage) -> None:
    page.show_record(record(), 17)
    text = page.summary.text()
    assert text.startswith(
        "Barrier 13.0 nats above the minimum of A, 8.0 above that of B; on this path they are 13.0 and 8.0 nats "
        "deep. The path has settled."
    )
    assert "It rises to +9.0 nats" in text
    assert text.endswith("Under H(x) = Σᵢ λᵢ fᵢ(x)")
    page.show_record(None, 17)
    assert page.summary.text() == EXPLANATION
    assert page.plot.series() == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"progress": 0.1, "along": np.zeros(0), "walk_top": None}, "Descending to the local minima"),
        (
            {"progress": 0.5, "walk_top": None},
            "8.0 nats deep. So far: the path has not settled.",
        ),
        (
            {"minima": (8.0, 8.0), "top": (8.0, -4.0)},
            "No barrier: both images descend to the same minimum, at −4.0",
        ),
        ({"converged": False}, "has not quite settled"),
        ({"top": (16.0, -3.0)}, "Both images themselves lie higher than that."),
        (
            {
                "energy": np.array([-2.0, -4.0, 9.0, -7.5, 3.0]),
                "minima": (8.0, 32.0),
                "barriers": (13.0, 6.0),
            },
            "Between, it falls to −7.5.",
        ),
        (
            {"are_minima": (True, False)},
            "No barrier between minima: the descent of B has ended in none. From where they end the path rises",
        ),
        ({"are_minima": (False, False)}, "the descents of A and B have ended in none"),
        (
            {"are_minima": (False, False), "minima": (8.0, 8.0), "top": (8.0, -4.0)},
            "both images descend to the same place, which is no minimum",
        ),
    ],
)
def test_every_end_of_a_search_has_words(changes: dict[str, object], words: str) -> None:
    assert words in describe(record(**changes))


def test_what_is_saved_has_the_minima_on_the_curve(page: BarrierPage) -> None:
    page.show_record(record(), 17)
    curve, minima, top = page.plot.series()
    np.testing.assert_array_equal(curve.values[0][1], [-2.0, -4.0, 9.0, 1.0, 3.0])
    np.testing.assert_allclose(minima.values[0][1], [-4.0, 1.0])
    assert (float(top.x[1][0]), float(top.values[0][1][0])) == (16.0, 9.0)


def test_what_is_no_minimum_is_not_called_one(page: BarrierPage) -> None:
    page.show_record(record(are_minima=(True, False)), 17)
    assert "above the minimum" not in page.summary.text()
    _, ends, _ = page.plot.series()
    assert ends.x[0].startswith("ends of the descents: ")
    first, second = (point.brush().color().name() for point in page.plot._minima.points())
    assert (first, second) == (LIGHT.model, LIGHT.surface)
    page.show_record(record(converged=False), 17)
    _, minima, top = page.plot.series()
    assert minima.x[0].startswith("minima: ")
    assert top.x[0].startswith("highest point: ")


def test_an_image_on_the_path_is_picked_by_keys(page: BarrierPage, qtbot: QtBot) -> None:
    picked: list[tuple[Pick, bool]] = []
    page.picked.connect(lambda pick, second: picked.append((pick, second)))
    page.show_record(record(), 17)
    qtbot.keyClick(page.strip, Qt.Key.Key_Right)
    qtbot.keyClick(page.strip, Qt.Key.Key_Return)
    qtbot.keyClick(page.strip, Qt.Key.Key_Right)
    qtbot.keyClick(page.strip, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert [(pick.name, int(pick.image[0, 0]), second) for pick, second in picked] == [
        ("On the path, at 0%", 0, False),
        ("On the path, at 25%", 1, True),
    ]

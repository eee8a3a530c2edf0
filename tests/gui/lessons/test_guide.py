"""The guide: steps beside real controls, done by mouse and keys, answers that are checked, what is remembered."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from landscape_app.data import asset_path
from landscape_app.gui.lessons import controls
from landscape_app.gui.lessons.callout import (
    LESSON_KEYS,
    Callout,
    Verdict,
    callout_corner,
    callout_place,
    covered,
)
from landscape_app.gui.lessons.guide import RIGHT, SETTLING, WRONG
from landscape_app.gui.lessons.lesson import SHIPPED, TOUR, Compared, Done, read_lesson, shipped_lesson
from landscape_app.gui.lessons.menu import LessonsMenu
from landscape_app.gui.lessons.quantities import QUANTITIES, Scene
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.sampler.recall import RecallDialog
from landscape_app.gui.widgets.paragraph import lines_of
from landscape_app.physics.estimate import Estimate
from landscape_app.physics.square_lattice import CRITICAL_TEMPERATURE
from landscape_app.session.motion import Change
from tests.gui.audit import unexplained
from tests.gui.driving import PATIENCE, click, open_new_run

LESSON = """# Mine

## Press it

Press 7.

Point: target-7
Do: pressed target-7

## Read it

How many epochs?

Point: figure-epoch
Read: trained ± 0
Right: Yes.
Wrong: Look again.

## Choose

- [ ] Wrong one
  Because it is wrong.
- [x] Right one
  Because it is right.

## Bring it about

Heat it.

Point: temperature
Do: temperature ≥ 2
Right: Hot.
Wrong: Cold.

## Nowhere

Look there.

Point: no-such-control
Missing: Make one.
"""


def show(window: MainWindow, number: int, text: str = LESSON) -> None:
    """Begins a lesson at a step."""
    window.guide.begin(read_lesson(text))
    window.guide._go(number)


def outlined(window: MainWindow, name: str) -> bool:
    """True if a control is outlined, and the callout is whole and beside it."""
    guide, control = window.guide, controls.find(window, name)
    assert control is not None
    found = controls.area(control)
    assert found is not None
    host, place = found
    callout = guide.callout.geometry()
    assert host.rect().contains(callout)
    assert guide.callout.window() is host
    assert not guide.outline.isHidden()
    return guide.outline.geometry().contains(place.intersected(host.rect())) and not callout.intersects(place)


@pytest.mark.parametrize(("name", "size"), [(TOUR, QSize(900, 600)), ("sampling", QSize(1280, 800))])
def test_each_step_stands_beside_its_control_and_never_over_it(
    window: MainWindow, name: str, size: QSize
) -> None:
    window.steering.set_target(7)
    window.resize(size)
    QApplication.processEvents()
    lesson = shipped_lesson(name)
    window.guide.begin(lesson)
    for number, step in enumerate(lesson.steps):
        window.guide._go(number)
        QApplication.processEvents()
        window.guide.look()
        assert window.guide.step is step
        control = controls.first_seen(window, step.points)
        assert not step.points or control is not None, step.title
        if control is not None:
            assert outlined(window, control.objectName()), step.title


def test_every_control_and_quantity_that_a_lesson_names_is_there(window: MainWindow, qtbot: QtBot) -> None:
    window.steering.set_target(7)
    assert QUANTITIES["critical temperature"].value(window._scene()) is None
    window.open_lattice()
    scene = window._scene()
    known = {
        name: found for name, quantity in QUANTITIES.items() if (found := quantity.value(scene)) is not None
    }
    assert known["chains"].value == 100
    assert known["trained"].value == 8
    assert known["critical temperature"].value == pytest.approx(CRITICAL_TEMPERATURE)
    assert known["exact magnetisation"].value == pytest.approx(0.0, abs=0.35)
    dialog = open_new_run(window, qtbot)
    recall = RecallDialog(window.theme, window)
    for name in (TOUR, *SHIPPED):
        for step in shipped_lesson(name).steps:
            for control in step.controls:
                assert controls.find(window, control) is not None, f"{name}, line {step.line}: {control}"
            for condition in step.do:
                control = controls.find(window, getattr(condition, "control", ""))
                if isinstance(condition, Done) and condition.deed != "shown":
                    assert control is not None
                    connection = controls.connect(control, condition.deed, lambda *_: None)
                    assert connection is not None, f"{name}: {condition}"
                    controls.disconnect(connection)
                elif isinstance(condition, Compared) and condition.is_control:
                    found = controls.find(window, condition.name)
                    assert found is not None
                    assert controls.number_of(found) is not None, f"{name}: {condition}"
    recall.deleteLater()
    dialog.reject()


def test_a_step_goes_on_once_it_is_done_and_takes_no_keys_away(window: MainWindow, qtbot: QtBot) -> None:
    show(window, 0)
    guide, mosaic = window.guide, window.sampler.mosaic
    assert guide.callout.next_button.text() == "Skip"
    mosaic.setFocus()
    qtbot.keyClick(mosaic, Qt.Key.Key_7)
    guide.look()
    assert guide.callout.verdict.text() == "✓ Done"
    qtbot.waitUntil(lambda: guide.step is not None and guide.step.title == "Read it", timeout=PATIENCE)
    assert QApplication.focusWidget() is mosaic
    # Back there, it is to be done anew, and does not go on by itself.
    click(qtbot, guide.callout.back_button)
    guide.look()
    assert guide.step is not None
    assert guide.step.title == "Press it"
    assert not guide._done


def test_a_number_is_checked_against_what_is_on_view(window: MainWindow, qtbot: QtBot) -> None:
    show(window, 1)
    callout = window.guide.callout
    trained = window.engine.state.trained
    for typed, head, told in (
        ("many", "A number is wanted", "“many” is no number"),
        (str(trained + 1), WRONG, "too high. Look again."),
        (str(trained - 1), WRONG, f"too low. It is {trained}."),
        (str(trained), RIGHT, "Yes."),
    ):
        callout.answer.clear()
        callout.answer.setFocus()
        qtbot.keyClicks(callout.answer, typed)
        assert callout.next_button.text() == "Skip"
        qtbot.keyClick(callout.answer, Qt.Key.Key_Return)
        assert callout.verdict.text() == head
        assert told in callout.because.text()
    assert callout.next_button.text() == "Next"
    assert callout.accessibleName() == "Mine, step 2 of 5: Read it"
    assert callout.verdict.accessibleDescription() == "Yes."


def test_what_was_on_view_a_moment_ago_is_right_and_so_is_what_is_as_good(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "# Mine\n\n## Read it\n\nHow much?\n\nRead: lattice energy or exact energy ± 0.02\nRight: So.\n"
    show(window, 0, text)
    guide, shown = window.guide, [Estimate(-1.5, 0.02)]
    reading = QUANTITIES["lattice energy"]._replace(read=lambda _: shown[0])
    monkeypatch.setitem(QUANTITIES, "lattice energy", reading)
    monkeypatch.setitem(QUANTITIES, "exact energy", reading._replace(read=lambda _: -1.41))
    guide.look()
    shown[0] = Estimate(-1.3, math.nan)
    for answer, head in (
        ("-1.55", WRONG),
        ("-1.46", RIGHT),
        ("-1.3", RIGHT),
        ("-1.4142", RIGHT),
        ("-1.35", WRONG),
    ):
        guide._answer(answer)
        assert guide.callout.verdict.text() == head, answer
    guide._go(0)
    guide._answer("-1.46")
    assert guide.callout.verdict.text() == WRONG


def test_a_choice_is_told_to_be_wrong_or_right(window: MainWindow, qtbot: QtBot) -> None:
    show(window, 2)
    callout = window.guide.callout
    wrong, right = callout.choices
    assert unexplained(window) == []
    # None looks chosen before one is.
    callout.take_keys()
    assert callout.has_keys
    assert not any(choice.hasFocus() for choice in callout.choices)
    qtbot.keyClick(callout, Qt.Key.Key_Tab)
    assert callout.has_keys
    click(qtbot, wrong)
    assert (callout.verdict.text(), callout.because.text()) == (WRONG, "Because it is wrong.")
    click(qtbot, right)
    assert (callout.verdict.text(), callout.because.text()) == (RIGHT, "Because it is right.")


def test_a_state_is_brought_about_or_said_not_to_be_there_yet(window: MainWindow, qtbot: QtBot) -> None:
    show(window, 3)
    callout, box = window.guide.callout, window.steering.findChild(QWidget, "temperature")
    assert callout.note.text() == "temperature: now 1, wanted ≥ 2"
    click(qtbot, callout.check_button)
    assert (callout.verdict.text(), callout.because.text()) == ("✗ Not yet", "Cold.")
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "2.5")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: callout.verdict.text() == RIGHT, timeout=PATIENCE)
    assert callout.because.text() == "Hot."
    # It says why, and waits.
    window.guide.look()
    assert window.guide.step is not None
    assert window.guide.step.title == "Bring it about"


def test_what_is_not_there_is_said_and_what_is_behind_is_brought_up(window: MainWindow, qtbot: QtBot) -> None:
    show(window, 4)
    guide = window.guide
    assert guide.callout.note.text() == "It is not there now. Make one."
    assert guide.outline.isHidden()
    assert guide.callout.next_button.text() == "Done"
    guide._go(1)
    assert outlined(window, "figure-epoch")
    window.docks[3].raise_()
    QApplication.processEvents()
    guide.look()
    assert guide.callout.note.text().startswith("It is in the panel “Training”, which is not in front.")
    click(qtbot, guide.callout.show_button)
    QApplication.processEvents()
    guide.look()
    assert outlined(window, "figure-epoch")
    assert guide.callout.show_button.isHidden()


def test_the_callout_goes_into_a_dialog_and_comes_back(window: MainWindow, qtbot: QtBot) -> None:
    text = "# Mine\n\n## Train\n\nPress Train.\n\nPoint: new-run-train, new-run\nDo: pressed new-run-train\n"
    show(window, 0, text)
    assert outlined(window, "new-run")
    dialog = open_new_run(window, qtbot)
    QApplication.processEvents()
    window.guide.look()
    assert outlined(window, "new-run-train")
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert window.guide.callout.window() is window
    QApplication.processEvents()
    window.guide.look()
    assert outlined(window, "new-run")


def test_where_a_lesson_was_left_is_remembered_and_that_it_was_finished(
    window: MainWindow, qtbot: QtBot
) -> None:
    guide, lesson = window.guide, read_lesson(LESSON)
    guide.begin(lesson)
    click(qtbot, guide.callout.next_button)
    qtbot.keyClick(guide.callout.next_button, Qt.Key.Key_Escape)
    assert guide.step is None
    assert guide.callout.isHidden()
    guide.begin(lesson)
    assert guide.step is lesson.steps[1]
    assert not guide.is_finished(lesson)
    guide._go(4)
    click(qtbot, guide.callout.next_button)
    assert guide.step is None
    assert guide.is_finished(lesson)
    assert guide.reached(lesson) == 0


def test_two_limits_of_a_number_are_said_in_one(window: MainWindow) -> None:
    show(window, 0, "# A\n\n## B\n\nC.\n\nDo: temperature ≥ 2 and temperature ≤ 3\n")
    assert window.guide.callout.note.text() == "temperature: now 1, wanted 2 to 3"
    assert "2.27" not in window.guide.callout.answer.placeholderText()


STAGES = """# Mine

## Twice

Hold the chains, and let them go on.

Point: chains-play
Begin: value of temperature = 1 and value of chains-play = 1
First: Set T to 1.
Do: pressed chains-play then pressed chains-play

## Up and down

Heat, then cool.

Do: temperature ≥ 2 then temperature ≤ 1

## Anew

Begin anew.

Do: pressed chains-play then steps ≥ 0
Right: So it goes.
"""


def test_a_step_is_done_when_all_it_asks_for_is_done_in_order(window: MainWindow, qtbot: QtBot) -> None:
    show(window, 0, STAGES)
    guide, play = window.guide, window.sampler.play_button
    click(qtbot, play)
    guide.look()
    assert not guide._done
    assert guide.callout.note.text() == "done: 1 of 2"
    click(qtbot, play)
    guide.look()
    assert guide._done
    guide._go(1)
    assert "wanted ≥ 2" in guide.callout.note.text()
    window.steering.temperature.set_value(2.5)
    qtbot.waitUntil(lambda: "wanted ≤ 1; done: 1 of 2" in guide.callout.note.text(), timeout=PATIENCE)
    window.steering.temperature.set_value(1.0)
    qtbot.waitUntil(lambda: guide._done, timeout=PATIENCE)


def test_a_number_after_a_deed_is_looked_at_once_that_has_worked(window: MainWindow, qtbot: QtBot) -> None:
    show(window, 2, STAGES)
    guide = window.guide
    guide._timer.stop()
    click(qtbot, window.sampler.play_button)
    # The deed itself has it look once.
    for _ in range(SETTLING - 1):
        guide.look()
        assert not guide._done
    guide.look()
    assert (guide.callout.verdict.text(), guide.callout.because.text()) == ("✓ Done", "So it goes.")


def test_a_step_begins_from_a_state_that_one_button_brings_about(window: MainWindow, qtbot: QtBot) -> None:
    show(window, 0, STAGES)
    guide, play = window.guide, window.sampler.play_button
    assert guide.callout.mend_button.isHidden()
    window.steering.temperature.set_value(2.0)
    guide._go(0)
    click(qtbot, play)
    guide.look()
    assert guide.callout.note.text() == "Set T to 1."
    assert not guide.callout.mend_button.isHidden()
    click(qtbot, guide.callout.mend_button)
    assert play.isChecked()
    assert window.steering.temperature.box.value() == 1
    assert guide.callout.mend_button.isHidden()
    # What was pressed before does not count.
    assert guide.callout.note.text() == "done: 0 of 2"


def test_keys_lead_to_the_step_and_back(window: MainWindow, qtbot: QtBot) -> None:
    show(window, 1)
    callout, mosaic = window.guide.callout, window.sampler.mosaic
    mosaic.setFocus()
    qtbot.keyClick(mosaic, Qt.Key.Key_F6)
    assert QApplication.focusWidget() is callout.answer
    qtbot.keyClick(callout.answer, Qt.Key.Key_F6)
    assert QApplication.focusWidget() is mosaic
    assert [key for key, _ in LESSON_KEYS.rows] == ["Return", "Esc"]


def test_a_teacher_s_file_is_opened_or_its_line_is_told(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    menu: LessonsMenu = window.lessons
    path = tmp_path / "mine.md"
    path.write_text(LESSON, encoding="utf-8")
    menu.open(path)
    assert window.guide.lesson == read_lesson(LESSON)
    path.write_text(LESSON.replace("trained", "traned"), encoding="utf-8")
    menu.open(path)
    assert "mine.md, line 15: there is no quantity “traned”" in window.banner.text.text()
    menu._mark()
    assert [action.text() for action in menu.actions()][-1] == "Open…"
    assert len(menu.actions()) == len(SHIPPED) + 2


@pytest.mark.parametrize(
    "control",
    [QRect(20, 20, 100, 30), QRect(400, 300, 400, 200), QRect(0, 40, 560, 500), QRect(0, 0, 900, 600)],
)
def test_a_callout_is_whole_in_the_window_and_beside_what_it_is_about(control: QRect) -> None:
    window = QRect(0, 0, 900, 600)
    callout = QRect(callout_corner(control, QSize(330, 150), window), QSize(330, 150))
    assert window.contains(callout)
    if control.width() < 900:
        assert not callout.intersects(control)


def test_every_answer_of_every_lesson_is_whole_and_nothing_stands_for_no_text(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.resize(900, 600)
    with qtbot.waitExposed(window, timeout=PATIENCE):
        window.show()
    callout = Callout(window)
    paths = sorted(asset_path("lessons/tour.md").parent.rglob("*.md"))
    assert any(path.parent.name == "de" for path in paths)
    for path in paths:
        lesson = read_lesson(path.read_text(encoding="utf-8"))
        for number, step in enumerate(lesson.steps):
            callout.show_step(step, number, len(lesson.steps), lesson.title)
            callout.show()
            callout.fit()
            QApplication.processEvents()
            assert callout.text.isVisible() == bool(step.text)
            for button in callout.choices:
                where = f"{path.name}: {button.accessibleName()}"
                assert button.width() >= button.sizeHint().width(), where
                assert button.height() >= button.sizeHint().height(), where
                assert callout.rect().contains(button.geometry()), where
    callout.hide()


def test_lines_of_a_text_are_broken_at_blanks_by_their_width(window: MainWindow) -> None:
    metrics = window.fontMetrics()
    room = metrics.horizontalAdvance("ever more images")
    assert lines_of("ever more images that are", metrics, room) == ["ever more images", "that are"]
    assert lines_of("a incomprehensibilities", metrics, 5) == ["a", "incomprehensibilities"]
    assert lines_of("", metrics, room) == []


def test_a_callout_covers_least_of_what_it_could_hide() -> None:
    window, control = QRect(0, 0, 900, 600), QRect(400, 100, 100, 30)
    size = QSize(330, 150)
    below = QRect(callout_corner(control, size, window), size)
    assert below.top() > control.bottom()
    hidden = [QRect(300, 140, 300, 200)]
    elsewhere = QRect(callout_corner(control, size, window, hidden), size)
    assert not elsewhere.intersects(hidden[0])
    assert not elsewhere.intersects(control)
    assert window.contains(elsewhere)


def test_a_callout_covers_nothing_that_is_to_be_read_where_another_size_does_not() -> None:
    window, control = QRect(0, 0, 900, 600), QRect(20, 300, 160, 30)
    reading = QRect(0, 340, 900, 250)
    sizes = [QSize(330, 380), QSize(560, 220)]
    narrow = QRect(callout_corner(control, sizes[0], window, readings=[reading]), sizes[0])
    assert narrow.intersects(reading)
    broad = callout_place(control, sizes, window, readings=[reading])
    assert broad.size() == sizes[1]
    assert covered(broad, control, [reading]) == (0, 0)
    # Of two sizes that are alike in that, the first.
    assert callout_place(control, sizes, window).size() == sizes[0]


@pytest.mark.parametrize("size", [QSize(900, 600), QSize(1280, 800), QSize(1920, 1200)])
def test_the_averages_of_the_lattice_are_in_sight_in_the_steps_that_ask_for_them(
    window: MainWindow, size: QSize
) -> None:
    window.open_lattice()
    lattice = window.lattice
    assert lattice is not None
    lattice.resize(size)
    lesson = shipped_lesson("ising")
    window.guide.begin(lesson)
    asking = [number for number, step in enumerate(lesson.steps) if "lattice-averages" in step.readings]
    assert len(asking) == 3
    guide = window.guide
    for number in asking:
        guide._go(number)
        QApplication.processEvents()
        guide.look()
        assert guide.callout.window() is lattice
        step = lesson.steps[number]
        readings = controls.seen_in(lattice, (*step.readings, *step.points))
        assert len(readings) >= 2
        assert not any(guide.callout.geometry().intersects(place) for place in readings), step.title
        # Also once it says more.
        guide.callout.show_verdict(Verdict("bad", WRONG, step.wrong))
        QApplication.processEvents()
        guide.look()
        assert not any(guide.callout.geometry().intersects(place) for place in readings), step.title


def test_a_step_tells_that_cold_chains_do_not_follow(window: MainWindow, qtbot: QtBot) -> None:
    window.steering.set_target(7)
    window.steering.temperature.set_value(0.1)
    qtbot.waitUntil(lambda: window.engine.state.composition.temperature == 0.1, timeout=PATIENCE)
    guide, tour = window.guide, shipped_lesson(TOUR)
    guide.begin(tour)
    number = next(number for number, step in enumerate(tour.steps) if "outcomes" in step.points)
    guide._go(number)
    guide.look()
    assert guide.callout.note.text().startswith("The chains stand still, or T is not 1")
    assert not guide.callout.mend_button.isHidden()
    click(qtbot, guide.callout.mend_button)
    qtbot.waitUntil(lambda: "change in 100 steps" in guide.callout.note.text(), timeout=PATIENCE)
    assert not guide._done
    state = window.engine.state
    assert state.snapshot is not None
    frozen = replace(state, snapshot=replace(state.snapshot, change=Change(0.04, 100)))
    assert QUANTITIES["change in 100 steps"].value(Scene(frozen)) == Estimate(0.04, 0.0)
    waited = {
        condition.name: condition for condition in tour.steps[number].do if isinstance(condition, Compared)
    }
    assert not waited["change in 100 steps"].holds(0.04)
    assert waited["change in 100 steps"].holds(0.28)


def test_a_callout_without_a_control_is_not_buried_by_panels(window: MainWindow) -> None:
    show(window, 0, "# A\n\n## B\n\nWords.\n")
    callout = window.guide.callout
    window.sampler.parentWidget().raise_()
    for part in (window.sampler, *window.docks):
        part.raise_()
    window.guide.look()
    front = window.childAt(callout.geometry().center())
    assert front is callout or callout.isAncestorOf(front)


def test_what_a_step_names_is_left_in_sight(window: MainWindow) -> None:
    window.resize(900, 600)
    text = "# A\n\n## B\n\nClick on the map, then press **Barrier**.\n\nPoint: minima\nDo: pressed barrier\n"
    show(window, 0, text)
    QApplication.processEvents()
    callout = window.guide.callout
    for name in ("minima", "barrier", "dissect"):
        control = controls.find(window, name)
        assert control is not None
        found = controls.area(control)
        assert found is not None, name
        assert not callout.geometry().intersects(found[1]), name


def test_a_callout_is_dragged_by_its_body_and_stays_there_within_its_step(
    window: MainWindow, qtbot: QtBot
) -> None:
    show(window, 1)
    guide = window.guide
    callout, before = guide.callout, guide.callout.pos()
    middle = callout.text.mapTo(callout, callout.text.rect().center())
    away = QPoint(40, -200)
    qtbot.mousePress(callout, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.mouseMove(callout, middle + away)
    qtbot.mouseRelease(callout, Qt.MouseButton.LeftButton, pos=middle)
    there = callout.pos()
    assert there != before
    guide._answer("many")
    guide.look()
    assert callout.pos() == there
    qtbot.mousePress(callout, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.mouseMove(callout, middle + QPoint(-5_000, -5_000))
    qtbot.mouseRelease(callout, Qt.MouseButton.LeftButton, pos=middle)
    assert window.rect().contains(callout.geometry())
    guide._go(2)
    assert not callout.dragged
    guide._go(1)
    assert outlined(window, "figure-epoch")


@pytest.mark.parametrize(("name", "number"), [(TOUR, 1), ("steering", 0)])
def test_a_request_that_stands_already_is_not_asked_for_again(
    window: MainWindow, qtbot: QtBot, name: str, number: int
) -> None:
    guide, callout = window.guide, window.guide.callout
    lesson = shipped_lesson(name)
    assert "**7**" in lesson.steps[number].text
    window.steering.set_target(7)
    guide.begin(lesson)
    guide._go(number)
    assert callout.verdict.text().startswith("✓ Already so")
    click(qtbot, callout.next_button)
    assert guide.step is lesson.steps[number + 1]
    # Where it does not stand, pressing it is what is waited for.
    window.steering.clear()
    guide._go(number)
    assert "Already" not in callout.verdict.text()
    click(qtbot, window.steering.targets.button(7))
    qtbot.waitUntil(lambda: guide.step is lesson.steps[number + 1], timeout=PATIENCE)
    guide.end()

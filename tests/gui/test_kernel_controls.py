"""A kernel's parameters, as a person watches and sets them."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.state import Activity
from landscape_app.gui.widgets.kernel_controls import KernelControls
from landscape_app.gui.widgets.numbers import NumberBox
from landscape_app.physics.kernels import HMC, HeatBath, Kernel
from landscape_app.physics.space import Box, Space, Spins
from landscape_app.session.records import KernelRecord
from landscape_app.session.sampler import describe_kernel
from tests.gui.driving import PATIENCE


def click(qtbot: QtBot, widget: QAbstractButton) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=QPoint(8, widget.height() // 2))


def enter(qtbot: QtBot, box: NumberBox, text: str) -> None:
    qtbot.mouseDClick(box.lineEdit(), Qt.MouseButton.LeftButton)
    box.selectAll()
    qtbot.keyClicks(box, text)
    qtbot.keyClick(box, Qt.Key.Key_Return)


def kernel(window: MainWindow) -> KernelRecord:
    record = window.engine.state.kernel
    assert record is not None
    return record


def controls_for(qtbot: QtBot, kernel: Kernel, space: Space, automatic: bool) -> KernelControls:
    controls = KernelControls()
    qtbot.addWidget(controls)
    controls.show_record(describe_kernel(kernel, space, 0.5, automatic))
    controls.show()
    return controls


def test_the_step_size_is_watched_then_set_then_left_to_itself_again(
    window: MainWindow, qtbot: QtBot
) -> None:
    controls = window.sampler.kernel_controls
    box, height = controls.boxes["step_size"], controls.height()
    assert controls.switch.isChecked()
    assert box.isReadOnly()
    qtbot.waitUntil(
        lambda: box.value() == pytest.approx(kernel(window).values[0], abs=0.01), timeout=PATIENCE
    )
    assert box.text().endswith(" levels")
    qtbot.waitUntil(lambda: "% accepted, best 57%" in controls.meter.text, timeout=PATIENCE)
    click(qtbot, controls.switch)
    assert not box.isReadOnly()
    qtbot.waitUntil(lambda: not kernel(window).automatic, timeout=PATIENCE)
    enter(qtbot, box, "3.5")
    qtbot.waitUntil(lambda: kernel(window).values == (3.5,), timeout=PATIENCE)
    qtbot.wait(100)
    assert box.value() == 3.5
    assert not controls.switch.isChecked()
    assert controls.height() == height
    click(qtbot, controls.switch)
    qtbot.waitUntil(lambda: kernel(window).adapting and kernel(window).values != (3.5,), timeout=PATIENCE)
    qtbot.waitUntil(lambda: box.value() != 3.5, timeout=PATIENCE)


def test_another_kernel_brings_its_own_parameter_and_tunes_itself(window: MainWindow, qtbot: QtBot) -> None:
    controls, picker = window.sampler.kernel_controls, window.sampler.kernel_box
    click(qtbot, controls.switch)
    picker.setFocus()
    qtbot.keyClick(picker, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: kernel(window).name == "random-walk", timeout=PATIENCE)
    qtbot.waitUntil(controls.switch.isChecked, timeout=PATIENCE)
    assert picker.currentData() == "random-walk"
    assert "Gaussian" in controls.boxes["step_size"].toolTip()
    assert {picker.itemData(i) for i in range(picker.count())} == {
        "discrete-langevin",
        "random-walk",
        "single-site",
    }


def test_the_box_takes_no_number_out_of_range_and_a_refusal_is_told(window: MainWindow, qtbot: QtBot) -> None:
    controls = window.sampler.kernel_controls
    box = controls.boxes["step_size"]
    click(qtbot, controls.switch)
    enter(qtbot, box, "99")
    assert box.value() <= 24.0
    enter(qtbot, box, "2")
    qtbot.waitUntil(lambda: kernel(window).values == (2.0,), timeout=PATIENCE)
    window.engine.tune_kernel(step_size=99.0)
    qtbot.waitUntil(window.banner.isVisible, timeout=PATIENCE)
    assert "must be a number from 0.2 to 24 levels, got 99" in window.banner.text.text()
    assert kernel(window).values == (2.0,)
    assert box.value() == 2.0


def test_while_training_the_kernel_that_trains_is_shown_and_cannot_be_set(
    window: MainWindow, qtbot: QtBot
) -> None:
    controls = window.sampler.kernel_controls
    click(qtbot, controls.switch)
    qtbot.waitUntil(lambda: not kernel(window).automatic, timeout=PATIENCE)
    qtbot.waitUntil(window.toolbar.train_button.isEnabled, timeout=PATIENCE)
    click(qtbot, window.toolbar.train_button)
    qtbot.waitUntil(
        lambda: window.engine.state.activity is Activity.TRAINING and kernel(window).automatic,
        timeout=PATIENCE,
    )
    qtbot.waitUntil(lambda: not controls.switch.isEnabled(), timeout=PATIENCE)
    assert controls.boxes["step_size"].isReadOnly()
    click(qtbot, window.toolbar.pause_button)
    qtbot.waitUntil(lambda: window.engine.state.activity is Activity.SAMPLING, timeout=PATIENCE)
    assert not kernel(window).automatic
    qtbot.waitUntil(lambda: not controls.boxes["step_size"].isReadOnly(), timeout=PATIENCE)


def test_the_tab_key_leads_from_the_switch_to_the_boxes(window: MainWindow, qtbot: QtBot) -> None:
    controls = window.sampler.kernel_controls
    click(qtbot, controls.switch)
    controls.switch.setFocus()
    qtbot.keyClick(controls.switch, Qt.Key.Key_Tab)
    assert controls.boxes["step_size"].hasFocus()


def test_trajectories_have_a_box_for_their_length(qtbot: QtBot) -> None:
    controls = controls_for(qtbot, HMC(0.25, 3.0), Box((2,), -1.0, 1.0), automatic=False)
    assert [box.value() for box in controls.boxes.values()] == [0.25, 3.0]
    with qtbot.waitSignal(controls.tuned) as heard:
        enter(qtbot, controls.boxes["length"], "4.5")
    assert heard.args == ["length", 4.5]


def test_a_kernel_without_a_choice_says_so(qtbot: QtBot) -> None:
    controls = controls_for(qtbot, HeatBath(), Spins((4,)), automatic=True)
    assert controls.nothing.isVisible()
    assert not controls.switch.isVisible()
    assert not controls.boxes


def test_what_a_person_sets_is_not_taken_back_by_a_record_of_before(qtbot: QtBot) -> None:
    before = describe_kernel(HMC(0.25), Box((2,), -1.0, 1.0), 0.5, automatic=False)
    controls = controls_for(qtbot, HMC(0.25), Box((2,), -1.0, 1.0), automatic=False)
    enter(qtbot, controls.boxes["step_size"], "0.5")
    controls.show_record(before)
    assert controls.boxes["step_size"].value() == 0.5
    controls.forget()
    controls.show_record(before)
    assert controls.boxes["step_size"].value() == 0.25


@pytest.mark.parametrize(
    ("value", "text"), [(1.874, "1.87"), (0.01234, "0.0123"), (24.0, "24.0"), (1234.4, "1234")]
)
def test_numbers_have_three_digits(qtbot: QtBot, value: float, text: str) -> None:
    box = NumberBox(1e-5, 1e4)
    qtbot.addWidget(box)
    assert box.textFromValue(value).replace(box.locale().groupSeparator(), "") == text


def test_one_level_is_in_the_singular(qtbot: QtBot) -> None:
    box = NumberBox(1.0, 8.0, "levels", whole=True)
    qtbot.addWidget(box)
    box.show_value(3.0)
    assert box.text() == "3 levels"
    box.show_value(1.0)
    assert box.text() == "1 level"
    box.setValue(2.0)
    assert box.text() == "2 levels"

"""Buttons above the layers, without a window: each tells what it is pressed for."""

import pytest
from pytestqt.qtbot import QtBot

from landscape_app.gui.steering.tools import Tools
from landscape_app.physics.fields import KINDS, kinds_for
from landscape_app.physics.space import Line
from landscape_app.session.composition import presets


@pytest.fixture
def tools(qtbot: QtBot) -> Tools:
    tools = Tools()
    qtbot.addWidget(tools)
    tools.show()
    tools.show_presets(presets(("zero", "one"), 0))
    tools.set_ready(True, True)
    return tools


def test_every_kind_of_field_can_be_added(tools: Tools, qtbot: QtBot) -> None:
    added: list[str] = []
    tools.added.connect(added.append)
    for action in tools.add_button.menu().actions():
        action.trigger()
    assert added == list(KINDS)
    kinds = kinds_for(Line((2,)), 0)
    tools.show_kinds(kinds)
    shown = [action.objectName() for action in tools.add_button.menu().actions() if action.isVisible()]
    assert shown == [f"add-{kind}" for kind in kinds]


def test_a_preset_of_the_menu_is_told(tools: Tools) -> None:
    told: list[object] = []
    tools.preset.connect(told.append)
    actions = tools.preset_button.menu().actions()
    assert [action.text() for action in actions[:2]] == ["Steer to zero", "Steer to one"]
    actions[1].trigger()
    assert [preset.make().target for preset in told] == [1]  # type: ignore[attr-defined]


def test_buttons_of_a_comparison_are_there_while_there_is_one(tools: Tools, qtbot: QtBot) -> None:
    assert not tools.swap.isVisible()
    place = tools.compare.geometry()
    tools.show_comparison(True)
    assert tools.compare.isChecked()
    assert tools.compare.geometry() == place
    for button, signal in (
        (tools.swap, tools.swapped),
        (tools.keep_a, tools.kept_a),
        (tools.keep_b, tools.kept_b),
    ):
        with qtbot.waitSignal(signal):
            button.click()
    tools.show_comparison(False)
    assert not tools.swap.isVisible()
    assert tools.open.isVisible()


def test_what_cannot_be_done_cannot_be_pressed(tools: Tools) -> None:
    tools.show_history(can_undo=True, can_redo=False)
    assert (tools.undo.isEnabled(), tools.redo.isEnabled()) == (True, False)
    tools.set_ready(True, False)
    assert tools.add_button.isEnabled()
    assert not tools.compare.isEnabled()
    tools.set_ready(False, False)
    assert not tools.preset_button.isEnabled()

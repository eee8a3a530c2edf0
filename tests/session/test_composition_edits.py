"""Undo and redo, and what a person does to a list of layers."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landscape_app.physics.fields import (
    ALL_OF,
    NONE_OF,
    ClassCondition,
    InkAmount,
    SmoothPixels,
    SymmetryAbout,
)
from landscape_app.session import Composition, CompositionHistory, Layer
from landscape_app.session.composition_edits import (
    added,
    chosen_class,
    class_layer,
    duplicated,
    moved,
    removed,
    switched_off,
    towards_class,
)

INK, SYMMETRY, SMOOTH = Layer(InkAmount(0.2), 3.0), Layer(SymmetryAbout(), 2.0), Layer(SmoothPixels(), 1.0)
THREE = Composition((INK, SYMMETRY, SMOOTH), temperature=2.0)


def test_layers_are_added_removed_moved_and_duplicated() -> None:
    assert removed(THREE, 1).layers == (INK, SMOOTH)
    assert added(Composition((INK,)), SMOOTH, 0).layers == (SMOOTH, INK)
    assert moved(THREE, 0, 2).layers == (SYMMETRY, SMOOTH, INK)
    assert moved(THREE, 2, -5).layers == (SMOOTH, INK, SYMMETRY)
    assert duplicated(THREE, 1).layers == (INK, SYMMETRY, SYMMETRY, SMOOTH)
    assert [layer.enabled for layer in switched_off(THREE, [0, 2]).layers] == [False, True, False]
    assert moved(THREE, 0, 2).temperature == 2.0


def test_a_class_is_chosen_replaced_and_removed_among_other_layers() -> None:
    excluded = Layer(ClassCondition((1,), NONE_OF), 1.0)
    start = Composition((excluded, INK))
    assert class_layer(start) is None
    seven = towards_class(start, 7, 2.5)
    assert seven.layers == (excluded, INK, Layer(ClassCondition((7,)), 2.5))
    weaker = seven.with_layer(2, strength=1.5, enabled=False)
    assert chosen_class(weaker) is None
    four = towards_class(weaker, 4, 9.0)
    assert four.layers[2] == Layer(ClassCondition((4,)), 1.5)
    assert chosen_class(four) == 4
    assert towards_class(four, None) == start
    assert towards_class(start, None) == start
    pair = Composition((Layer(ClassCondition((3, 8), ALL_OF), 1.0),))
    assert class_layer(pair) is None


def at(temperature: float) -> Composition:
    return Composition(temperature=temperature)


def test_edits_of_one_gesture_are_one_step() -> None:
    history = CompositionHistory(at(1.0)).edited(at(2.0))
    for temperature in (2.1, 2.2, 2.3):
        history = history.edited(at(temperature), "drag")
    history = history.settled().edited(at(3.0), "drag").edited(at(3.1), "drag").edited(at(4.0))
    seen = []
    while history.can_undo:
        history = history.undone()
        seen.append(history.present.temperature)
    assert seen == [3.1, 2.3, 2.0, 1.0]


def test_an_edit_that_changes_nothing_is_no_step_and_a_new_one_ends_redoing() -> None:
    history = CompositionHistory(at(1.0)).edited(at(1.0))
    assert not history.can_undo
    assert history.undone() is history
    history = history.edited(at(2.0)).undone()
    assert history.can_redo
    history = history.edited(at(3.0))
    assert not history.can_redo
    assert history.redone() is history


@given(st.lists(st.sampled_from([1.0, 2.0, 3.0, 4.0, "undo", "redo"]), max_size=30))
def test_undo_and_redo_are_those_of_a_list_and_a_place_in_it(steps: list[float | str]) -> None:
    history, states, place = CompositionHistory(at(1.0)), [1.0], 0
    for step in steps:
        if step == "undo":
            history, place = history.undone(), max(0, place - 1)
        elif step == "redo":
            history, place = history.redone(), min(len(states) - 1, place + 1)
        elif step != states[place]:
            history = history.edited(at(float(step)))
            states = [*states[: place + 1], float(step)]
            place += 1
        assert history.present.temperature == states[place]
        assert (history.can_undo, history.can_redo) == (place > 0, place < len(states) - 1)


def test_more_layers_than_there_can_be_are_refused() -> None:
    full = replace(THREE, layers=(INK,) * 64)
    with pytest.raises(ValueError, match="at most 64 layers"):
        duplicated(full, 0)

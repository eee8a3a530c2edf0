"""A composition: its formula and coefficients, what it refuses, how it is kept, edited and undone."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landscape_app.physics.fields.classes import ALL_OF, NONE_OF, ClassCondition
from landscape_app.physics.fields.custom import CustomField
from landscape_app.physics.fields.discriminator import DiscriminatorRound
from landscape_app.physics.fields.pixels import (
    FixedPixels,
    InkAmount,
    SimilarityTo,
    SmoothPixels,
    SymmetryAbout,
)
from landscape_app.physics.space import Levels, Line
from landscape_app.session.composition import (
    Composition,
    CompositionHistory,
    Layer,
    added,
    chosen_class,
    class_layer,
    duplicated,
    moved,
    presets,
    removed,
    switched_off,
    towards_class,
)
from landscape_app.session.composition_file import read_composition, write_composition


def test_a_composition_in_short_names_what_acts_and_nothing_else() -> None:
    acting = Layer(InkAmount(0.2), -80.0, name="less ink")
    off, weightless = Layer(SmoothPixels(), 1.0, enabled=False), Layer(SymmetryAbout(), 0.0)
    fixed, nothing = Layer(FixedPixels(((0, 0, 3),))), Layer(FixedPixels())
    composition = of(acting, off, weightless, fixed, nothing, temperature=2.0, model_temperature=0.5)
    assert composition.in_short == "less ink (α = −80), 1 pixel fixed, Tₘ = 0.5, T = 2"
    assert replace(composition, hamiltonian=False).in_short == (
        "without the model, less ink (α = −80), 1 pixel fixed, T = 2"
    )
    assert of(off, weightless, nothing).in_short == "the model alone"
    assert of(temperature=2.0, model_temperature=0.5).in_short == "the model alone, Tₘ = 0.5, T = 2"
    assert Composition().summary(with_temperature=True) == "the model alone, T = 1"


def of(*layers: Layer, **changes: float) -> Composition:
    return Composition(layers, **changes)


@pytest.mark.parametrize(
    ("composition", "formula"),
    [
        (Composition(), "H(x) = Σᵢ λᵢ fᵢ(x)"),
        (Composition.towards(7), "H(x) = Σᵢ λᵢ fᵢ(x) − 4 · log p(7 | x)"),
        (Composition.towards(7, 1), "H(x) = Σᵢ λᵢ fᵢ(x) − log p(7 | x)"),
        (Composition.towards(7, 0), "H(x) = Σᵢ λᵢ fᵢ(x)"),
        (Composition.towards(3, 2.5, hamiltonian=False), "H(x) = −2.5 · log p(3 | x)"),
        (Composition(hamiltonian=False), "H(x) = 0"),
        (Composition(hamiltonian=False, temperature=2), "H(x) = 0"),
        (Composition(temperature=0.5), "H(x) = [ Σᵢ λᵢ fᵢ(x) ] / 0.5"),
        (Composition(model_temperature=2), "H(x) = 0.5 · Σᵢ λᵢ fᵢ(x)"),
        (Composition.towards(0, temperature=2), "H(x) = [ Σᵢ λᵢ fᵢ(x) − 4 · log p(0 | x) ] / 2"),
        (of(Layer(ClassCondition((1,), NONE_OF), 2)), "H(x) = Σᵢ λᵢ fᵢ(x) − 2 · log(1 − p(1 | x))"),
        (of(Layer(ClassCondition((3, 8), ALL_OF), 2)), "H(x) = Σᵢ λᵢ fᵢ(x) − 2 · log[p(3 | x) p(8 | x)]"),
        (of(Layer(ClassCondition((3, 8)), 4)), "H(x) = Σᵢ λᵢ fᵢ(x) + 4 · V[3 or 8](x)"),
        (
            of(Layer(ClassCondition((3, 8), shares=(60.0, 40.0)), 1)),
            "H(x) = Σᵢ λᵢ fᵢ(x) + V[60% 3, 40% 8](x)",
        ),
        (of(Layer(InkAmount(0.25), -2)), "H(x) = Σᵢ λᵢ fᵢ(x) − 2 · N (ū − 0.25)²"),
        (
            of(Layer(SymmetryAbout("left-right"), 3)),
            "H(x) = Σᵢ λᵢ fᵢ(x) + 3 · ½ Σ (u − u′)², left-right",
        ),
        (of(Layer(InkAmount(0.25), 2, enabled=False)), "H(x) = Σᵢ λᵢ fᵢ(x)"),
        (of(Layer(FixedPixels(((0, 0, 3),)), 1)), "H(x) = Σᵢ λᵢ fᵢ(x), 1 pixel fixed"),
    ],
)
def test_formula_says_what_is_sampled(composition: Composition, formula: str) -> None:
    assert composition.formula == formula


def test_coefficients_are_those_of_the_formula() -> None:
    assert Composition.towards(1, 3, temperature=2).model_coefficient == 0.5
    assert Composition(temperature=2, model_temperature=4).model_coefficient == 0.125
    assert Composition.towards(None, 3, temperature=2, hamiltonian=False).model_coefficient == 0
    assert not Composition.towards(1).is_model
    assert Composition().is_model
    assert Composition.towards(4, 0).is_model
    assert not of(Layer(FixedPixels(((0, 0, 3),)))).is_model
    assert of(Layer(FixedPixels(()))).is_model


def test_only_a_single_class_is_a_target() -> None:
    assert Composition.towards(4).target == 4
    assert of(Layer(ClassCondition((4,), NONE_OF))).target is None
    assert of(Layer(ClassCondition((4, 5)))).target is None
    assert of(Layer(ClassCondition((4,))), Layer(ClassCondition((5,)))).target is None


def test_every_condition_must_be_met_to_be_on_target() -> None:
    import numpy as np

    classes = np.array([1, 2, 3, 4])
    assert of(Layer(ClassCondition((1, 2)))).is_met_by(classes).tolist() == [True, True, False, False]
    both = of(Layer(ClassCondition((1, 2))), Layer(ClassCondition((2,), NONE_OF)))
    assert both.is_met_by(classes).tolist() == [True, False, False, False]


@pytest.mark.parametrize("strength", [-1.0, -1e-9, math.nan, math.inf, 1e300])
def test_strengths_outside_the_range_are_refused(strength: float) -> None:
    with pytest.raises(ValueError, match="the strength must be a number from 0"):
        Composition.towards(1, strength)


@pytest.mark.parametrize("temperature", [0.0, -1.0, math.nan, math.inf, 1e-30])
def test_temperatures_outside_the_range_are_refused(temperature: float) -> None:
    with pytest.raises(ValueError, match="the temperature must be a positive number"):
        Composition(temperature=temperature)
    with pytest.raises(ValueError, match="the temperature must be a positive number"):
        Composition(model_temperature=temperature)


EVERY_KIND = Composition(
    (
        Layer(ClassCondition((3, 8), shares=(0.6, 0.4)), 4.0, name="mostly three"),
        Layer(ClassCondition((1,), NONE_OF), 2.0, enabled=False),
        Layer(DiscriminatorRound(2), 0.7),
        Layer(FixedPixels(((0, 1, 16), (7, 7, 0)), exact=True), 1.0),
        Layer(InkAmount(0.2), -3.5),
        Layer(SymmetryAbout("half-turn"), 1.0),
        Layer(SimilarityTo(((0, 1), (2, 3)), "training image 5"), -1.0),
        Layer(SmoothPixels(), 0.5),
        Layer(CustomField("mine/tilt.py", "ab" * 32), 1.5),
    ),
    temperature=0.5,
    model_temperature=2.0,
    hamiltonian=False,
)


def test_a_file_holds_every_kind_of_field() -> None:
    reading = read_composition(write_composition(EVERY_KIND))
    assert reading.composition == EVERY_KIND
    assert reading.notes == ()


def test_what_a_newer_version_adds_is_left_out_and_named() -> None:
    found = json.loads(write_composition(EVERY_KIND))
    found |= {"version": 9, "gravity": 3}
    found["layers"][4]["curvature"] = 1
    found["layers"].append({"kind": "telepathy", "strength": 1})
    reading = read_composition(json.dumps(found))
    assert reading.composition == EVERY_KIND
    notes = "; ".join(reading.notes)
    assert all(word in notes for word in ("version 9", "'gravity'", "'curvature'", '"telepathy"'))


DIGITS = Levels((8, 8), 17)


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (Layer(SimilarityTo(((0, 1), (2, 3))), 1.0), "its image is 2 × 2, this run's are 8 × 8"),
        (Layer(SimilarityTo(((17,) * 8,) * 8), 1.0), "a level outside the model's levels"),
        (Layer(FixedPixels(((3, 8, 1),))), "no pixel in row 3, column 8"),
        (Layer(FixedPixels(((0, 0, 60_000),))), "a level outside the model's levels"),
        (Layer(ClassCondition((3, 12)), 2.0), "there is no class 12"),
        (Layer(ClassCondition(tuple(range(10)), NONE_OF), 2.0), "at least one class must be left over"),
    ],
)
def test_what_does_not_fit_the_run_is_left_out_and_named_with_its_reason(layer: Layer, reason: str) -> None:
    fits = Layer(InkAmount(0.2), 3.0), Layer(FixedPixels(((7, 7, 16),)))
    whole = Composition((fits[0], replace(layer, name="foreign"), fits[1]), temperature=2.0)
    reading = read_composition(write_composition(whole), DIGITS, 10)
    assert reading.composition == Composition(fits, temperature=2.0)
    (note,) = reading.notes
    assert note.startswith("layer 2 “foreign” was left out: ")
    assert reason in note
    assert read_composition(write_composition(whole)).composition == whole


def test_a_run_without_images_or_classes_takes_what_is_left() -> None:
    reading = read_composition(write_composition(EVERY_KIND), Line((2,)), 0)
    assert [layer.field.kind for layer in reading.composition.layers] == ["custom"]
    assert len(reading.notes) == len(EVERY_KIND.layers) - 1


def test_of_too_many_layers_the_first_are_taken() -> None:
    found = json.loads(write_composition(EVERY_KIND))
    found["layers"] *= 9
    reading = read_composition(json.dumps(found))
    assert reading.composition.layers == (EVERY_KIND.layers * 9)[:64]
    assert "at most 64 layers: of 81" in reading.notes[0]


@pytest.mark.parametrize("level", [10**30, -(10**30), True, 2.5])
def test_levels_beyond_all_bounds_are_refused_where_they_are_read(level: float) -> None:
    found = json.loads(write_composition(EVERY_KIND))
    found["layers"][3]["pixels"][0][2] = level
    found["layers"][6]["image"][0][0] = level
    reading = read_composition(json.dumps(found))
    assert len(reading.composition.layers) == len(EVERY_KIND.layers) - 2
    assert all("was left out: " in note for note in reading.notes)


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ({"kind": "ink", "share": "much"}, 'share: input should be a valid number, got "much"'),
        ({"kind": "ink", "share": 7}, "the share of ink must lie between 0 and 1, got 7.0"),
        (
            {"kind": "pixels", "pixels": [[1, 2, 2.5]]},
            "pixels[0][2]: input should be a valid integer, got 2.5",
        ),
        ({"kind": "similarity"}, "image: field required"),
        ({"kind": "ink", "strength": True}, "strength: input should be a valid number, got true"),
        ({"kind": "wind"}, "unknown kind of field, expected one of class, discriminator, pixels"),
    ],
)
def test_a_note_says_what_is_wrong_where_and_what_was_found(layer: dict[str, object], said: str) -> None:
    found = json.loads(write_composition(Composition())) | {"layers": [layer], "temperature": "hot"}
    whole, part = sorted(read_composition(json.dumps(found)).notes, reverse=True)
    assert whole == 'temperature: input should be a valid number, got "hot"; temperature taken as 1.0'
    assert part.startswith(f"layer 1 was left out: {said}")


def test_names_of_classes_are_not_in_files() -> None:
    named = of(Layer(ClassCondition((3,), names=("three",))))
    found = json.loads(write_composition(named))
    assert "names" not in found["layers"][0]
    found["layers"][0]["names"] = ["drei"]
    reading = read_composition(json.dumps(found))
    assert reading.composition.layers[0].title == "3"
    assert reading.notes == ("layer 1: unknown entry 'names' was left out",)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"format": "else"}', "[" * 100_000])
def test_what_is_no_composition_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no composition file"):
        read_composition(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(
    entry=st.sampled_from(["layers", "temperature", "model_temperature", "hamiltonian", "version"]),
    inside=st.sampled_from(
        [None, "kind", "strength", "enabled", "name", "classes", "shares", "pixels", "image", "path"]
    ),
    layer=st.integers(0, 8),
    value=json_values,
)
def test_no_entry_makes_reading_crash(entry: str, inside: str | None, layer: int, value: object) -> None:
    found = json.loads(write_composition(EVERY_KIND))
    if inside is None:
        found[entry] = value
    else:
        found["layers"][layer][inside] = value
    reading = read_composition(json.dumps(found))
    assert isinstance(reading.composition.formula, str)
    assert read_composition(write_composition(reading.composition)).composition == reading.composition


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


def test_presets_are_what_the_run_can_make() -> None:
    names = [preset.title for preset in presets(("cat", "dog"), 0)]
    assert names[:3] == ["Steer to cat", "Steer to dog", "Between cat and dog"]
    assert "Classifier alone" in names
    assert [preset.title for preset in presets((), 0, images=False)] == []
    assert {preset.title for preset in presets((), 0)} == {"Finish my drawing", "Fool the discriminator"}


def test_a_preset_makes_what_it_says() -> None:
    by_title = {preset.title: preset.make() for preset in presets(tuple("0123456789"), 3)}
    assert by_title["Make it a 7"].target == 7
    assert by_title["Between 3 and 8"].conditions[0] == ClassCondition((3, 8), ALL_OF)
    fields = [layer.field for layer in by_title["Fool the discriminator"].layers]
    assert fields == [DiscriminatorRound(number) for number in (1, 2, 3)]
    assert not by_title["Classifier alone"].hamiltonian

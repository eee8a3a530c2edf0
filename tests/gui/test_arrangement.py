"""Tints and orders of chains."""

from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from landscape_app.gui.sampler.arrangement import AGES, SORT_SECONDS, STEPS, Arrangement, MosaicTools, Trait
from landscape_app.gui.sampler.recording import RecordControls
from landscape_app.gui.theme import LIGHT
from landscape_app.gui.widgets.fixed import fixed_range
from landscape_app.session.records import Snapshot


def snapshot(
    energies: list[float], ages: list[int] | None = None, classes: list[int] | None = None
) -> Snapshot:
    n = len(energies)
    return Snapshot(
        training=False,
        x=np.zeros((n, 8, 8), np.uint8),
        energies=np.array(energies),
        classes=None if classes is None else np.array(classes),
        confidences=None if classes is None else np.ones(n),
        shares=None,
        ages=None if ages is None else np.array(ages),
    )


def test_chains_that_are_alike_keep_the_order_they_had() -> None:
    chains = snapshot([3, 1, 2, 0], [0, 7, 7, 9], [1, 0, 1, 0])
    arrangement = Arrangement()
    assert arrangement.order(chains) is None
    expected = {Trait.ENERGY: [3, 1, 2, 0], Trait.CLASS: [3, 1, 2, 0], Trait.AGE: [3, 1, 2, 0]}
    for trait, order in expected.items():
        arrangement.sort = trait
        arrangement.sort_afresh()
        assert arrangement.order(chains).tolist() == order  # type: ignore[union-attr]
    fresh = Arrangement()
    fresh.sort = Trait.CLASS
    assert fresh.order(chains).tolist() == [1, 3, 0, 2]  # type: ignore[union-attr]


def test_moving_chains_keep_their_places_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    arrangement = Arrangement()
    arrangement.sort = Trait.ENERGY
    assert arrangement.order(snapshot([2, 1])).tolist() == [1, 0]  # type: ignore[union-attr]
    now[0] += 0.5 * SORT_SECONDS
    assert arrangement.order(snapshot([1, 2])).tolist() == [1, 0]  # type: ignore[union-attr]
    assert arrangement.order(snapshot([3, 2, 1])).tolist() == [2, 1, 0]  # type: ignore[union-attr]
    now[0] += SORT_SECONDS
    assert arrangement.order(snapshot([1, 3, 2])).tolist() == [0, 2, 1]  # type: ignore[union-attr]


def test_tint_and_sort_are_of_one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    arrangement = Arrangement()
    arrangement.sort = arrangement.tint = Trait.CLASS

    def in_places(chains: Snapshot) -> list[int]:
        """Colours from place to place."""
        order, tinting = arrangement.order(chains), arrangement.tinting(chains, LIGHT)
        assert order is not None
        assert tinting is not None
        return tinting.chosen[order].tolist()

    assert in_places(snapshot([0, 0, 0], classes=[2, 0, 1])) == [0, 1, 2]
    # Chains have moved to other classes: until they are sorted anew, they are tinted as they were sorted.
    now[0] += 0.5 * SORT_SECONDS
    later = snapshot([0, 0, 0], classes=[1, 2, 0])
    assert in_places(later) == [0, 1, 2]
    assert arrangement.order(later).tolist() == [1, 2, 0]  # type: ignore[union-attr]
    now[0] += SORT_SECONDS
    assert in_places(later) == [0, 1, 2]
    assert arrangement.order(later).tolist() == [2, 0, 1]  # type: ignore[union-attr]
    # Other chains than those are sorted at once.
    assert in_places(replace(snapshot([0, 0, 0], classes=[0, 2, 1]), training=True)) == [0, 1, 2]
    arrangement.sort = Trait.NONE
    tinting = arrangement.tinting(snapshot([0, 0, 0], classes=[9, 8, 12]), LIGHT)
    assert tinting is not None
    assert tinting.chosen.tolist() == [9, 8, 2]


def test_an_age_has_the_colour_between_its_neighbouring_marks() -> None:
    arrangement = Arrangement()
    arrangement.tint = Trait.AGE
    ages = [0, 1, 2, 4, 5, 499, 500, 10_000]
    tinting = arrangement.tinting(snapshot([0.0] * 8, ages), LIGHT)
    assert tinting is not None
    assert tinting.chosen.tolist() == [sum(age >= mark for mark in AGES) for age in ages]
    assert len(tinting.colours) == STEPS == len(AGES) + 1
    assert arrangement.tinting(snapshot([0.0] * 8), LIGHT) is None
    scale = arrangement.scale(LIGHT)
    assert scale is not None
    assert [text for _, text in scale.labels] == ["1", "5", "20", "80", "500"]


def test_energies_are_tinted_over_a_range_that_the_key_tells() -> None:
    arrangement = Arrangement()
    arrangement.tint = Trait.ENERGY
    energies = np.linspace(-20, 30, 101).tolist()
    tinting = arrangement.tinting(snapshot(energies), LIGHT)
    scale = arrangement.scale(LIGHT)
    assert tinting is not None
    assert scale is not None
    low, high = (float(text.replace("−", "-")) for _, text in (scale.labels[0], scale.labels[-1]))
    expected = np.clip((np.array(energies) - low) / (high - low) * STEPS, 0, STEPS - 1).astype(int)
    np.testing.assert_array_equal(tinting.chosen, expected)
    assert "nats" in scale.title
    # A little wider, and the colours stay as they are.
    arrangement.tinting(snapshot([0.98 * energy for energy in energies]), LIGHT)
    assert arrangement.scale(LIGHT) == scale


def test_classes_are_asked_for_only_where_they_are_shown() -> None:
    arrangement = Arrangement()
    assert not arrangement.needs_classes
    arrangement.sort = Trait.CLASS
    assert arrangement.needs_classes
    arrangement.sort, arrangement.tint = Trait.NONE, Trait.CLASS
    assert arrangement.needs_classes
    tinting = arrangement.tinting(snapshot([0, 0], classes=[3, 9]), LIGHT)
    assert tinting is not None
    assert tinting.chosen.tolist() == [3, 9]
    assert arrangement.tinting(snapshot([0, 0]), LIGHT) is None


@pytest.mark.parametrize(("low", "high"), [(0.0, 0.0), (-3.2, 8.1), (12.0, 12.4), (-1e4, 3e5)])
def test_a_steady_range_holds_its_numbers_and_is_kept_while_it_fits(low: float, high: float) -> None:
    bottom, top = fixed_range(low, high)
    width = max(high - low, 1.0)
    assert bottom <= low <= high < top
    assert top - bottom <= 3 * width
    assert fixed_range(low + 0.1 * (high - low), high, (bottom, top)) == (bottom, top)
    assert fixed_range(low, top + 1, (bottom, top)) != (bottom, top)


def test_classes_are_offered_only_where_they_are_known(qtbot: QtBot) -> None:
    tools = MosaicTools(RecordControls(lambda: None))
    qtbot.addWidget(tools)
    tools.next_tint()
    tools.next_order()
    assert (tools.tint, tools.order) == (Trait.CLASS, Trait.CLASS)
    tools.allow_classes(False)
    assert (tools.tint, tools.order) == (Trait.NONE, Trait.NONE)
    tools.next_tint()
    assert tools.tint is Trait.ENERGY
    tools.allow_classes(True)
    for expected in (Trait.AGE, Trait.NONE, Trait.CLASS):
        tools.next_tint()
        assert tools.tint is expected

"""The entropy plot where bounds are all that is known: its read-out and its table have them as the header does."""

import csv
import math
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from landscape_app.gui.state import EngineState
from landscape_app.gui.theme import LIGHT
from landscape_app.gui.training.panel import TrainingPanel
from landscape_app.gui.widgets.plots import write_csv
from landscape_app.physics.estimate import Estimate
from landscape_app.runs import History
from landscape_app.session.measurement import Measurement, measurements_by_epoch

NUMBER = Measurement(
    epoch=1,
    log_partition=-3.0,
    log_partition_error=0.3,
    log_partition_low=-math.inf,
    log_partition_high=math.inf,
    entropy=9.0,
    entropy_error=0.4,
    entropy_low=-math.inf,
    entropy_high=math.inf,
    training_nats=30.0,
    validation_nats=31.0,
    validation_scatter=0.4,
    test_nats=math.nan,
    test_scatter=math.nan,
    share=0.1,
)


def bounded(epoch: int, log_z: Estimate, s: Estimate) -> Measurement:
    return replace(NUMBER._with(log_z, s), epoch=epoch)


BRACKET = bounded(2, Estimate.between(-5.0, -1.0), Estimate.between(7.0, 12.0))
FROM_BELOW = bounded(3, Estimate.between(-4.0, math.inf), Estimate.between(-math.inf, 10.0))


def history(*found: Measurement) -> History:
    measured = History()
    for one in found:
        measured.append(one)
    return measured


@pytest.fixture
def panel(qtbot: QtBot) -> TrainingPanel:
    panel = TrainingPanel(LIGHT)
    qtbot.addWidget(panel)
    panel.show_state(EngineState(measurements=history(NUMBER, BRACKET, FROM_BELOW), epoch=3))
    panel.redraw(everything=True)
    return panel


def test_bounds_are_read_as_bounds_and_as_the_header_has_them(panel: TrainingPanel) -> None:
    panel.entropy.show_cursor(2)
    said = panel.entropy.accessibleDescription()
    assert said == "Epoch 2: S 7.00 to 12.00, training 28.0 to 32.0, validation 28.2 to 33.8"
    assert f"validation {BRACKET.validation:.1f}" in said
    panel.show_state(EngineState(measurements=history(NUMBER, BRACKET), epoch=2))
    panel.redraw(everything=True)
    assert panel.figures["nats"].value.text() == "28.2 to 33.8"
    panel.entropy.show_cursor(1)
    assert panel.entropy.accessibleDescription() == "Epoch 1: S 9, training 30, validation 31"


def test_the_table_has_bounds_as_bounds_without_a_number_or_an_error(
    panel: TrainingPanel, tmp_path: Path
) -> None:
    write_csv(tmp_path / "entropy.csv", panel.entropy.series())
    with (tmp_path / "entropy.csv").open(encoding="utf-8-sig", newline="") as file:
        of_number, of_bracket, of_one_side = csv.DictReader(file)
    for row, found in ((of_bracket, BRACKET), (of_one_side, FROM_BELOW)):
        for name, estimate in (
            ("S", found.s),
            ("training", found.training),
            ("validation", found.validation),
        ):
            assert row[f"{name} (nats)"] == row[f"standard error of {name} (nats)"] == ""
            for side, bound in zip(("lower", "upper"), estimate.bounds, strict=True):
                told = row[f"{name}, {side} (nats)"]
                assert told == "" if math.isinf(bound) else float(told) == pytest.approx(bound)
        assert row["standard error of log Z (nats)"] == ""
        assert float(row["standard error of validation items (nats)"]) == 0.4
    assert float(of_number["validation (nats)"]) == 31
    assert float(of_number["standard error of validation (nats)"]) == pytest.approx(0.5)
    assert [float(of_number[f"validation, {side} (nats)"]) for side in ("lower", "upper")] == [30, 32]


def test_measurements_by_epoch_have_what_is_kept_in_the_place_of_what_was_found_before() -> None:
    kept = bounded(2, Estimate(-2.0, 0.1), Estimate(8.0, 0.1))
    assert measurements_by_epoch(History(), None) == []
    assert measurements_by_epoch(History(), kept) == [kept]
    found = measurements_by_epoch(history(NUMBER, BRACKET, FROM_BELOW), kept)
    assert [row.epoch for row in found] == [1, 2, 3]
    assert found[1] is kept
    assert found[2].log_z == FROM_BELOW.log_z

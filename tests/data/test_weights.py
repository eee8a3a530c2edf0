"""Columns that say how much a row counts, or how often it was seen."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from landscape_app.data.dataset import Kind
from landscape_app.data.importing import Imported, ImportFailure, TableOptions, import_table, open_source
from landscape_app.data.importing.columns import ColumnType
from landscape_app.data.importing.division import Division
from landscape_app.data.importing.tables import Table
from landscape_app.data.importing.weights import may_weigh, weight_column, worth_of

RANDOM = np.random.default_rng(0)


def read(folder: Path, header: str, rows: list[str], **types: ColumnType) -> Table:
    (folder / "rows.csv").write_text("\n".join([header, *rows]))
    table = open_source(folder / "rows.csv")
    assert isinstance(table, Table)
    return table.typed(types)


def imported(table: Table, **choices: object) -> Imported:
    return import_table(table, replace(TableOptions.proposed(table), **choices))


def survey(folder: Path, weights: list[float | str]) -> Table:
    rows = [
        f"{x:.4f},{y:.4f},{w}"
        for (x, y), w in zip(RANDOM.normal(size=(len(weights), 2)), weights, strict=True)
    ]
    return read(folder, "x,y,fnlwgt", rows, fnlwgt=ColumnType.WEIGHT)


CELLS = [",".join(cell) for cell in itertools.product("abc", ("yes", "no"), "xy")]
TIMES = [40, 3, 0, 25, 1, 60, 200, 17, 8, 9, 33, 4]


def test_frequencies_beside_categories_are_taken_and_said(tmp_path: Path) -> None:
    found = imported(
        read(tmp_path, "letter,answer,sign,Freq", [f"{c},{t}" for c, t in zip(CELLS, TIMES, strict=True)])
    )
    data = found.dataset
    assert data.kind is Kind.LEVELS
    assert data.are_counts
    assert found.as_json()["items"] == sum(TIMES) == data.worth
    assert found.as_json()["held_out"] == round(0.2 * sum(TIMES))
    assert found.reading["left_out"] == {"column 'Freq': weight 0": 1}
    assert any("'Freq' says how often each of 11 rows was seen: 400 times" in told for told in found.warnings)
    names = [[column.values[v] for v, column in zip(item, data.columns, strict=True)] for item in data.items]
    seen = dict.fromkeys(CELLS, 0.0)
    for name, weight in zip(names, data.weights, strict=True):
        seen[",".join(name)] += weight
    assert list(seen.values()) == TIMES
    validation = data.weights[data.held_out][data.in_validation].sum()
    assert abs(validation - data.held_out_worth / 2) <= 4


def test_frequencies_are_held_out_row_by_row_at_random(tmp_path: Path) -> None:
    table = read(tmp_path, "letter,answer,sign,Freq", [f"{c},{10**7}" for c in CELLS])
    data = imported(table).dataset
    assert data.worth == 12e7
    assert data.held_out_worth == pytest.approx(2.4e7)
    held_out = data.weights[data.held_out][data.in_validation]
    # Each cell's share is hypergeometric: within five of its standard deviations.
    assert np.abs(held_out - 1e6).max() < 5 * np.sqrt(1e7 * 0.1 * 0.9)


def test_numbers_of_a_cautious_name_are_proposed_and_not_taken(tmp_path: Path) -> None:
    table = read(
        tmp_path,
        "x,count",
        [f"{x:.3f},{n}" for x, n in zip(RANDOM.normal(size=30), range(30, 0, -1), strict=True)],
    )
    found = imported(table)
    assert found.dataset.weights is None
    assert any("--type count=frequency" in told for told in found.warnings)
    repeated = read(tmp_path, "letter,n", [f"{'ab'[i % 2]},{i % 5 + 1}" for i in range(40)])
    assert weight_column(repeated) is None


def test_weights_are_worth_as_many_rows_as_kish_says(tmp_path: Path) -> None:
    weights = np.exp(RANDOM.normal(size=200)).round(4)
    found = imported(survey(tmp_path, weights.tolist()))
    worth = weights.sum() ** 2 / (weights**2).sum()
    assert found.dataset.worth == pytest.approx(worth, rel=1e-12)
    assert found.as_json()["effective_items"] == pytest.approx(worth, rel=1e-12)
    assert [column.name for column in found.dataset.columns] == ["x", "y"]
    assert "fnlwgt" not in " ".join(found.not_used)
    assert np.allclose(found.dataset.weights / found.dataset.weights[0], weights / weights[0])
    assert np.allclose(worth_of(1e300 * weights), found.dataset.weights)


def test_rows_without_a_weight_are_left_out_and_named(tmp_path: Path) -> None:
    found = imported(survey(tmp_path, [1, 2, 3, "", -4, 0, 5, 6, 7, 8]))
    assert len(found.dataset.items) == 7
    reasons = {row.name: row.reason for row in found.left_out}
    assert reasons == {
        "line 5": "column 'fnlwgt': no finite number",
        "line 6": "column 'fnlwgt': a weight below zero",
        "line 7": "column 'fnlwgt': weight 0",
    }


def test_groups_of_frequencies_stay_whole(tmp_path: Path) -> None:
    table = read(tmp_path, "letter,answer,sign,Freq", [f"{c},5" for c in CELLS])
    data = imported(table, columns=("answer", "sign"), division=Division.parse("group:letter")).dataset
    assert len(data.items) == 12
    assert data.held_out_worth in (20, 40)


def test_two_weights_of_a_row_are_refused(tmp_path: Path) -> None:
    table = survey(tmp_path, [1.5, 2, 3, 4]).typed({"y": ColumnType.WEIGHT})
    with pytest.raises(ImportFailure, match="one column can be the weight"):
        imported(table)
    with pytest.raises(ImportFailure, match="is the weight of each row"):
        TableOptions.proposed(table, columns=["fnlwgt"])


def test_types_that_weigh_rows_are_offered_of_numbers_only(tmp_path: Path) -> None:
    table = read(tmp_path, "x,n,word", ["1.5,1,a", "2.5,2,b", "0.5,2,a", "0.1,4,b"])
    offered = {
        column.name: [kind for kind in (ColumnType.WEIGHT, ColumnType.FREQUENCY) if may_weigh(column, kind)]
        for column in table.columns
    }
    assert offered == {
        "x": [ColumnType.WEIGHT],
        "n": [ColumnType.WEIGHT, ColumnType.FREQUENCY],
        "word": [],
    }


def test_labels_beside_a_matrix_are_its_classes(tmp_path: Path) -> None:
    labels, rows = RANDOM.integers(0, 3, 60), RANDOM.normal(size=(60, 4))
    np.savez(tmp_path / "rows.npz", X=rows, y=labels, mean=rows.mean(0))
    words = np.array(["ant", "bee", "cow"])[labels]
    np.savez(tmp_path / "words.npz", data=rows, labels=words)
    np.savez(tmp_path / "heights.npz", X=rows, y=rows[:, 0])
    np.savez(
        tmp_path / "parts.npz", X_train=rows[:40], X_test=rows[40:], y_train=labels[:40], y_test=labels[40:]
    )
    found = {}
    for name in ("rows", "words", "heights", "parts"):
        table = open_source(tmp_path / f"{name}.npz")
        assert isinstance(table, Table)
        found[name] = imported(table)
        assert found[name].dataset.items == pytest.approx(rows, abs=1e-6)
    counts = np.bincount(labels).tolist()
    assert found["rows"].as_json()["classes"] == dict(zip("012", counts, strict=True))
    assert found["rows"].not_used == ("mean",)
    assert found["words"].as_json()["classes"] == dict(zip(("ant", "bee", "cow"), counts, strict=True))
    assert found["heights"].dataset.labels is None
    assert found["heights"].not_used == ("y",)
    parts = found["parts"].dataset
    assert np.array_equal(parts.labels, labels)
    assert parts.held_out.tolist() == list(range(40, 60))

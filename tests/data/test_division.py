"""Rows to learn from and held out: at random by a seed, by a column, by whole groups, by time."""

from pathlib import Path

import numpy as np
import pytest

from landscape_app.data.dataset import Kind
from landscape_app.data.importing.division import Division, DivisionWay, columns_for
from landscape_app.data.importing.images import ImportFailure
from landscape_app.data.importing.table_data import TableOptions, import_table, kind_left
from landscape_app.data.importing.tables import Table, open_table

RANDOM = np.random.default_rng(0)


@pytest.fixture
def table(tmp_path: Path) -> Table:
    days = np.arange(60)
    RANDOM.shuffle(days)
    rows = [
        f"{RANDOM.normal():.3f},site {i % 7},2020-{1 + day // 28:02}-{1 + day % 28:02},"
        f"{'test' if i % 4 == 1 else 'train'},{int(i % 5 == 0)}"
        for i, day in enumerate(days)
    ]
    (tmp_path / "rows.csv").write_text("\n".join(["x,site,day,set,is_test", *rows]))
    return open_table(tmp_path / "rows.csv")


ROWS = np.arange(60)


def divided(table: Table, text: str, seed: int = 0) -> np.ndarray:
    """Mask of the rows that are held out."""
    training, held_out = Division.parse(text, seed).of(table, ROWS, 0.2)
    assert np.array_equal(np.sort(np.concatenate([training, held_out])), ROWS)
    return np.isin(ROWS, held_out)


def test_at_random_the_seed_decides(table: Table) -> None:
    assert divided(table, "random").sum() == 12
    assert np.array_equal(divided(table, "random"), divided(table, "random"))
    assert not np.array_equal(divided(table, "random"), divided(table, "random", 1))


def test_a_column_says_train_or_test_or_yes_or_no(table: Table) -> None:
    assert np.array_equal(divided(table, "column:set"), ROWS % 4 == 1)
    assert np.array_equal(divided(table, "column:is_test"), ROWS % 5 == 0)


@pytest.mark.parametrize("seed", range(5))
def test_groups_stay_whole(table: Table, seed: int) -> None:
    held_out = divided(table, "group:site", seed)
    for group in range(7):
        assert len(set(held_out[group == ROWS % 7].tolist())) == 1
    assert 12 <= held_out.sum() <= 12 + 9


def test_the_latest_are_held_out(table: Table) -> None:
    held_out, days = divided(table, "time:day"), table.column("day").numbers
    assert held_out.sum() == 12
    assert days[held_out].min() > days[~held_out].max()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("column:site", "a split needs train and test"),
        ("time:site", "has no times or numbers"),
        ("group:nowhere", "no column 'nowhere'"),
    ],
)
def test_what_cannot_divide_is_refused(table: Table, text: str, words: str) -> None:
    with pytest.raises(ImportFailure, match=words):
        divided(table, text)


@pytest.mark.parametrize("text", ["time", "random:x", "colour:x", ""])
def test_other_ways_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a split is random"):
        Division.parse(text)


def test_what_can_divide_the_rows_is_offered_and_not_learned(table: Table) -> None:
    assert columns_for(DivisionWay.COLUMN, table) == ("set", "is_test")
    assert columns_for(DivisionWay.COLUMN, table, clear=True) == ("set",)
    assert "site" in columns_for(DivisionWay.GROUP, table)
    assert columns_for(DivisionWay.TIME, table) == ("x", "day", "is_test")
    told = import_table(table, TableOptions.proposed(table)).warnings
    assert any("'set' says train or test" in one and "(--split column:set)" in one for one in told)
    for text, taken_out in (("column:set", "set"), ("group:site", "site")):
        options = TableOptions.proposed(table, division=Division.parse(text))
        # Days are learned only where they are chosen.
        assert set(options.columns) == {"x", "site", "set", "is_test"} - {taken_out}
        done = import_table(table, options)
        assert f"{taken_out} (divides the rows)" in done.not_used


def test_mixed_rows_of_numbers_alone_are_points(table: Table) -> None:
    columns = {column.name: column for column in table.columns}
    assert kind_left([columns["x"], columns["site"]], Kind.MIXED) is Kind.MIXED
    assert kind_left([columns["x"], columns["day"]], Kind.MIXED) is Kind.POINTS
    assert kind_left([columns["site"], columns["set"]], Kind.MIXED) is Kind.LEVELS

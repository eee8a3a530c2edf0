"""Metrics that grow in one thread while another reads them."""

import threading
from dataclasses import dataclass

import numpy as np
import pytest

from landscape_app.runs.history import History


@dataclass(frozen=True)
class Row:
    epoch: int
    value: float
    vector: np.ndarray


def row(epoch: int) -> Row:
    return Row(epoch, epoch / 2, np.full(3, epoch, dtype=np.float32))


def history_of(rows: int) -> History:
    history = History()
    for epoch in range(rows):
        history.append(row(epoch))
    return history


def test_history_keeps_every_row_beyond_its_first_capacity() -> None:
    history = history_of(1_000)
    assert len(history) == 1_000
    assert history.names == ("epoch", "value", "vector")
    np.testing.assert_array_equal(history["epoch"], np.arange(1_000))
    np.testing.assert_array_equal(history["value"], np.arange(1_000) / 2)
    assert history["vector"].shape == (1_000, 3)
    assert history["epoch"].dtype == np.int64
    assert history["vector"].dtype == np.float32


def test_a_column_once_read_does_not_change() -> None:
    history = history_of(200)
    column = history["value"]
    before = column.copy()
    for epoch in range(200, 600):
        history.append(row(epoch))
    np.testing.assert_array_equal(column, before)


def test_history_goes_on_from_saved_columns() -> None:
    history = History.from_arrays(history_of(300).as_arrays())
    history.append(row(300))
    np.testing.assert_array_equal(history["epoch"], np.arange(301))


def test_an_empty_history_can_be_saved_and_goes_on() -> None:
    history = History.from_arrays(History().as_arrays())
    history.append(row(0))
    assert len(history) == 1


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in length"):
        History.from_arrays({"a": np.zeros(3), "b": np.zeros(4)})


def test_readers_see_whole_rows_while_the_history_grows() -> None:
    history, rows = history_of(1), 20_000
    writer = threading.Thread(target=lambda: [history.append(row(epoch)) for epoch in range(1, rows)])
    writer.start()
    seen = 0
    while seen < rows:
        for name in ("epoch", "value"):
            column = history[name]
            seen = len(column)
            scale = 1 if name == "epoch" else 2
            assert column[-1] * scale == seen - 1
        saved = history.as_arrays()
        assert len({len(column) for column in saved.values()}) == 1
        assert saved["vector"][-1, 0] == saved["epoch"][-1]
    writer.join()


def test_a_metric_that_an_older_run_lacks_reads_as_nan_and_a_foreign_one_is_left_out() -> None:
    saved = history_of(5).as_arrays()
    saved = {"epoch": saved["epoch"], "of another version": np.zeros(5)}
    history = History.from_arrays(saved, {"epoch": (), "value": (), "vector": (3,)})
    assert set(history.names) == {"epoch", "value", "vector"}
    assert np.isnan(history["value"]).all()
    assert history["vector"].shape == (5, 3)
    assert np.isnan(history["vector"]).all()
    history.append(row(5))
    assert history["value"][-1] == 2.5
    np.testing.assert_array_equal(history["vector"][-1], [5, 5, 5])
    np.testing.assert_array_equal(history["epoch"], np.arange(6))


def test_rows_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="rows of shape"):
        History.from_arrays({"vector": np.zeros((4, 2))}, {"vector": (3,)})

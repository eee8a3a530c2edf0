"""Orders to a training: given beside its run file, taken once, and refused where they are none."""

import os
from pathlib import Path

import pytest

from landscape_app.problems import MOST_EPOCHS
from landscape_app.runs import orders
from landscape_app.runs.atomic import RunFileError
from landscape_app.runs.orders import Order, OrderBox, give_order, order_bytes, read_order
from landscape_app.runs.writer import WriterLock, order_path


@pytest.fixture(autouse=True)
def look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "LOOK_SECONDS", 0.0)


@pytest.mark.parametrize("order", [Order(stop=True), Order(epochs=500)])
def test_an_order_is_taken_once_as_it_was_given(tmp_path: Path, order: Order) -> None:
    box = OrderBox(tmp_path / "run.h5")
    assert box.take() is None
    give_order(tmp_path / "run.h5", Order(epochs=3))
    give_order(tmp_path / "run.h5", order)
    assert box.take() == order
    assert box.take() is None
    assert list(tmp_path.iterdir()) == []


def test_a_training_looks_once_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "LOOK_SECONDS", 1.0)
    box = OrderBox(tmp_path / "run.h5")
    assert box.take() is None
    give_order(tmp_path / "run.h5", Order(stop=True))
    assert box.take() is None


def test_an_order_of_before_is_gone_with_the_writer_and_when_another_begins(tmp_path: Path) -> None:
    run = tmp_path / "run.h5"
    lock = WriterLock(run)
    give_order(run, Order(stop=True))
    lock.release()
    assert not order_path(run).exists()
    give_order(run, Order(stop=True))
    assert OrderBox(run).take() is None


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"stop",
        b"[]",
        b'{"stop": 1}',
        b'{"epochs": "9"}',
        b'{"epochs": 0}',
        b'{"epochs": 1e3}',
        b"[" * 9000,
    ],
)
def test_what_is_no_order_is_refused_in_a_line_and_removed(tmp_path: Path, text: bytes) -> None:
    box = OrderBox(tmp_path / "run.h5")
    order_path(tmp_path / "run.h5").write_bytes(text)
    with pytest.raises(RunFileError, match="expected such as") as refused:
        box.take()
    assert "\n" not in str(refused.value)
    assert box.take() is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_a_pipe_in_the_place_of_an_order_holds_nobody_up(tmp_path: Path) -> None:
    box = OrderBox(tmp_path / "run.h5")
    os.mkfifo(order_path(tmp_path / "run.h5"))
    with pytest.raises(RunFileError):
        box.take()


def test_an_order_that_cannot_be_left_says_so(tmp_path: Path) -> None:
    with pytest.raises(RunFileError, match=r"nothing can be asked of the training of .*no folder"):
        give_order(tmp_path / "none" / "run.h5", Order(stop=True))


def test_no_order_is_beyond_what_can_be_planned() -> None:
    assert orders.MOST_EPOCHS == MOST_EPOCHS
    with pytest.raises(ValueError, match="1 to 1,000,000 epochs, not 1,000,001"):
        read_order(b'{"epochs": 1000001}')


def test_an_order_in_a_line_is_read_back() -> None:
    assert read_order(order_bytes(Order(epochs=7))) == Order(epochs=7)
    assert b"\n" not in order_bytes(Order(stop=True))

"""A run that comes as a stream is the run of the file, only what is new travels, and what is no run is refused."""

import io
import json
import os
import threading
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from landscape_app.runs import orders, stream
from landscape_app.runs.atomic import RunFileError
from landscape_app.runs.checkpoint import CheckpointWriter
from landscape_app.runs.orders import Order, OrderBox, order_bytes
from landscape_app.runs.run_file import RunState, read_run
from landscape_app.runs.stream import (
    MARK,
    Header,
    Held,
    Part,
    Receiver,
    Sender,
    as_line,
    digest_of,
    encoded,
    serve,
)
from landscape_app.runs.tail import Histories, Update
from landscape_app.runs.writer import WriterStatus

WRITING, ENDED = WriterStatus.WRITING, WriterStatus.ENDED
DATA = np.arange(4000, dtype=np.uint8).reshape(1000, 4)


def state(epochs: int, seed: int = 0, **arrays: Any) -> RunState:
    """A run after some epochs: its columns go on, its parameters change all the time."""
    rows = np.random.default_rng(7).normal(size=(1000, 3))[:epochs]
    return RunState(
        {"problem": "digits"},
        {"run": "abc"},
        {"epoch": np.arange(epochs), "residuals": rows.astype(np.float32)},
        {
            "data/levels": DATA,
            "trainer/epoch": np.array(epochs),
            "model/weights": np.random.default_rng(epochs + seed).normal(size=(8, 5)).astype(np.float32),
            "measurements/epoch": np.arange(epochs // 2) * 2.0,
            "measurements/entropy": np.where(np.arange(epochs // 2) % 3, 1.5, np.nan),
            "none": np.empty((0, 3), np.int16),
            **arrays,
        },
        "machine",
    )


def look(run: RunState | None, status: WriterStatus = WRITING) -> Update:
    return Update(run, status, None if run is None else Histories.of(run))


def taking(data: bytes) -> Callable[[int], bytes]:
    source = io.BytesIO(data)

    def take(count: int) -> bytes:
        found = source.read(count)
        if len(found) < count:
            raise EOFError
        return found

    return take


def assert_equal(found: RunState, expected: RunState) -> None:
    """The two are the same bit by bit."""
    assert (found.configuration, found.provenance, found.writer) == (
        expected.configuration,
        expected.provenance,
        expected.writer,
    )
    a, b = found.as_arrays(), expected.as_arrays()
    assert a.keys() == b.keys()
    for name in a:
        assert (a[name].dtype, a[name].shape) == (b[name].dtype, b[name].shape), name
        assert a[name].tobytes() == b[name].tobytes(), name


def test_every_state_arrives_as_it_was_and_what_is_gone_goes() -> None:
    sender, receiver, now = Sender(), Receiver("run"), 0.0
    runs = [
        state(4),
        state(9, extra=np.array([1, 2], np.int64)),
        # Gone back to an earlier epoch, with another array in the place of one, and one no longer.
        state(6, 1, **{"model/weights": np.ones((2, 2))}),
        replace(state(7), configuration={"problem": "digits", "planned_epochs": 3}),
        state(0),
        state(5),
    ]
    for run in runs:
        frame = sender.frame(look(run), now)
        assert frame is not None
        header = receiver.read(taking(frame))
        assert header.whole
        assert_equal(receiver.state(header.writer), run)
        now += 1e6


def test_only_new_rows_travel_until_the_last_state_is_paid_for() -> None:
    sender, receiver = Sender(), Receiver("run")
    noise = np.random.default_rng(0).integers(0, 256, 64_000).astype(np.uint8)
    first = sender.frame(look(state(100, x=noise)), 0.0)
    second = sender.frame(look(state(102, 1, x=noise[::-1].copy())), 2.0)
    third = sender.frame(look(state(103)), 2.5)
    assert first is not None
    assert second is not None
    assert third is not None
    assert len(first) > 64_000
    frames = [receiver.read(taking(frame)) for frame in (first, second, third)]
    assert [frame.whole for frame in frames] == [True, True, False]
    assert "data/levels" not in {part.name for part in frames[1].parts}
    assert {(part.name, part.first) for part in frames[2].parts} == {
        ("metrics/epoch", 102),
        ("metrics/residuals", 102),
    }
    assert len(third) < 600
    columns = Histories.among(receiver.arrays)
    np.testing.assert_array_equal(columns.metrics["residuals"], state(103).metrics["residuals"])
    # The state is that of epoch 102 still, until a second has gone by for each of its 45,000 bytes.
    assert int(receiver.arrays["trainer/epoch"]) == 102
    assert sender.frame(look(None), 2.9) is None
    due = 2.0 + len(second) / stream.RATE
    assert sender.frame(look(None), due - 0.1) is None
    whole = sender.frame(look(None), due + 0.1)
    assert whole is not None
    assert receiver.read(taking(whole)).whole
    assert_equal(receiver.state("machine"), state(103))
    # Where nothing is new an empty frame says that the reader lives.
    assert sender.frame(look(None), due + 0.5) is None
    beat = sender.frame(look(None), due + 1.2)
    assert beat is not None
    assert receiver.read(taking(beat)) == Header(writer="machine")


def test_a_state_waits_for_its_part_of_the_rate_and_many_rows_do_not_starve_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rate = 5_000
    monkeypatch.setattr(stream, "RATE", rate)
    noise = np.random.default_rng(0).integers(0, 256, (40, 10_000)).astype(np.uint8)
    for width, most in ((10, rate), (6_000, 6_000 + rate)):
        sender, receiver, sizes, states = Sender(), Receiver("run"), [0], 0
        for second in range(40):
            run = state(second, x=noise[second])
            run = replace(run, metrics={**run.metrics, "wide": noise[:second, :width]})
            frame = sender.frame(look(run), float(second))
            assert frame is not None
            sizes.append(len(frame))
            states += receiver.read(taking(frame)).whole
            assert len(receiver.arrays["metrics/wide"]) == second
        # The first state is not counted, and what was sent last need not be paid for yet.
        assert sum(sizes[2:]) < 39 * most + 2 * max(sizes)
        assert states > 5


def test_the_end_of_a_run_comes_with_its_last_state() -> None:
    sender, receiver = Sender(), Receiver("run")
    noise = np.random.default_rng(0).integers(0, 256, 64_000).astype(np.uint8)
    for run, status in (
        (state(3, x=noise), WRITING),
        (state(4, x=noise[::-1].copy()), WRITING),
        (state(5), ENDED),
    ):
        frame = sender.frame(look(run, status), 0.0)
        assert frame is not None
        header = receiver.read(taking(frame))
    assert (header.whole, header.status) == (True, "ended")
    assert_equal(receiver.state("machine"), state(5))


def test_a_follower_that_comes_back_is_sent_what_it_lacks() -> None:
    receiver = Receiver("run")
    before = Sender().frame(look(state(50)), 0.0)
    assert before is not None
    receiver.read(taking(before))
    again = Sender(receiver.held()).frame(look(state(54)), 0.0)
    assert again is not None
    header = receiver.read(taking(again))
    came = {part.name: part.first for part in header.parts}
    assert came == {
        "metrics/epoch": 50,
        "metrics/residuals": 50,
        "measurements/epoch": 25,
        "measurements/entropy": 25,
        "trainer/epoch": 0,
        "model/weights": 0,
    }
    assert_equal(receiver.state(header.writer), state(54))
    # What it has is of another run: all comes.
    foreign = {name: Held(held.rows, digest_of(np.zeros(3))) for name, held in receiver.held().items()}
    whole = Sender(foreign | {"of the other": Held(1, "")}).frame(look(state(54)), 0.0)
    assert whole is not None
    header = Receiver("run").read(taking(whole))
    assert not any(part.first for part in header.parts)
    assert header.gone == ("of the other",)


def frame(header: dict[str, Any] | bytes, body: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return stream._PREFIX.pack(len(text), len(body)) + text + body


def part(name: str = "a", dtype: str = "<f4", shape: object = (2,), first: int = 0) -> dict[str, Any]:
    return {"parts": [{"name": name, "dtype": dtype, "shape": shape, "first": first}]}


EIGHT = zlib.compress(bytes(8))
HOSTILE = {
    "no JSON": frame(b"parts"),
    "another kind of JSON": frame(b"[]"),
    "deep JSON": frame(b"[" * 100_000),
    "a header of 4 GiB": stream._PREFIX.pack(2**32 - 1, 0),
    "a body of 4 GiB": stream._PREFIX.pack(2, 2**32 - 1) + b"{}",
    "a body that nothing declares": frame({}, EIGHT),
    "an unknown status": frame({"status": "asleep"}),
    "a long writer": frame({"writer": "x" * 65}),
    "objects": frame(part(dtype="|O"), EIGHT),
    "texts": frame(part(dtype="<U2"), EIGHT),
    "records": frame(part(dtype="f4,f4"), EIGHT),
    "numbers of 2 GiB each": frame(part(dtype="|V2147483647"), EIGHT),
    "more than there may be": frame(part(shape=(2**30,)), EIGHT),
    "sides whose product overflows": frame(part(shape=(2**32, 2**32, 2**32)), EIGHT),
    "a negative side": frame(part(shape=(-2,)), EIGHT),
    "many axes": frame(part(shape=(1,) * 40), EIGHT),
    "a fraction of a row": frame(part(shape=(2.5,)), EIGHT),
    "a text for a shape": frame(part(shape="22"), EIGHT),
    "rows that go on from nothing": frame(part(shape=(3,), first=1), EIGHT),
    "rows that go on from others": frame(part("known", "<i8", (9,), 2), EIGHT),
    "rows of another type": frame(part("known", "<i4", (4,), 3), EIGHT),
    "rows of another width": frame(part("known", "<i8", (4, 2), 3), EIGHT),
    "rows from beyond the end": frame(part("known", "<i8", (2,), 3), EIGHT),
    "rows from before the first": frame(part("known", "<i8", (4,), -1), EIGHT),
    "no name": frame(part(""), EIGHT),
    "a name with codes": frame(part("a\x1b[2J"), EIGHT),
    "a name from the root": frame(part("/a"), EIGHT),
    "a long name": frame(part("a" * 300), EIGHT),
    "an array in an array": frame(part("known/a"), EIGHT),
    "an array in place of a group": frame(part("group"), EIGHT),
    "one name twice": frame({"parts": part()["parts"] * 2}, zlib.compress(bytes(16))),
    "a body that is cut": frame(part(), EIGHT[:-3]),
    "a body that is damaged": frame(part(), EIGHT[:-1] + b"\x07"),
    "a body that is too short": frame(part(), zlib.compress(bytes(7))),
    "a body that is too long": frame(part(), zlib.compress(bytes(9))),
    "a body that is no zlib": frame(part(), b"\0" * 12),
    "two bodies": frame(part(), EIGHT + EIGHT),
    "a bomb": frame(part(), zlib.compress(bytes(2**24))),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_frame_that_is_none_is_refused_in_a_line_and_nothing_is_lost(what: str) -> None:
    receiver = Receiver("ssh://host/run.h5")
    receiver.arrays = {"known": np.arange(3), "group/a": np.zeros(2)}
    before = dict(receiver.arrays)
    with pytest.raises(
        RunFileError, match=r"ssh://host/run\.h5: what comes is no run of Landscape: "
    ) as refused:
        receiver.read(taking(HOSTILE[what]))
    assert len(str(refused.value)) < 300
    assert "\n" not in str(refused.value)
    assert receiver.arrays == before


def test_all_frames_together_may_not_declare_more_than_a_file() -> None:
    receiver = Receiver("run")
    receiver.arrays = {"big": np.lib.stride_tricks.as_strided(np.zeros(1), (2**27,), (0,))}
    with pytest.raises(RunFileError, match="more than 1024 MiB"):
        receiver.read(taking(frame(part(), EIGHT)))


def test_whole_arrays_that_are_no_run_are_refused() -> None:
    receiver = Receiver("run")
    for arrays in ({}, {"configuration": np.zeros(2)}, {"configuration": np.frombuffer(b"[]", np.uint8)}):
        receiver.arrays = {"provenance": np.frombuffer(b"{}", np.uint8), **arrays}
        with pytest.raises(RunFileError):
            receiver.state(None)


def test_a_stream_with_any_byte_changed_or_cut_is_refused_or_still_a_run() -> None:
    whole = Sender().frame(look(state(20)), 0.0)
    assert whole is not None
    generator, refused = np.random.default_rng(0), 0
    for _ in range(300):
        damaged = bytearray(whole)
        damaged[int(generator.integers(len(whole)))] ^= int(generator.integers(1, 256))
        if generator.random() < 0.3:
            damaged = damaged[: int(generator.integers(len(whole)))]
        receiver = Receiver("run")
        try:
            receiver.state(receiver.read(taking(bytes(damaged))).writer)
        except (RunFileError, EOFError):
            refused += 1
    # A digit of a number in the header, or a letter of a name, may be another.
    assert refused > 270


def test_a_frame_says_what_a_header_says_and_its_texts_can_be_shown() -> None:
    header = Header("lost", None, (Part("a", "<i2", ()),), ("b",), False, "", "no")
    assert Receiver("run").read(taking(encoded(header, {"a": np.array(3, np.int16)}))) == header
    assert as_line("a\x1b[31m\nb\u2028") == "a [31m b"


class Follower:
    """A follower of `serve`, which runs in a thread, as at the other end of two pipes."""

    def __init__(self) -> None:
        there, self._said = os.pipe()
        self._heard, here = os.pipe()
        self._ends = [os.fdopen(end, mode, 0) for end, mode in ((there, "rb"), (here, "wb"))]
        self.source = os.fdopen(self._heard, "rb")
        self.thread = threading.Thread(target=serve, args=self._ends, daemon=True)
        self.thread.start()

    def say(self, line: bytes) -> None:
        os.write(self._said, line + b"\n")

    def leave(self) -> None:
        os.close(self._said)
        self.thread.join(10)
        assert not self.thread.is_alive()
        for end in (*self._ends, self.source):
            end.close()


def test_a_reader_sends_a_file_that_is_written_and_leaves_orders_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(stream, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(orders, "LOOK_SECONDS", 0.0)
    path = tmp_path / "run.h5"
    writer, box = CheckpointWriter(path), OrderBox(path)
    writer.put(state(3))
    assert writer.wait()
    follower, receiver = Follower(), Receiver("run")
    assert follower.source.readline().startswith(MARK)
    follower.say(json.dumps({"path": str(path)}).encode())
    header = receiver.read(follower.source.read)
    assert_equal(receiver.state(header.writer), read_run(path))
    follower.say(order_bytes(Order(epochs=12)))
    follower.say(b"{}{")
    while not (header := receiver.read(follower.source.read)).refused:
        pass
    assert "cannot be understood" in header.refused
    assert box.take() == Order(epochs=12)
    writer.finish(state(9))
    writer.close()
    while (header := receiver.read(follower.source.read)).status != "ended":
        pass
    assert_equal(receiver.state(header.writer), replace(state(9), writer=None))
    follower.leave()


@pytest.mark.parametrize(
    ("line", "failure"),
    [
        (b'{"path": "/nowhere/run.h5"}', "there is no file /nowhere/run.h5"),
        (b'{"path": "/usr"}', "is a folder"),
        (b'{"path": 3}', "cannot be understood"),
    ],
)
def test_a_reader_says_why_it_sends_nothing(line: bytes, failure: str) -> None:
    follower = Follower()
    follower.source.readline()
    follower.say(line)
    assert failure in Receiver("run").read(follower.source.read).failure
    follower.leave()


def test_a_reader_ends_where_nobody_asks_it_for_anything() -> None:
    follower = Follower()
    follower.leave()

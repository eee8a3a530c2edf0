"""A run on another machine: its address, the ssh that reaches it, and what is said where it cannot be reached."""

import shlex
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from landscape_app.runs import remote
from landscape_app.runs.atomic import RunFileError
from landscape_app.runs.checkpoint import CheckpointWriter
from landscape_app.runs.orders import Order, OrderBox
from landscape_app.runs.remote import RemoteRun, RemoteTail, commands_path, known_command, note_command
from landscape_app.runs.run_file import VERSION
from landscape_app.runs.stream import MARK, STREAM_VERSION, Header, Sender, encoded
from landscape_app.runs.tail import Update
from landscape_app.runs.writer import WriterStatus
from tests.runs.test_stream import assert_equal, look, state
from tests.stand_in_ssh import LIGHT, not_on_windows, stand_in_ssh


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote.platformdirs, "user_data_path", lambda *a, **k: tmp_path / "user")
    monkeypatch.setattr(remote, "FIRST_WAIT", 0.05)


@pytest.mark.parametrize(
    ("address", "user", "host", "port", "path"),
    [
        ("ssh://host/run.h5", "", "host", None, "/run.h5"),
        (
            " ssh://ada@cluster.example:2222/scratch/my run.h5 ",
            "ada",
            "cluster.example",
            2222,
            "/scratch/my run.h5",
        ),
        ("ssh://host/~/runs/a%20b%25.h5", "", "host", None, "~/runs/a b%.h5"),
        ("ssh://host/a;b'$(c)?#d.h5", "", "host", None, "/a;b'$(c)?#d.h5"),
        ("ssh://[::1]:22/run.h5", "", "::1", 22, "/run.h5"),
        ("ssh://host/λ/-x.h5", "", "host", None, "/λ/-x.h5"),
    ],
)
def test_an_address_says_who_goes_where(
    address: str, user: str, host: str, port: int | None, path: str
) -> None:
    run = RemoteRun.at(address)
    assert (run.user, run.host, run.port, run.path) == (user, host, port, path)
    assert RemoteRun.at(run.address) == run


@pytest.mark.parametrize(
    ("address", "complaint"),
    [
        ("", "nothing is no address of a run"),
        ("run.h5", "no address of a run"),
        ("http://host/run.h5", "no address of a run"),
        ("ssh:///run.h5", "no address of a run"),
        ("ssh://host", "names no file"),
        ("ssh://host/", "names no file"),
        ("ssh://-oProxyCommand=touch/run.h5", "begins with -"),
        ("ssh://-l@host/run.h5", "begins with -"),
        ("ssh://a b/run.h5", "characters that no host has"),
        ("ssh://a;b/run.h5", "characters that no host has"),
        ("ssh://$(a)@host/run.h5", "characters that no user has"),
        ("ssh://ada:secret@host/run.h5", "has no password"),
        ("ssh://host:0/run.h5", "1 to 65535"),
        ("ssh://host:99999999999/run.h5", "1 to 65535"),
        ("ssh://host:ssh/run.h5", "1 to 65535"),
        ("ssh://host/a%0Ab.h5", "no control characters"),
        ("ssh://host/a\x1b[2Jb.h5", "no control characters"),
    ],
)
def test_what_could_be_taken_for_something_else_is_no_address(address: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as refused:
        RemoteRun.at(address)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("command", ["-x", "a\nb", "a\0"])
def test_a_command_is_a_line_that_no_shell_takes_for_an_option(command: str) -> None:
    with pytest.raises(ValueError, match="the command must"):
        RemoteRun.at("ssh://host/run.h5", command)


def test_ssh_is_called_with_the_users_settings_and_nothing_of_the_path() -> None:
    words = RemoteRun.at("ssh://ada@host:22/a b;c.h5", "/opt/bin/landscape").ssh_command(asks=False)
    assert words[0] == "ssh"
    assert words[-3:] == ["--", "host", "/opt/bin/landscape stream"]
    assert "BatchMode=yes" in words
    assert words[words.index("-p") + 1] == "22"
    assert words[words.index("-l") + 1] == "ada"
    # Nobody but the user may ask, and nothing is forwarded.
    assert "BatchMode=yes" not in RemoteRun.at("ssh://host/run.h5").ssh_command(asks=True)
    assert {"-T", "-a", "-x", "ClearAllForwardings=yes"} <= set(words)


def test_the_command_that_has_worked_is_remembered_for_its_host() -> None:
    note_command(RemoteRun.at("ssh://host/run.h5", "/opt/bin/landscape"))
    assert RemoteRun.at("ssh://host/other.h5").command == "/opt/bin/landscape"
    assert known_command("other") == "landscape"
    note_command(RemoteRun.at("ssh://host/run.h5", "landscape"))
    assert known_command("host") == "landscape"
    for damaged in ("[", "[1]", '{"host": 3}', '{"host": "-x"}'):
        commands_path().write_text(damaged)
        assert known_command("host") == "landscape"


# Through a program that stands for ssh.


@pytest.fixture
def follow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., RemoteTail]]:
    """Follows a run by a command that is run where ssh would run it."""
    monkeypatch.setenv("PATH", stand_in_ssh(tmp_path))
    tails: list[RemoteTail] = []

    def begin(command: str, path: object = "/run.h5", host: str = "host") -> RemoteTail:
        tails.append(RemoteTail(RemoteRun.at(f"ssh://{host}{path}", command)))
        return tails[-1]

    yield begin
    for tail in tails:
        tail.close()
        assert tail._process is None or tail._process.poll() is not None
        assert not tail._thread.is_alive()


def until(tail: RemoteTail, holds: Callable[[Update], object], seconds: float = 30.0) -> Update:
    """Looks until something holds of what is seen."""
    end = time.monotonic() + seconds
    while not holds(update := tail.look()):
        assert time.monotonic() < end, f"it has not come: {update}"
        time.sleep(0.01)
    return update


def sent(folder: Path, *frames: bytes) -> str:
    """A command that sends what a reader would, and ends; the reader's name is left to the shell as a comment."""
    whole = MARK + f"{STREAM_VERSION} {VERSION}\n".encode() + b"".join(frames)
    (folder / "stream").write_bytes(whole)
    return f"cat {shlex.quote(str(folder / 'stream'))}; exit 0;"


@not_on_windows
def test_a_run_is_followed_through_ssh_as_its_file_is(
    tmp_path: Path, follow: Callable[..., RemoteTail]
) -> None:
    path = tmp_path / "a b'c.h5"
    writer, box = CheckpointWriter(path), OrderBox(path)
    writer.put(state(3))
    assert writer.wait()
    tail = follow(LIGHT, path)
    update = until(tail, lambda update: update.state is not None)
    assert update.state is not None
    assert update.histories is not None
    assert update.status is WriterStatus.WRITING
    assert (update.state.arrays["model/weights"] == state(3).arrays["model/weights"]).all()
    assert len(update.histories.metrics["epoch"]) == 3
    tail.order(Order(stop=True))
    writer.put(state(5))
    update = until(tail, lambda update: update.histories is not None)
    assert update.histories is not None
    np.testing.assert_array_equal(update.histories.metrics["residuals"], state(5).metrics["residuals"])
    order = None
    while order is None:
        box._due = 0.0
        order = box.take()
    assert order == Order(stop=True)
    writer.finish(state(8))
    writer.close()
    update = until(tail, lambda update: update.status is WriterStatus.ENDED)
    assert update.state is not None
    assert len(update.state.metrics["epoch"]) == 8
    assert known_command("host") == LIGHT
    assert str(path) not in (tmp_path / "calls").read_text()


@not_on_windows
def test_a_connection_that_is_lost_is_told_and_mended_from_where_it_was(
    tmp_path: Path, follow: Callable[..., RemoteTail]
) -> None:
    path = tmp_path / "run.h5"
    writer = CheckpointWriter(path)
    writer.put(state(400))
    assert writer.wait()
    tail = follow(LIGHT, path)
    until(tail, lambda update: update.state is not None)
    held: list[int] = []
    receive = tail._receiver.read

    def counted(take: Callable[[int], bytes]) -> Header:
        header = receive(take)
        held.extend(part.first for part in header.parts if part.name == "metrics/epoch")
        return header

    tail._receiver.read = counted  # type: ignore[method-assign]
    assert tail._process is not None
    tail._process.kill()
    trouble = until(tail, lambda update: update.trouble).trouble
    assert trouble.startswith("connection lost 0 s ago; trying again")
    with pytest.raises(RunFileError, match="there is no connection now"):
        tail.order(Order(stop=True))
    writer.put(state(420))
    assert writer.wait()
    update = until(tail, lambda update: update.histories is not None and not update.trouble)
    assert update.histories is not None
    np.testing.assert_array_equal(update.histories.metrics["residuals"], state(420).metrics["residuals"])
    # The first 400 rows are not sent again.
    assert set(held) <= {400, 420}
    path.unlink()
    with pytest.raises(RunFileError, match="there is no file"):
        until(tail, lambda update: False)
    writer.close()


@not_on_windows
@pytest.mark.parametrize(
    ("host", "command", "complaint"),
    [
        ("nowhere", "landscape", "cannot reach nowhere: ssh: Could not resolve hostname nowhere"),
        ("closed", "landscape", r"cannot reach closed: .*Permission denied .*log in once in a terminal"),
        (
            "host",
            "no-such-landscape",
            "there is no command 'no-such-landscape' on host; say where Landscape lies there",
        ),
        ("host", "echo No such command stream. >&2; exit 2;", "too old to be followed"),
        ("host", "echo a >&2; echo '  it fails  ' >&2; exit 3;", "has ended with 3: it fails"),
        ("host", "exit 0;", "has ended with 0"),
        ("host", "yes welcome;", "what host answers is no run: 'welcome'"),
        ("host", "printf '\\0landscape-stream 9 9\\n'; cat >/dev/null;", "of another version than here"),
    ],
)
def test_why_a_run_cannot_be_reached_is_said_in_a_line(
    follow: Callable[..., RemoteTail], host: str, command: str, complaint: str
) -> None:
    tail = follow(command, host=host)
    with pytest.raises(RunFileError, match=complaint) as refused:
        until(tail, lambda update: False)
    assert str(refused.value).isprintable()


def test_a_machine_without_ssh_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    tail = RemoteTail(RemoteRun.at("ssh://host/run.h5"))
    with pytest.raises(RunFileError, match="there is no program ssh on this machine"):
        until(tail, lambda update: False)
    tail.close()


@not_on_windows
def test_a_greeting_before_the_stream_is_passed_over(
    tmp_path: Path, follow: Callable[..., RemoteTail]
) -> None:
    frame = Sender().frame(look(state(6)), 0.0)
    assert frame is not None
    tail = follow(f"echo Welcome, it is Monday; {sent(tmp_path, frame)}")
    update = until(tail, lambda update: update.state is not None)
    assert update.state is not None
    assert_equal(update.state, state(6))


@not_on_windows
def test_a_stream_that_is_none_ends_the_following_for_good(
    tmp_path: Path, follow: Callable[..., RemoteTail]
) -> None:
    frame = Sender().frame(look(state(6)), 0.0)
    assert frame is not None
    tail = follow(sent(tmp_path, frame, b"\xff" * 64))
    with pytest.raises(RunFileError, match=r"ssh://host/run\.h5: what comes is no run of Landscape"):
        until(tail, lambda update: False)
    calls = len((tmp_path / "calls").read_text().splitlines())
    time.sleep(0.1)
    assert len((tmp_path / "calls").read_text().splitlines()) == calls == 1


@not_on_windows
def test_what_the_other_machine_says_carries_no_codes(
    tmp_path: Path, follow: Callable[..., RemoteTail]
) -> None:
    tail = follow(sent(tmp_path, encoded(Header(failure="\x1b[2Jgone\nfor good"))))
    with pytest.raises(RunFileError, match=r"on host: \[2Jgone for good"):
        until(tail, lambda update: False)


@not_on_windows
def test_a_connection_that_says_nothing_is_ended(
    tmp_path: Path, follow: Callable[..., RemoteTail], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "SILENT_SECONDS", 0.1)
    frame = Sender().frame(look(state(6)), 0.0)
    assert frame is not None
    tail = follow(sent(tmp_path, frame).replace("exit 0;", "exec sleep 60;"))
    until(tail, lambda update: update.state is not None)
    assert "connection lost" in until(tail, lambda update: update.trouble).trouble

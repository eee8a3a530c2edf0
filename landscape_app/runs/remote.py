"""A run on another machine: its address, and how it is followed through the user's own ssh.

The program `ssh` of this machine is called, with the user's keys and settings, and starts `landscape stream` on the
other one (`stream.serve`). Nothing listens on a port. The path is not in the command line that the other machine's
shell reads, but is sent as JSON, so that there is nothing to quote.
"""

from __future__ import annotations

import json
import re
import subprocess
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import unquote

import platformdirs

from landscape_app.language import tr
from landscape_app.runs.atomic import RunFileError, atomic_write, make_folder, reason_of
from landscape_app.runs.orders import Order, order_bytes
from landscape_app.runs.run_file import VERSION, RunState
from landscape_app.runs.stream import (
    MARK,
    MOST_BEFORE,
    STREAM_VERSION,
    Header,
    Hello,
    Receiver,
    as_line,
    is_column,
)
from landscape_app.runs.tail import Followed, Histories, Update
from landscape_app.runs.writer import WriterStatus

SCHEME = "ssh://"
USUAL_COMMAND = "landscape"
EXPECTED = tr("expected ssh://[user@]host[:port]/path/run.h5")

CONNECT_SECONDS = 10
"""Patience of ssh with a machine that does not answer."""
FIRST_SECONDS = 60.0
"""Patience with the first bytes, where nobody is asked for a password: the other machine loads its libraries."""
SILENT_SECONDS = 6.0
"""Without a byte, after which a connection counts as lost."""
FIRST_WAIT, MOST_WAIT = 1.0, 30.0
"""Seconds before the first attempt to mend a connection; each later wait is twice as long, up to the most."""
_ENDING_SECONDS = 2.0
_PIECE = 2**16
_MOST_LINES = 20
_SSH_FAILED, _NOT_FOUND, _WRONG_USAGE = 255, (126, 127), 2
_CONTROL = re.compile(r"[\0-\x1f\x7f-\x9f\u2028\u2029]")
_ADDRESS = re.compile(
    r"ssh://(?:(?P<user>[^@/]*)@)?(?P<host>\[[^\]/]*\]|[^:/@]*)(?::(?P<port>[^/]*))?(?P<path>/.*)?", re.DOTALL
)
# ssh's own settings may put these into a command line of theirs.
_WORD = re.compile(r"[A-Za-z0-9_.%:+][A-Za-z0-9_.%:+-]*")


@dataclass(frozen=True)
class RemoteRun:
    """A run on another machine.

    Attributes:
        host: name of the machine, as `ssh` takes it.
        path: of the file there; `~/` stands for the home folder.
        user: to go there as; empty for what ssh's settings say.
        port: of its ssh server; None for what ssh's settings say.
        command: what starts Landscape there, a line for the shell of that machine.
    """

    host: str
    path: str
    user: str = ""
    port: int | None = None
    command: str = USUAL_COMMAND

    @classmethod
    def at(cls, address: str, command: str = "") -> RemoteRun:
        """The run at an address.

        Args:
            address: ssh://[user@]host[:port]/path/run.h5, or /~/path for one below the home folder.
            command: as of the attribute; empty for the last one that worked on that host.

        Raises:
            ValueError: it is no address of a run, or one that could be taken for something else.

        Example:
            >>> RemoteRun.at("ssh://ada@cluster:2222/~/runs/my%20run.h5", "landscape").path
            '~/runs/my run.h5'
        """
        address = address.strip()
        found = _ADDRESS.fullmatch(address)
        if found is None or not found["host"].strip("[]"):
            raise ValueError(
                tr(
                    "{address} is no address of a run; {expected}",
                    address=as_line(address) or tr("nothing"),
                    expected=EXPECTED,
                )
            )
        host, user, port = found["host"].strip("[]"), found["user"] or "", found["port"]
        path = unquote(found["path"] or "")
        if not _WORD.fullmatch(host):
            raise ValueError(
                tr(
                    "the host {host!r} has characters that no host has, or begins with -; {expected}",
                    host=as_line(host),
                    expected=EXPECTED,
                )
            )
        if user and not _WORD.fullmatch(user):
            raise ValueError(
                tr(
                    "the user {user!r} has characters that no user has, or begins with -; {expected}",
                    user=as_line(user),
                    expected=EXPECTED,
                )
            )
        if ":" in user:
            raise ValueError(
                tr(
                    "an address has no password; let ssh have a key, or ask for it; {expected}",
                    expected=EXPECTED,
                )
            )
        if port is not None and not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65_536):
            raise ValueError(
                tr(
                    "the port must be a number of 1 to 65535, got {port!r}; {expected}",
                    port=as_line(port),
                    expected=EXPECTED,
                )
            )
        if path.startswith("/~/"):
            path = path[1:]
        if not PurePosixPath(path).name:
            raise ValueError(
                tr("{address} names no file; {expected}", address=as_line(address), expected=EXPECTED)
            )
        command = command.strip() or known_command(host)
        if _CONTROL.search(path):
            raise ValueError(tr("the path must have no control characters, got {path!r}", path=as_line(path)))
        if path.startswith("-"):
            raise ValueError(tr("the path must not begin with -, got {path!r}", path=as_line(path)))
        if _CONTROL.search(command):
            raise ValueError(
                tr("the command must have no control characters, got {command!r}", command=as_line(command))
            )
        if command.startswith("-"):
            raise ValueError(
                tr("the command must not begin with -, got {command!r}", command=as_line(command))
            )
        return cls(host, path, user, None if port is None else int(port), command)

    @property
    def name(self) -> str:
        """Name of the file."""
        return PurePosixPath(self.path).name

    @property
    def in_words(self) -> str:
        """Name of the file, and the machine."""
        return tr("{file} on {host}", file=self.name, host=self.host)

    @property
    def address(self) -> str:
        """As a user writes it."""
        user = f"{self.user}@" if self.user else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port is None else f":{self.port}"
        path = self.path if self.path.startswith("/") else f"/{self.path}"
        return f"{SCHEME}{user}{host}{port}{path.replace('%', '%25')}"

    def ssh_command(self, asks: bool) -> list[str]:
        """Arguments of the program that connects.

        Args:
            asks: True where ssh may ask the user at the terminal, as for a password.
        """
        options = [f"ConnectTimeout={CONNECT_SECONDS}", "ClearAllForwardings=yes"]
        if not asks:
            options.append("BatchMode=yes")
        return [
            "ssh",
            "-T",
            "-a",
            "-x",
            *(word for option in options for word in ("-o", option)),
            *(() if self.port is None else ("-p", str(self.port))),
            *(("-l", self.user) if self.user else ()),
            "--",
            self.host,
            f"{self.command} stream",
        ]


# Which command starts Landscape on which host.


def commands_path() -> Path:
    """The file of commands by host."""
    return platformdirs.user_data_path("landscape", appauthor=False) / "hosts.json"


def known_command(host: str) -> str:
    """The command that last worked on a host, else the usual one."""
    return _commands().get(host, USUAL_COMMAND)


def note_command(run: RemoteRun) -> None:
    """Remembers the command that has worked; where it cannot be written, nothing is."""
    if known_command(run.host) == run.command:
        return
    known = _commands() | {run.host: run.command}
    if run.command == USUAL_COMMAND:
        del known[run.host]
    with suppress(RunFileError):
        make_folder(commands_path().parent)
        with atomic_write(commands_path()) as part:
            part.write_text(json.dumps(known, indent=1), encoding="utf-8")


def _commands() -> dict[str, str]:
    try:
        known = json.loads(commands_path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    found = known.items() if isinstance(known, dict) else ()
    return {
        host: command
        for host, command in found
        if isinstance(command, str) and not _CONTROL.search(command) and not command.startswith("-")
    }


class _BrokenOffError(Exception):
    """A connection has ended; the message says why, `final` whether another attempt is in vain."""

    def __init__(self, reason: str, final: bool = False) -> None:
        super().__init__(reason)
        self.final = final


class RemoteTail(Followed):
    """Follows a run on another machine, as `Tail` follows a file; a connection that is lost is mended.

    A thread of its own connects and reads, so that `look` returns at once.

    Args:
        run: on the other machine.
        asks: True where ssh may ask the user at the terminal when it connects for the first time.
    """

    def __init__(self, run: RemoteRun, asks: bool = False) -> None:
        self.run = run
        self._asks = asks
        self._receiver = Receiver(run.address)
        self._changed = threading.Lock()
        self._closing = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        # What has come since the last look.
        self._state: RunState | None = None
        self._histories: Histories | None = None
        self._refused = ""
        self._status = WriterStatus.WRITING
        self._failure = ""
        # The connection.
        self._is_ready = self._speaks = False
        self._heard = time.monotonic()
        self._expected = self._came = 0
        self._lost: float | None = None
        self._reason = ""
        self._thread = threading.Thread(target=self._work, name="remote run", daemon=True)
        self._thread.start()

    @property
    def title(self) -> str:
        """Address of the run."""
        return self.run.address

    @property
    def resume(self) -> str:
        """The command that goes on with the run, and where."""
        return f"{self.run.command} train --resume {self.run.path} (on {self.run.host})"

    @property
    def is_ready(self) -> bool:
        """True once a first state has come.

        Raises:
            RunFileError: none will come.
        """
        self._check()
        return self._is_ready

    @property
    def share(self) -> float | None:
        """Share of the frame under way that has come; None where there is none of a size to speak of."""
        expected, came = self._expected, self._came
        return came / expected if expected > _PIECE else None

    def look(self) -> Update:
        """News that have come since the last look; the state where a whole one has.

        Raises:
            RunFileError: the run cannot be reached at all, or what comes is no run.
        """
        self._check()
        with self._changed:
            state, self._state = self._state, None
            histories, self._histories = self._histories, None
            refused, self._refused = self._refused, ""
            trouble = "" if self._lost is None else self._trouble(time.monotonic() - self._lost)
            return Update(state, self._status, histories, trouble, refused)

    def order(self, order: Order) -> None:
        """Sends an order to the reader beside the run; what it says against it comes with a later look.

        Raises:
            RunFileError: there is no connection.
        """
        try:
            if self._lost is not None or not self._speaks:
                raise OSError(tr("there is no connection now"))
            self._say(order_bytes(order))
        except (OSError, ValueError) as error:
            raise RunFileError(
                tr("nothing can be asked of the training of {run}: {error}", run=self.title, error=error)
            ) from error

    def close(self) -> None:
        """Ends the connection, and ssh with it."""
        self._closing.set()
        self._end_process()
        self._thread.join(_ENDING_SECONDS)

    def _trouble(self, seconds: float) -> str:
        reason = f" ({self._reason})" if self._reason else ""
        return tr("connection lost {seconds:.0f} s ago; trying again{reason}", seconds=seconds, reason=reason)

    def _check(self) -> None:
        """Ends a connection whose ssh has ended, or that says nothing any more.

        Raises:
            RunFileError: there will be no other.
        """
        if self._failure:
            raise RunFileError(self._failure)
        process = self._process
        if process is None:
            return
        patience = SILENT_SECONDS if self._speaks else float("inf") if self._asks else FIRST_SECONDS
        if time.monotonic() - self._heard > patience:
            process.kill()
        if process.poll() is not None and process.stdin is not None:
            # Whoever else holds the other end hears that nobody is here.
            with suppress(OSError):
                process.stdin.close()

    # The thread.

    def _work(self) -> None:
        wait = FIRST_WAIT
        while not self._closing.is_set():
            try:
                self._converse()
                reason, final = tr("it has ended"), False
            except _BrokenOffError as error:
                reason, final = str(error), error.final
            except RunFileError as error:
                reason, final = str(error), True
            except Exception as error:
                # Whatever it is, whoever looks is told.
                reason, final = (
                    tr(
                        "{run} cannot be followed: {reason}",
                        run=self.title,
                        reason=reason_of(error),
                    ),
                    True,
                )
            finally:
                self._end_process()
            with self._changed:
                if final or not self._is_ready:
                    self._failure = as_line(reason)
                    return
                if self._speaks:
                    wait = FIRST_WAIT
                self._speaks, self._asks, self._expected = False, False, 0
                self._lost = time.monotonic() if self._lost is None else self._lost
                self._reason = as_line(reason)
            self._closing.wait(wait)
            wait = min(2 * wait, MOST_WAIT)

    def _converse(self) -> None:
        """One connection, from its beginning to its end.

        Raises:
            _BrokenOffError or RunFileError: as it has ended.
        """
        self._heard = time.monotonic()
        try:
            process = self._process = subprocess.Popen(
                self.run.ssh_command(self._asks),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                creationflags=0 if self._asks else getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except FileNotFoundError as error:
            raise _BrokenOffError(
                tr(
                    "there is no program ssh on this machine, which {address} is reached with; install OpenSSH",
                    address=self.title,
                ),
                final=True,
            ) from error
        except OSError as error:
            raise _BrokenOffError(
                tr("ssh cannot be started: {reason}", reason=reason_of(error)), final=True
            ) from error
        if self._closing.is_set():
            return
        stream = process.stdout
        assert stream is not None
        assert process.stderr is not None
        said: deque[bytes] = deque(maxlen=_MOST_LINES)
        listener = threading.Thread(target=_collect, args=(process.stderr, said), name="ssh", daemon=True)
        listener.start()
        try:
            self._meet(stream)
            while True:
                self._take_in(self._receiver.read(lambda count: self._take(stream, count)))
        except (EOFError, OSError) as error:
            code = 0
            with suppress(subprocess.TimeoutExpired):
                code = process.wait(_ENDING_SECONDS)
            listener.join(_ENDING_SECONDS)
            raise self._ending(code, said) from error
        finally:
            stream.close()

    def _meet(self, stream: IO[bytes]) -> None:
        """Waits for the mark of the stream, and answers it."""
        before = bytearray()
        while not before.endswith(MARK):
            if len(before) > MOST_BEFORE:
                raise RunFileError(
                    tr("what {host} answers is no run: {line!r}", host=self.run.host, line=_line(before))
                )
            before += self._take(stream, 1)
        versions = bytearray()
        while not versions.endswith(b"\n") and len(versions) < 32:
            versions += self._take(stream, 1)
        if versions != f"{STREAM_VERSION} {VERSION}\n".encode():
            raise RunFileError(
                tr(
                    "Landscape on {host} is of another version than here; let both be of the same",
                    host=self.run.host,
                )
            )
        hello = Hello(self.run.path, self._receiver.held())
        # Where nobody hears it any more, the end of the stream says so, after all that came before it.
        with suppress(OSError):
            self._say(json.dumps(asdict(hello)).encode())

    def _take_in(self, header: Header) -> None:
        """Keeps what a frame has brought for the next look."""
        if header.failure:
            raise RunFileError(tr("on {host}: {reason}", host=self.run.host, reason=as_line(header.failure)))
        receiver = self._receiver
        state = receiver.state(header.writer) if header.whole else None
        if state is not None and not self._is_ready:
            note_command(self.run)
        with self._changed:
            self._lost, self._speaks, self._expected = None, True, 0
            self._status = WriterStatus(header.status)
            self._refused = as_line(header.refused) or self._refused
            if state is not None:
                self._state, self._is_ready = state, True
            if state is not None or any(is_column(part.name) for part in header.parts):
                self._histories = Histories.among(receiver.arrays)

    def _take(self, stream: IO[bytes], count: int) -> bytes:
        """So many bytes; memory is taken as they come.

        Raises:
            EOFError: fewer come.
        """
        found = bytearray()
        self._expected, self._came = count, 0
        while len(found) < count:
            piece = stream.read(min(count - len(found), _PIECE))
            if not piece or self._closing.is_set():
                raise EOFError
            found += piece
            self._heard, self._came = time.monotonic(), len(found)
        return bytes(found)

    def _say(self, line: bytes) -> None:
        process = self._process
        if process is None or process.stdin is None:
            raise OSError(tr("there is no connection now"))
        left = memoryview(line + b"\n")
        while left:
            left = left[process.stdin.write(left) :]

    def _ending(self, code: int, said: deque[bytes]) -> _BrokenOffError:
        """The reason why a connection has ended, by the exit code of ssh and what it has said."""
        run, host = self.run, self.run.host
        last = _last_line(said).rstrip(".")
        if self._speaks:
            return _BrokenOffError(last if code else "")
        if code < 0:
            return _BrokenOffError(tr("nothing came from {host} before ssh was ended", host=host))
        if code == _SSH_FAILED:
            reason = last or tr("ssh gives no reason")
            if not self._asks and ("Permission denied" in last or "verification failed" in last):
                return _BrokenOffError(
                    tr(
                        "cannot reach {host}: {reason}; log in once in a terminal (ssh {host}), and let ssh have a "
                        "key that it need not ask for",
                        host=host,
                        reason=reason,
                    )
                )
            return _BrokenOffError(tr("cannot reach {host}: {reason}", host=host, reason=reason))
        if code in _NOT_FOUND:
            return _BrokenOffError(
                tr(
                    "there is no command {command!r} on {host}; say where Landscape lies there, such as "
                    "/opt/venv/bin/landscape (--command)",
                    command=run.command,
                    host=host,
                )
            )
        if code == _WRONG_USAGE and "stream" in last:
            return _BrokenOffError(
                tr("Landscape on {host} is too old to be followed from elsewhere; update it", host=host)
            )
        return _BrokenOffError(
            tr(
                "{command!r} on {host} has ended with {code}{said}",
                command=run.command,
                host=host,
                code=code,
                said=f": {last}" if last else "",
            )
        )

    def _end_process(self) -> None:
        """Ends ssh; the reader on the other machine ends where nobody hears it."""
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(_ENDING_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _collect(stream: IO[bytes], lines: deque[bytes]) -> None:
    """Keeps the last lines of what ssh says."""
    with stream, suppress(OSError, ValueError):
        while line := stream.readline(_PIECE):
            lines.append(line)


def _last_line(said: deque[bytes]) -> str:
    """The last line that says something."""
    lines = [_line(line) for line in said]
    return next((line for line in reversed(lines) if line), "")


def _line(text: bytes | bytearray) -> str:
    return as_line(bytes(text).decode(errors="replace").strip().splitlines()[0]) if text.strip() else ""

"""Ranks of a training that torchrun has started: how they come together, speak with one voice, stop and end."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from landscape_app.cli.common import AUTO, use_all_cores
from landscape_app.cli.errors import CommandError, WrongUsageError, checking_input
from landscape_app.cli.progress import StopRequest

if TYPE_CHECKING:
    from landscape_app.physics.ranks import Ranks


NAMELESS = ("", "none")
"""Names of a job that torchrun gives where nobody does."""


class Launch(NamedTuple):
    """One of the processes that torchrun, or whoever sets the same variables, has started.

    Attributes:
        rank: its number among all of them.
        ranks: how many there are.
        local_rank: its number among those of its machine.
        restarts: how often they have been started anew, as one of them had died.
        job: their name in common; empty where there is none.
    """

    rank: int
    ranks: int
    local_rank: int = 0
    restarts: int = 0
    job: str = ""


def launched(environment: Mapping[str, str] = os.environ) -> Launch | None:
    """The launch that the environment tells of; None of a process that was started by itself."""
    if not {"RANK", "WORLD_SIZE", "MASTER_ADDR"} <= environment.keys():
        return None
    names = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "TORCHELASTIC_RESTART_COUNT")
    try:
        numbers = [int(environment.get(name) or 0) for name in names]
    except ValueError:
        return None
    rank, ranks, local_rank, restarts = numbers
    return Launch(rank, ranks, local_rank, restarts, environment.get("TORCHELASTIC_RUN_ID", ""))


@contextmanager
def one_voice() -> Iterator[None]:
    """Lets the first rank alone speak in the block."""
    launch = launched()
    if launch is None or not launch.rank:
        yield
        return
    with (
        open(os.devnull, "w", encoding="utf-8") as nowhere,
        redirect_stdout(nowhere),
        redirect_stderr(nowhere),
    ):
        yield


def refuse_ranks(command: str) -> None:
    """Fails where several ranks run a command that one process does.

    Raises:
        WrongUsageError: there are several.
    """
    launch = launched()
    if launch is not None and launch.ranks > 1:
        raise WrongUsageError(
            f"{command} runs in one process, and torchrun has started {launch.ranks}; leave torchrun out"
        )


@contextmanager
def together(launch: Launch | None, device: str, output: Path) -> Iterator[tuple[Ranks, str]]:
    """The ranks of a training until the block ends, and the device of this one.

    Args:
        launch: of this process.
        device: as the user says it; of several GPUs of a machine each rank takes one.
        output: where the training is saved.

    Raises:
        WrongUsageError: a device is missing, or ranks cannot share it.
        CommandError: another rank has ended or does not answer.
    """
    use_all_cores()
    from landscape_app.physics.ranks import ALONE, RankLostError, join, leave
    from landscape_app.session.device import resolve_device

    if launch is None or launch.ranks == 1:
        yield ALONE, device
        return

    with checking_input():
        chosen = resolve_device(device).device
        if chosen.type == "cuda" and device in (AUTO, "cuda"):
            chosen = resolve_device(f"cuda:{launch.local_rank}").device
    ranks: Ranks | None = None
    try:
        with checking_input():
            ranks = join(chosen)
        yield ranks, str(chosen)
        leave()
    except RankLostError as error:
        words = {} if ranks is None else ranks.words()
        for rank, text in words.items():
            code, _, text = text.partition(" ")
            kind = WrongUsageError if code == str(WrongUsageError.exit_code) else CommandError
            raise kind(f"rank {rank}: {text}") from error
        kept = f"go on with: landscape train --resume {output}" if output.exists() else "nothing was saved"
        raise CommandError(f"{error}; {kept}") from error
    except Exception as error:
        if ranks is not None:
            # What fails on this rank alone another one has to tell.
            failed = getattr(error, "exit_code", CommandError.exit_code)
            ranks.leave_word(f"{failed} {' '.join(str(error).split())}")
        raise


def has_begun(launch: Launch | None, ranks: Ranks, output: Path) -> bool:
    """True if the ranks were started anew, and the file is that of their own job: they go on from there.

    Where a job has a name of its own, its file says enough: torchrun counts restarts on the machine of the rank that
    died, and on no other.
    """
    if launch is None:
        return False
    (restarts,) = ranks.total(launch.restarts)
    if not restarts and launch.job in NAMELESS:
        return False
    begun = ranks.is_first and output.exists() and _job_of(output) == launch.job
    return bool(ranks.agreed(begun)[0])


def _job_of(path: Path) -> str | None:
    from landscape_app.runs import RunFileError, read_run
    from landscape_app.session.checkpoint import JOB

    try:
        return read_run(path).provenance.get(JOB)
    except RunFileError:
        return None


class SharedStop:
    """Requests to stop that any rank has had; every rank must ask for them as the others do.

    torchrun leaves ranks half a minute: a single request ends what they do, and leaves out what would come after it.

    Args:
        request: of this process.
        ranks: all of them.
    """

    def __init__(self, request: StopRequest, ranks: Ranks) -> None:
        self._request = request
        self._ranks = ranks
        request.saving = not ranks.is_alone

    @property
    def times(self) -> int:
        """Number of requests: of several ranks two, once there is one."""
        if self._ranks.is_alone:
            return self._request.times
        return 2 if self._ranks.total(self.own_times)[0] else 0

    @property
    def own_times(self) -> int:
        """Number of requests that this process has had."""
        return self._request.times

    def ask(self) -> None:
        """Asks to stop, as Ctrl-C does."""
        self._request.ask()

    def save(self) -> None:
        """From now on the result is being written, which nothing interrupts."""
        self._request.saving = True


def shares_of_first(ranks: Ranks, work: Iterator[float]) -> Iterator[float]:
    """Shares of work that are done, as the first rank does it while the others wait."""
    if ranks.is_alone:
        yield from work
        return
    while True:
        (share,) = ranks.agreed(next(work, math.nan))
        if math.isnan(share):
            return
        yield share

"""Many runs as tasks of dask: each is a process of its own, tried again where it fails, and done once.

A worker of dask starts `python -m landscape_app` for a task and waits for it. The child ends with its worker, and its
run file says whether it came to its end: a task that is begun again goes on from there, or finds that it is done.
"""

from __future__ import annotations

import logging
import os
import secrets
import subprocess
import time
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from filelock import FileLock

from landscape_app.counting import counted
from landscape_app.program import own_command
from landscape_app.runs.atomic import UNREADABLE, RunFileError
from landscape_app.runs.run_file import RunState, read_part

if TYPE_CHECKING:
    from distributed import Client

MISSING = "many runs need dask, which is not installed here: pip install 'landscape-app[cluster]'"
UNTIL_STDIN_CLOSES = "--until-stdin-closes"
"""Option of the command with which a child ends as soon as its parent does, however that ends."""

GROUP = "landscape-run"
"""Name of the tasks for dask, by which it hands them out one at a time."""
WRONG_USAGE = 2
"""Exit code of a command that was given what it cannot do, and would not another time."""
CONNECTING_SECONDS = 15.0
LOOK_SECONDS = 0.2
LOCKS = ".tasks"
"""Folder among the results with a lock for every task that runs."""

_children: dict[subprocess.Popen[bytes], Path] = {}
"""Processes of the tasks that run on this worker, with the folder of their results."""


class TaskError(Exception):
    """A task failed; another time it may not."""


@dataclass(frozen=True)
class Task:
    """A run to be made by a command.

    Attributes:
        name: short, of this run alone.
        arguments: of the command, from the start.
        again: of the command, where there is a result already that is not whole.
        place: folder that the command runs in.
        folder: of all results.
        result: file that says whether the run came to its end.
    """

    name: str
    arguments: tuple[str, ...]
    again: tuple[str, ...]
    place: Path
    folder: Path
    result: Path

    @property
    def log(self) -> Path:
        """File with what the command says, there while it runs and where it has failed."""
        return self.folder / f"{self.name}.log"

    def is_done(self) -> bool:
        """True if its file now says that it has come to its end."""
        return self.result.exists() and has_ended(self.result)


def has_ended(path: Path) -> bool:
    """True if a file is of a run, a sweep of a lattice or an experiment that has done what was planned.

    A training that was stopped early has not; one that stopped by itself, as more would have been worse, has.
    """
    from landscape_app.session.lattice_sweep import KIND, open_sweep

    try:
        state = read_part(path, {"journal": slice(None)})
        kind = state.provenance.get("kind")
        if kind == KIND:
            return open_sweep(path).is_complete
        if kind is not None:
            return bool(state.configuration["is_complete"])
        return state.writer is None and _is_measured_at_its_end(state)
    except (RunFileError, *UNREADABLE):
        return False


def _is_measured_at_its_end(state: RunState) -> bool:
    from landscape_app.session.journal import Finished, Gave, Journal

    kept = state.arrays.get("journal")
    entries = () if kept is None else Journal.from_json(kept.tobytes().decode()).entries
    actions = [entry.action for entry in entries]
    ends = [action.planned for action in actions if isinstance(action, Finished)]
    return ends[-1] if ends else any(isinstance(action, Gave) for action in actions)


def run_task(task: Task, threads: int) -> str:
    """Does a task, unless it is done, on the worker; returns why it cannot be done, or nothing.

    Args:
        task: to do.
        threads: for the numbers of the command.

    Raises:
        TaskError: it failed; with what the command said last.
    """
    with _alone(task):
        if task.is_done():
            return ""
        code, said = _ended(task, threads)
        if code == WRONG_USAGE:
            return said
        if not task.is_done():
            raise TaskError(said or f"it ended with code {code} and without a word")
        task.log.unlink(missing_ok=True)
        return ""


@contextmanager
def _alone(task: Task) -> Iterator[None]:
    """The right to do a task, once another worker that has it is gone or done, where the file system knows locks."""
    lock = FileLock(task.folder / LOCKS / f"{task.name}.lock", thread_local=False)
    with suppress(OSError, NotImplementedError):
        lock.acquire(poll_interval=0.5)
    try:
        yield
    finally:
        lock.release()


def _ended(task: Task, threads: int) -> tuple[int, str]:
    """Exit code of a task's command, and its last word."""
    arguments = task.again if task.result.exists() else task.arguments
    with (
        task.log.open("wb") as log,
        subprocess.Popen(
            own_command(UNTIL_STDIN_CLOSES, *arguments),
            cwd=task.place,
            env=os.environ | {"OMP_NUM_THREADS": str(threads)},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=log,
            # Ctrl-C is for the one who watches the tasks, who then ends them.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        ) as process,
    ):
        _children[process] = task.folder
        try:
            code = process.wait()
        finally:
            del _children[process]
    lines = task.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    if code < 0:
        return code, f"its process was killed by signal {-code}"
    return code, lines[-1].removeprefix("landscape: ") if lines else ""


def end_children(folder: str) -> None:
    """Ends the processes of the tasks on this worker whose results go into a folder; checkpoints stay."""
    for process, of in list(_children.items()):
        if of == Path(folder):
            process.kill()


class Standing(NamedTuple):
    """State of many tasks.

    Attributes:
        ended: why each that has ended could not be done, nothing for those that are done, by name.
        running: names of those that run.
    """

    ended: dict[str, str]
    running: tuple[str, ...]


def run_tasks(tasks: Sequence[Task], client: Client, threads: int, retries: int) -> Generator[Standing]:
    """Does tasks on the workers of dask, and tells where they stand, several times a second.

    Where the iterator is closed early, the tasks that run are ended.

    Args:
        tasks: to do.
        client: of the scheduler.
        threads: of each.
        retries: times that one which has failed, or whose workers were lost, is tried again.
    """
    call, tries = secrets.token_hex(4), Counter[str]()
    ended: dict[str, str] = {}
    futures: dict[Any, Task] = {}

    def submit(task: Task) -> None:
        tries[task.name] += 1
        key = (GROUP, f"{task.name} {call} {tries[task.name]}")
        futures[client.submit(run_task, task, threads, key=key, pure=False)] = task

    try:
        for task in tasks:
            submit(task)
        while futures:
            for future in [one for one in futures if one.done()]:
                task = futures.pop(future)
                failed, reason = _outcome(future)
                if failed and tries[task.name] <= retries and client.status == "running":
                    submit(task)
                else:
                    ended[task.name] = reason
            yield Standing(ended, _running(client, futures))
            time.sleep(LOOK_SECONDS)
    finally:
        if futures:
            with suppress(OSError, TimeoutError, RuntimeError):
                client.cancel(list(futures))
                client.run(end_children, str(tasks[0].folder))


def _outcome(future: Any) -> tuple[bool, str]:
    """True if a task failed and might not another time, and why it is not done, or nothing."""
    if future.status == "finished":
        return False, str(future.result())
    if future.status == "cancelled":
        return True, "the scheduler was lost"
    error = future.exception()
    if type(error).__name__ == "KilledWorker":
        return True, "its workers were lost, one after another"
    return True, str(error) or type(error).__name__


def _running(client: Client, futures: dict[Any, Task]) -> tuple[str, ...]:
    """Names of the tasks that workers are at, not of those that wait there."""
    try:
        threads = client.nthreads()
        keys = {
            str(key)
            for worker, of_worker in client.processing().items()
            for key in list(of_worker)[: threads.get(worker, 0)]
        }
    except (OSError, TimeoutError, RuntimeError):
        return ()
    return tuple(task.name for future, task in futures.items() if str(future.key) in keys)


@contextmanager
def connected(scheduler: str | None, workers: int, processes: bool = False) -> Iterator[Client]:
    """A client of dask, with the workers of a scheduler or some on this machine.

    Args:
        scheduler: address of one that exists, such as "tcp://10.0.0.1:8786"; None for workers here.
        workers: their number, of those here.
        processes: True where what they do must not share a process, as it computes itself.

    Raises:
        ValueError: dask is not installed, or there is no such scheduler.
    """
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise ValueError(MISSING) from error
    # Losses of workers and connections are told in words of ours.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    if scheduler is not None:
        try:
            client = Client(scheduler, timeout=CONNECTING_SECONDS, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise ValueError(
                f"no scheduler of dask answers at {scheduler}; start one with: dask scheduler, and give the address "
                "that it prints, such as tcp://10.0.0.1:8786"
            ) from error
        with client:
            yield client
        return
    settings = {
        "distributed.scheduler.worker-saturation": 1.0,
        "distributed.scheduler.allowed-failures": 1_000,
    }
    with (
        dask.config.set(settings),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=processes,
            memory_limit=None,
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


def workers_of(client: Client) -> str:
    """The workers of a scheduler in words."""
    threads = client.nthreads()
    return f"{counted(len(threads), 'worker')} for {counted(sum(threads.values()), 'task')} at a time"

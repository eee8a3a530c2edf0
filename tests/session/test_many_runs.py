"""Tasks in processes of their own: tried again, done once, ended; by commands that take moments."""

import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from landscape_app.session import many_runs
from landscape_app.session.many_runs import (
    LOCKS,
    Task,
    TaskError,
    connected,
    end_children,
    has_ended,
    run_task,
    run_tasks,
)
from tests.small_runs import small_run

CHILD = """
import os, signal, sys, time
kind, result = sys.argv[2:4]
with open(result + ".starts", "a") as starts:
    starts.write(kind[0])
count = len(open(result + ".starts").read())
if kind == "slow":
    time.sleep(60)
if kind == "wrong":
    print("landscape: no such data", file=sys.stderr)
    sys.exit(2)
if kind == "failing" or (kind == "again" and count < 3):
    print("progress\\nlandscape: it broke", file=sys.stderr)
    sys.exit(1)
if kind == "killed" and count == 1:
    os.kill(os.getpid(), signal.SIGTERM)
open(result, "w").write("done")
"""


@pytest.fixture
def quick_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that take moments; their result is a text."""
    monkeypatch.setattr(many_runs, "own_command", lambda *given: [sys.executable, "-S", "-c", CHILD, *given])
    monkeypatch.setattr(many_runs, "has_ended", lambda path: path.read_text() == "done")


def task_of(folder: Path, kind: str) -> Task:
    (folder / LOCKS).mkdir(exist_ok=True)
    result = folder / f"{kind}.h5"
    return Task(kind, (kind, str(result)), (kind, str(result)), folder, folder, result)


def starts(task: Task) -> int:
    return len(Path(f"{task.result}.starts").read_text())


@pytest.mark.usefixtures("quick_children")
def test_a_task_that_is_done_is_not_done_again(tmp_path: Path) -> None:
    task = task_of(tmp_path, "fine")
    assert run_task(task, 1) == run_task(task, 1) == ""
    assert starts(task) == 1
    assert not task.log.exists()


@pytest.mark.usefixtures("quick_children")
def test_a_failure_is_told_in_the_words_of_the_command(tmp_path: Path) -> None:
    task = task_of(tmp_path, "failing")
    with pytest.raises(TaskError, match=r"^it broke$"):
        run_task(task, 1)
    assert "progress" in task.log.read_text()
    assert run_task(task_of(tmp_path, "wrong"), 1) == "no such data"


@pytest.mark.usefixtures("quick_children")
def test_two_workers_do_a_task_once(tmp_path: Path) -> None:
    task = task_of(tmp_path, "fine")
    workers = [threading.Thread(target=run_task, args=(task, 1)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert task.is_done()
    assert starts(task) == 1


@pytest.mark.usefixtures("quick_children")
def test_tasks_are_tried_again_and_do_not_end_one_another(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    tasks = [task_of(tmp_path, kind) for kind in ("fine", "again", "killed", "failing", "wrong")]
    with connected(None, 2) as client:
        *_, last = run_tasks(tasks, client, 1, retries=2)
    assert last.ended == {
        "fine": "",
        "again": "",
        "killed": "",
        "failing": "it broke",
        "wrong": "no such data",
    }
    assert [starts(task) for task in tasks] == [1, 3, 2, 3, 1]


@pytest.mark.usefixtures("quick_children")
def test_closing_early_ends_what_runs(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    task = task_of(tmp_path, "slow")
    with connected(None, 1) as client, closing(run_tasks([task], client, 1, retries=2)) as standings:
        while not Path(f"{task.result}.starts").exists():
            assert not next(standings).ended
        start = time.monotonic()
    assert time.monotonic() - start < 30
    assert not many_runs._children


def test_children_of_other_results_go_on(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE)
    many_runs._children[process] = tmp_path
    try:
        end_children(str(tmp_path / "other"))
        assert process.poll() is None
        end_children(str(tmp_path))
        assert process.wait(10) != 0
    finally:
        del many_runs._children[process]
        process.stdin.close()  # type: ignore[union-attr]


def test_a_child_ends_with_its_parent() -> None:
    code = (
        "import threading, time\nfrom landscape_app.cli.command import _end_with_stdin\n"
        "threading.Thread(target=_end_with_stdin, daemon=True).start()\nprint(flush=True)\ntime.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        process.stdin.close()
        assert process.wait(10) == 1


def test_without_dask_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ValueError, match=r"pip install 'landscape-app\[cluster\]'"), connected(None, 1):
        pass


def test_a_scheduler_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(many_runs, "CONNECTING_SECONDS", 0.3)
    with (
        pytest.raises(ValueError, match="no scheduler of dask answers"),
        connected("tcp://127.0.0.1:9", 1),
    ):
        pass


def test_a_run_without_a_journal_or_a_broken_file_has_not_ended(tmp_path: Path) -> None:
    assert not has_ended(small_run(tmp_path / "run.h5"))
    (tmp_path / "broken.h5").write_text("no run")
    assert not has_ended(tmp_path / "broken.h5")

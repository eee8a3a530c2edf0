"""`landscape check`: what is wrong with a file, and who writes it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from landscape_app.cli.check import WRITER
from landscape_app.runs.run_file import read_run, write_run
from landscape_app.runs.writer import WriterStatus
from tests.cli.conftest import interrupted

Landscape = Callable[..., Any]


def test_every_status_of_a_writer_has_words() -> None:
    assert set(WRITER) == {status.value for status in WriterStatus}


def test_checking_tells_what_is_wrong(landscape: Landscape, tmp_path: Path) -> None:
    interrupted(tmp_path / "run.h5", 4, 10)
    image = bytearray((tmp_path / "run.h5").read_bytes())
    image[-1] ^= 1
    (tmp_path / "damaged.h5").write_bytes(image)
    done = landscape("check", "damaged.h5")
    assert done.code == 1
    assert done.err.startswith("landscape: damaged.h5 cannot be read as a run file: it is damaged")
    state = read_run(tmp_path / "run.h5")
    write_run(tmp_path / "cut.h5", replace(state, arrays={"trainer/epoch": state.arrays["trainer/epoch"]}))
    done = landscape("check", "cut.h5")
    assert done.code == 1
    assert "cut.h5 is not a whole run file" in done.err
    assert landscape("check", "missing.h5").code == 2

"""Memory that an import needs is compared with what is free."""

import gzip
from pathlib import Path

import pytest

from landscape_app.data.importing import large_text, memory, tables
from landscape_app.data.importing.images import ImportFailure
from landscape_app.data.importing.tables import ReadOptions, open_table


def test_what_is_free_is_said_in_bytes_or_not_at_all() -> None:
    free = memory.free_memory()
    assert free is None or free > 10**6


def test_a_table_that_needs_more_than_is_free_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.csv").write_text("x,y\n" + "0.5,0.25\n" * 1_000)
    assert len(open_table(tmp_path / "x.csv")) == 1_000
    monkeypatch.setattr(memory, "free_memory", lambda: 100_000)
    with pytest.raises(ImportFailure, match=r"needs about 0 MB of memory to be read, and 0 MB are free"):
        open_table(tmp_path / "x.csv")


def test_a_packed_table_that_turns_out_larger_than_what_is_free_is_refused_on_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(b"0.5,0.25\n" * 5_000))
    monkeypatch.setattr(tables, "ROW_BY_ROW", 100)
    monkeypatch.setattr(large_text, "BLOCK", 1_000)
    monkeypatch.setattr(memory, "free_memory", lambda: 30_000)
    shares: list[float] = []
    with pytest.raises(ImportFailure, match="of memory to be read"):
        open_table(tmp_path / "x.csv.gz", ReadOptions(progress=shares.append))
    assert len(shares) == 5

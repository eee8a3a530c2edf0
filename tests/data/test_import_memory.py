"""Memory that an import needs is compared with what is free."""

from pathlib import Path

import pytest

from landscape_app.data.importing import memory
from landscape_app.data.importing.images import ImportFailure
from landscape_app.data.importing.tables import open_table


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

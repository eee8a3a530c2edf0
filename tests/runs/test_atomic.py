"""Files that are written whole or not at all, and folders that are made for them."""

from pathlib import Path

import pytest

from landscape_app.runs.atomic import RunFileError, atomic_write, check_writable, make_folder


def test_a_folder_is_made_with_those_above_it_and_left_where_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "today"
    make_folder(folder)
    (folder / "run.h5").touch()
    make_folder(folder)
    assert (folder / "run.h5").exists()


def test_a_file_in_the_place_of_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("no folder")
    for folder in (tmp_path / "runs", tmp_path / "runs" / "today"):
        with pytest.raises(RunFileError, match=f"cannot make .*{folder.name}"):
            make_folder(folder)
    with pytest.raises(RunFileError, match="there is no folder"):
        check_writable(tmp_path / "nowhere" / "run.h5")


def test_what_fails_half_way_leaves_the_file_as_it_was_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "run.txt"
    path.write_text("whole")
    with pytest.raises(UnicodeEncodeError), atomic_write(path) as part:
        part.write_text("half and \ud800", encoding="utf-8")
    assert path.read_text() == "whole"
    with atomic_write(path) as part:
        part.write_text("whole again")
        assert path.read_text() == "whole"
    assert path.read_text() == "whole again"
    assert [file.name for file in tmp_path.iterdir()] == ["run.txt"]

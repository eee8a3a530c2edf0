"""Couplings and weights in files, and what of a file is refused."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from landscape_app.data.couplings import MOST_SPINS, read_parameters
from landscape_app.data.importing import ImportFailure

J = np.array([[0.0, 0.5, -1.0], [0.5, 0.0, 0.25], [-1.0, 0.25, 0.0]])


def hdf5(path: Path, **tables: object) -> Path:
    with h5py.File(path, "w") as file:
        for name, table in tables.items():
            file[name] = table
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t", " "])
def test_a_table_in_text_is_read_whatever_separates_it(separator: str, tmp_path: Path) -> None:
    path = tmp_path / "J.csv"
    np.savetxt(path, J, delimiter=separator)
    path.write_text("\n" + path.read_text() + "\n\n", encoding="utf-8-sig")
    found = read_parameters(path)
    np.testing.assert_array_equal(found["J"], J)
    np.testing.assert_array_equal(found["h"], np.zeros(3))


def test_arrays_are_read_by_their_names(tmp_path: Path) -> None:
    np.save(tmp_path / "J.npy", J.astype(np.float32))
    np.testing.assert_array_equal(read_parameters(tmp_path / "J.npy")["J"], J)
    both = read_parameters(hdf5(tmp_path / "both.h5", J=J, h=[1, 2, 3]))
    np.testing.assert_array_equal(both["h"], [1, 2, 3])
    only = read_parameters(hdf5(tmp_path / "only.h5", couplings=J))
    np.testing.assert_array_equal(only["J"], J)
    machine = read_parameters(hdf5(tmp_path / "w.hdf5", W=np.ones((3, 2)), b=[1.0, 2.0]))
    assert {name: table.shape for name, table in machine.items()} == {"W": (3, 2), "b": (2,), "a": (3,)}
    alone = read_parameters(hdf5(tmp_path / "alone.h5", W=np.ones((3, 2))))
    np.testing.assert_array_equal(alone["b"], np.zeros(2))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("J.csv", "", "J.csv is empty"),
        ("J.csv", "\n \n", "J.csv is empty"),
        ("J.csv", "0,1\n1,0,3\n", "line 2 of J.csv has 3 numbers and the first line 2"),
        ("J.csv", "0,one\n1,0\n", "line 1 of J.csv has 'one', expected numbers alone"),
        ("J.csv", "0,\n1,0\n", "line 1 of J.csv has ''"),
        ("J.npy", "no array", "J.npy cannot be read"),
        ("J.h5", "no file", "J.h5 cannot be read"),
        ("J.xlsx", "0", "expected one that ends in .csv, .tsv, .txt, .npy, .h5, .hdf5"),
        ("J", "0", "J is no file of couplings"),
    ],
)
def test_files_that_are_no_tables_are_refused(name: str, text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ImportFailure, match=message) as caught:
        read_parameters(path)
    assert "\n" not in str(caught.value)


def test_other_arrays_are_refused(tmp_path: Path) -> None:
    cases: dict[str, tuple[dict[str, object], str]] = {
        "names": (
            {"A": J, "B": J},
            "needs data sets J and h of coupled spins, or W, a and b .*; it has A, B",
        ),
        "text": ({"J": ["a", "b"]}, "J of text.h5 holds"),
        "line": ({"J": [1.0, 2.0]}, "has shape \\(2,\\), expected a table"),
        "empty": ({"J": np.zeros((0, 0))}, "J of empty.h5 is empty"),
        "large": ({"J": np.zeros((1, MOST_SPINS + 1))}, f"at most {MOST_SPINS:,} rows"),
    }
    for name, (tables, message) in cases.items():
        with pytest.raises(ImportFailure, match=message):
            read_parameters(hdf5(tmp_path / f"{name}.h5", **tables))
    with pytest.raises(ImportFailure, match="there is no file"):
        read_parameters(tmp_path / "gone.csv")
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(ImportFailure, match="cannot be read"):
        read_parameters(tmp_path / "objects.npy")

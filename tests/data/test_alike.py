"""Files read as a data set was: every item of its own source is what it was, also alone, and others are refused."""

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from landscape_app.data.dataset import Dataset, Kind, stratified_split
from landscape_app.data.importing import ImportFailure, open_source
from landscape_app.data.importing.alike import AlikeOptions, items_alike, read_alike
from landscape_app.data.importing.columns import ColumnType
from landscape_app.data.importing.images import ImageOptions, import_images
from landscape_app.data.importing.table_data import TableOptions, import_table
from landscape_app.data.importing.tables import Table

ROWS, TOWNS = 60, ("Aber", "Bonn", "Cork")


def table_of(path: Path, types: dict[str, ColumnType] | None = None) -> Dataset:
    """The rows of a file, imported with all columns, those of dates too."""
    table = open_source(path)
    assert isinstance(table, Table)
    table = table.typed(types or {})
    columns = [column.name for column in table.columns]
    return import_table(table, TableOptions.proposed(table, None, columns)).dataset


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    """Numbers far from order one, a date, a log scale, words and whole numbers as categories."""
    rng = np.random.default_rng(0)
    lines = ["length,when,mass,town,stars"]
    for i in range(ROWS):
        length, mass = 1e8 + 1e3 * rng.standard_normal(), math.exp(3 * rng.standard_normal())
        when = f"2024-{1 + i % 12:02}-{1 + i % 28:02}"
        lines.append(f"{length!r},{when},{mass!r},{TOWNS[i % 3]},{i % 4}")
    path = tmp_path / "survey.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_rows_of_a_table_s_own_file_are_its_items_all_together_and_alone(
    survey: Path, tmp_path: Path
) -> None:
    data = table_of(survey, {"mass": ColumnType.LOG})
    assert data.kind is Kind.MIXED
    found = read_alike(survey, data)
    np.testing.assert_array_equal(found.x, data.items)
    assert found.x.dtype == data.items.dtype
    assert (found.names[0], found.left_out) == ("line 2", ())
    header, *lines = survey.read_text(encoding="utf-8").splitlines()
    # One row says nothing by itself of its types; columns in another order, more of them, other capital letters.
    names = header.split(",")
    cells = dict(zip(names, lines[7].split(","), strict=True))
    cells = {"note": "x", **dict(reversed(cells.items()))} | {"town": cells["town"].upper(), "stars": "3.0"}
    one = tmp_path / "one.csv"
    one.write_text(f"{','.join(cells)}\n{','.join(cells.values())}\n", encoding="utf-8")
    np.testing.assert_array_equal(read_alike(one, data).x, data.items[7:8])
    np.testing.assert_array_equal(items_alike(data, data, "itself").x, data.items)


def test_rows_that_cannot_be_read_are_named_and_others_taken(survey: Path) -> None:
    data = table_of(survey, {"mass": ColumnType.LOG})
    lines = survey.read_text(encoding="utf-8").splitlines()
    cells = [line.split(",") for line in lines[:6]]
    cells[1][0], cells[2][2], cells[3][3], cells[4][1] = "long", "-2", "Dover", ""
    survey.write_text("\n".join(map(",".join, cells)), encoding="utf-8")
    found = read_alike(survey, data)
    np.testing.assert_array_equal(found.x, data.items[4:5])
    assert [f"{one.name}: {one.reason}" for one in found.left_out] == [
        "line 2: column 'length': 'long' is no finite number",
        "line 3: column 'mass': '-2' is no number above 0, as a log scale needs",
        "line 4: column 'town': 'Dover' is none of Aber, Bonn, Cork",
        "line 5: column 'when': no value",
    ]
    survey.write_text("\n".join(map(",".join, cells[:1] + cells[3:4])), encoding="utf-8")
    with pytest.raises(
        ImportFailure, match=r"line 2: column 'town': 'Dover' is none of .*rows of the columns"
    ):
        read_alike(survey, data)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "length,town\n1,Bonn\n2,Cork",
            "has no column when, mass, stars, which the model has learned",
        ),
        ("a\n1\n2", "the columns length, when, mass, town, stars, under these names"),
    ],
)
def test_other_columns_are_refused(survey: Path, tmp_path: Path, text: str, words: str) -> None:
    other = tmp_path / "other.csv"
    other.write_text(text, encoding="utf-8")
    with pytest.raises(ImportFailure, match=words):
        read_alike(other, table_of(survey))


def test_columns_without_names_are_taken_by_their_number(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    points = Dataset.of_points(rng.standard_normal((30, 2)))
    np.save(tmp_path / "x.npy", points.items)
    np.testing.assert_array_equal(read_alike(tmp_path / "x.npy", points).x, points.items)
    for few in (points.items[3:4], points.items[3:5]):
        np.save(tmp_path / "few.npy", few)
        np.testing.assert_array_equal(read_alike(tmp_path / "few.npy", points).x, few)
    np.save(tmp_path / "few.npy", points.items[3])
    np.testing.assert_array_equal(read_alike(tmp_path / "few.npy", points).x, points.items[3:4])
    np.save(tmp_path / "three.npy", rng.standard_normal((5, 3)))
    with pytest.raises(ImportFailure, match="has 3 columns of numbers; the model has learned 2"):
        read_alike(tmp_path / "three.npy", points)
    spins = Dataset(
        "spins",
        Kind.SPINS,
        np.sign(rng.standard_normal((30, 5))).astype(np.int8),
        *stratified_split(30, None, 0.2),
    )
    rows = spins.items.astype(float)
    rows[3, 2] = 0.0
    np.save(tmp_path / "few.npy", spins.items[2:3])
    np.testing.assert_array_equal(read_alike(tmp_path / "few.npy", spins).x, spins.items[2:3])
    np.save(tmp_path / "spins.npy", rows)
    found = read_alike(tmp_path / "spins.npy", spins)
    np.testing.assert_array_equal(found.x, np.delete(spins.items, 3, 0))
    assert found.left_out == (("line 4", "not every number is −1 or +1"),)


def test_images_are_read_in_the_size_light_and_ink_of_the_data(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(8):
        Image.fromarray(rng.integers(0, 256, (12, 16)).astype(np.uint8)).save(folder / f"{i}.png")
    source = open_source(folder)
    data = import_images(source, ImageOptions(6, 8, 5, invert=True)).dataset
    assert data.reading["images"] == {
        "size": [12, 16],
        "invert": True,
        "paper": "white",
        "black_and_white": None,
    }
    np.testing.assert_array_equal(read_alike(folder, data).x, data.items)
    found = read_alike(folder / "3.png", data)
    np.testing.assert_array_equal(found.x, data.items[3:4])
    assert found.names == ("3.png",)
    found = read_alike(folder / "3.png", data, AlikeOptions(invert=False))
    np.testing.assert_array_equal(found.x, 4 - data.items[3:4])


def test_arrays_are_read_with_the_black_and_white_of_the_data(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    levels = rng.integers(0, 17, (20, 4, 6))
    np.savez(tmp_path / "all.npz", x=levels)
    data = import_images(open_source(tmp_path / "all.npz"), ImageOptions(4, 6, 17)).dataset
    # By themselves these would be of thirteen levels.
    np.savez(tmp_path / "dark.npz", x=np.minimum(levels, 12), energy=rng.standard_normal(20))
    np.testing.assert_array_equal(read_alike(tmp_path / "dark.npz", data).x, np.minimum(levels, 12))
    # Of one or two the axes are those of the data.
    for few in (levels[:1], levels[:2], np.zeros_like(levels[:1])):
        np.savez(tmp_path / "few.npz", x=few, energy=rng.standard_normal(len(few)), size=(4, 6))
        found = read_alike(tmp_path / "few.npz", data)
        np.testing.assert_array_equal(found.x, few)
        assert len(found.names) == len(few)
    np.save(tmp_path / "one.npy", levels[4])
    np.testing.assert_array_equal(read_alike(tmp_path / "one.npy", data).x, levels[4:5])
    np.savez(tmp_path / "other.npz", x=np.minimum(levels, 12) * 2)
    with pytest.raises(ImportFailure, match="all 20: its numbers are not levels from 0 to 16"):
        read_alike(tmp_path / "other.npz", data)
    np.savez(tmp_path / "large.npz", x=rng.integers(0, 17, (20, 8, 6)))
    with pytest.raises(
        ImportFailure,
        match=r"all 20: of 6 × 8 pixels.*learned images of 6 × 4 pixels, 17 levels: have the images resized",
    ):
        read_alike(tmp_path / "large.npz", data)
    assert read_alike(tmp_path / "large.npz", data, AlikeOptions(resize=True)).x.shape == (20, 4, 6)
    np.savez(tmp_path / "table.npz", x=rng.standard_normal((20, 3)))
    with pytest.raises(ImportFailure, match="20 rows of 3 columns; expected images of 6 × 4 pixels"):
        read_alike(tmp_path / "table.npz", data)
    with pytest.raises(ImportFailure, match="give data of the same kind, size and levels"):
        items_alike(Dataset.of_points(rng.standard_normal((9, 2))), data, "points")

"""Tables of one's own: what their columns are taken for, and which rows are left out."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import polib
import pytest

from landscape_app import language
from landscape_app.data.dataset import Kind
from landscape_app.data.importing import open_source
from landscape_app.data.importing import tables as tables_module
from landscape_app.data.importing.cells import dates_of
from landscape_app.data.importing.columns import Column
from landscape_app.data.importing.images import ImportFailure
from landscape_app.data.importing.markup import tables_in
from landscape_app.data.importing.table_data import (
    TableOptions,
    dates_left_out,
    import_points,
    import_table,
    principal_components,
)
from landscape_app.data.importing.tables import open_table


def table_of(tmp_path: Path, text: str, name: str = "mine.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def many(rows: list[str], times: int = 12) -> str:
    return "\n".join(rows * times)


def test_a_header_names_the_columns_and_a_missing_one_does_not_cost_a_row(tmp_path: Path) -> None:
    with_names = open_table(table_of(tmp_path, "width;height\n1;2\n3;4\n"))
    assert [column.name for column in with_names.columns] == ["width", "height"]
    assert len(with_names) == 2
    without = open_table(table_of(tmp_path, "1\t2\n3\t4\n", "mine.tsv"))
    assert [column.name for column in without.columns] == ["column 1", "column 2"]
    assert without.column("2").numbers.tolist() == [2.0, 4.0]
    words = open_table(table_of(tmp_path, "town,weather\n" + many(["Rome,dry", "Oslo,wet"])))
    assert [column.name for column in words.columns] == ["town", "weather"]
    assert len(words) == 24


def test_what_files_keep_of_an_import_is_english_whatever_the_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = polib.POFile()
    catalogue.metadata = {"Content-Type": "text/plain; charset=UTF-8"}
    for text, translation in (
        ("line {line}", "Zeile {line}"),
        ("column {name!r}: {why}", "Spalte {name!r}: {why}"),
        ("no value", "kein Wert"),
        ("{column} ({why})", "{column} ({why})"),
        ("constant", "konstant"),
        ("at random, seed {seed}", "zufällig, Startwert {seed}"),
    ):
        catalogue.append(polib.POEntry(msgid=text, msgstr=translation))
    catalogue.save(str(tmp_path / "xx.po"))
    monkeypatch.setenv(language.VARIABLE, language.ENGLISH)
    monkeypatch.setattr(language, "_translations", language._translations)
    language.set_language(str(tmp_path / "xx.po"))
    rows = "".join(f"{i / 7},{i % 5 + i / 9},1\n" for i in range(20))
    table = open_table(table_of(tmp_path, f"x,y,z\n{rows}0.5,,1\n"))
    done = import_table(table, TableOptions.proposed(table))
    assert [(one.name, one.reason) for one in done.left_out] == [("Zeile 22", "Spalte 'y': kein Wert")]
    assert (done.not_used, done.split) == (("z (konstant)",), "zufällig, Startwert 0")
    assert done.reading["left_out"] == {"column 'y': no value": 1}
    assert (done.reading["not_used"], done.reading["split"]) == (["z (constant)"], "at random, seed 0")
    assert done.dataset.reading == done.reading


def test_words_without_a_header_keep_their_first_row(tmp_path: Path) -> None:
    table = open_table(table_of(tmp_path, many(["Rome,dry", "Oslo,wet"])))
    assert len(table) == 24
    assert table.lines[0] == 1


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        (["0,1,no", "1,0,yes"], Kind.SPINS),
        (["-1,1", "1,-1"], Kind.SPINS),
        (["red,0,no", "green,1,yes", "blue,2,no"], Kind.LEVELS),
        (["0.5,1.25", "0.75,2", "-1.5,3.5"], Kind.POINTS),
        (["0.5,red", "0.75,green", "-1.5,red"], Kind.MIXED),
    ],
)
def test_the_columns_decide_what_rows_are(tmp_path: Path, rows: list[str], kind: Kind) -> None:
    assert TableOptions.proposed(open_table(table_of(tmp_path, many(rows)))).kind is kind


def test_categories_keep_their_names_in_order(tmp_path: Path) -> None:
    rows = ["red,10,a", "green,9,b", "blue,10,c"]
    done = import_table(
        table := open_table(table_of(tmp_path, "colour,size,same\n" + many(rows))),
        TableOptions.proposed(table),
    )
    data = done.dataset
    assert [column.values for column in data.columns] == [
        ("blue", "green", "red"),
        ("9", "10"),
        ("a", "b", "c"),
    ]
    assert data.levels == 3
    read = [
        tuple(column.values[level] for column, level in zip(data.columns, row, strict=True))
        for row in data.items
    ]
    assert read == [("red", "10", "a"), ("green", "9", "b"), ("blue", "10", "c")] * 12


def test_two_values_become_minus_and_plus_one(tmp_path: Path) -> None:
    table = open_table(table_of(tmp_path, "answer,vote\n" + many(["no,0", "yes,1", "yes,0"])))
    data = import_table(table, TableOptions.proposed(table)).dataset
    assert data.items[:3].tolist() == [[-1, -1], [1, 1], [1, -1]]
    assert data.columns[0].values == ("no", "yes")


def test_rows_that_cannot_be_read_are_named_by_line_and_column(tmp_path: Path) -> None:
    good = [f"{i / 7:.3f},{i * i / 5:.3f}" for i in range(20)]
    rows = ["x,y", *good[:3], "1,", "oops,2", "1,2,3", "nan,4", "inf,5", *good[3:]]
    table = open_table(table_of(tmp_path, "\n".join(rows)))
    done = import_table(table, TableOptions.proposed(table))
    assert [(row.name, row.reason) for row in done.left_out] == [
        ("line 5", "column 'y': no value"),
        ("line 6", "column 'x': 'oops' is no finite number"),
        ("line 7", "3 cells instead of 2"),
        ("line 8", "column 'x': no value"),
        ("line 9", "column 'x': 'inf' is no finite number"),
    ]
    np.testing.assert_allclose(done.dataset.items, np.loadtxt(good, delimiter=","), rtol=1e-6)


def test_columns_are_chosen_by_name_or_number(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, 3)).round(4)
    lines = [",".join(map(str, row)) for row in x.tolist()]
    table = open_table(table_of(tmp_path, "\n".join(["a,b,c", *lines])))
    options = TableOptions.proposed(table, columns=["c", "1"])
    done = import_table(table, options)
    np.testing.assert_allclose(done.dataset.items, x[:, [2, 0]], rtol=1e-6)
    assert done.not_used == ("b (not chosen)",)
    with pytest.raises(
        ImportFailure, match="no column 'd'; choose by name or by number from 1 to 3: a, b, c"
    ):
        TableOptions.proposed(table, columns=["d"])
    with pytest.raises(ImportFailure, match="'a' has 30 values; spins have two"):
        TableOptions.proposed(table, Kind.SPINS, ["a"])


def test_a_column_that_numbers_the_rows_is_left_out_unless_it_is_asked_for(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(30, 2)).round(4)
    rows = [f"{i},{a},{b}" for i, (a, b) in enumerate(x.tolist())]
    table = open_table(table_of(tmp_path, "\n".join(["id,a,b", *rows])))
    assert TableOptions.proposed(table).columns == ("a", "b")
    assert import_table(table, TableOptions.proposed(table)).not_used == ("id (identifier)",)
    assert TableOptions.proposed(table, columns=["id", "b"]).columns == ("id", "b")
    shuffled = open_table(table_of(tmp_path, "\n".join(["id,a,b", *rows[::-1]])))
    assert TableOptions.proposed(shuffled).columns == ("a", "b")


def test_more_columns_become_principal_components_as_singular_values_have_them(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 2)) @ rng.normal(size=(2, 5)) + 0.1 * rng.normal(size=(200, 5))
    x *= [1.0, 10.0, 0.1, 3.0, 1.0]
    np.save(tmp_path / "mine.npy", x)
    table = open_source(tmp_path / "mine.npy")
    assert isinstance(table, tables_module.Table)
    assert import_table(table, TableOptions.proposed(table)).dataset.items.shape == (200, 5)
    done = import_table(table, replace(TableOptions.proposed(table), components=2))
    standard = (x - x.mean(0)) / x.std(0)
    u, s, _ = np.linalg.svd(standard, full_matrices=False)
    expected = u[:, :2] * s[:2]
    signs = np.sign((expected * done.dataset.items).sum(0))
    np.testing.assert_allclose(done.dataset.items, signs * expected, atol=1e-5)
    assert done.variance == pytest.approx((s[:2] ** 2).sum() / (s**2).sum())
    _, all_of_it = principal_components(x, 5)
    assert all_of_it == pytest.approx(1.0)


def test_hopeless_tables_are_refused(tmp_path: Path) -> None:
    broken = "x,y\n" + "\n".join(
        [f"{i / 2},{i * 0.37}" for i in range(20)] + [f"{i / 3}," for i in range(30)]
    )
    table = open_table(table_of(tmp_path, broken))
    assert TableOptions.proposed(table).columns == ("x",)
    with pytest.raises(ImportFailure, match="30 of 50 rows of mine cannot be read"):
        import_table(table, TableOptions.proposed(table, columns=["x", "y"]))
    same = open_table(table_of(tmp_path, "x,y\n" + many(["1,5"])))
    with pytest.raises(ImportFailure, match="same value in every row"):
        TableOptions.proposed(same)
    with pytest.raises(ImportFailure, match="holds no rows"):
        open_table(table_of(tmp_path, "# nothing\n"))
    (tmp_path / "bytes.csv").write_bytes(bytes(range(16)) * 40)
    with pytest.raises(ImportFailure, match="is not a table of text"):
        open_table(tmp_path / "bytes.csv")


def test_aligned_sequences_are_categories_by_position(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    letters = rng.choice(list("ACDK-"), (40, 12))
    letters[:, 3] = "W"
    texts = ["".join(row) for row in letters]
    shown = [f">seq {i}\n{text[:7]}\n{text[7:]}" for i, text in enumerate(texts)]
    shown[5:5] = [">odd\nACD"]
    shown[2] = shown[2].replace(texts[2][:7], texts[2][:3] + "acd." + texts[2][3:7])
    (tmp_path / "family.fasta").write_text("\n".join(shown) + "\n")
    table = open_table(tmp_path / "family.fasta")
    done = import_table(table, TableOptions.proposed(table))
    assert [row.reason for row in done.left_out] == ["3 positions instead of 12"]
    assert done.not_used == ("4 (constant)",)
    values = [column.values for column in done.dataset.columns]
    read = np.array([[values[i][level] for i, level in enumerate(row)] for row in done.dataset.items])
    assert np.array_equal(read, np.delete(letters, 3, axis=1))
    (tmp_path / "raw.fa").write_text("".join(f">s\n{'A' * (i + 1)}\n" for i in range(6)))
    with pytest.raises(ImportFailure, match="align them first"):
        open_table(tmp_path / "raw.fa")


def mixed_table(tmp_path: Path) -> Path:
    rows = [
        f"{'mf'[i % 2]},{i % 3 // 2},{20 + i % 50},{60 + 0.37 * (i * 7 % 41):.2f},note {i}"
        for i in range(120)
    ]
    return table_of(tmp_path, "sex,smoker,age,weight,remark\n" + "\n".join(rows))


def test_numbers_beside_words_are_learned_together(tmp_path: Path) -> None:
    table = open_table(mixed_table(tmp_path))
    options = TableOptions.proposed(table)
    assert (options.kind, options.columns) == (Kind.MIXED, ("sex", "smoker", "age", "weight"))
    dataset = import_table(table, options).dataset
    assert [column.values for column in dataset.columns] == [("f", "m"), ("0", "1"), (), ()]
    assert [column.type for column in dataset.columns] == ["category", "category", "whole number", "number"]
    expected = [
        [(i + 1) % 2, i % 3 // 2, 20 + i % 50, round(60 + 0.37 * (i * 7 % 41), 2)] for i in range(120)
    ]
    np.testing.assert_allclose(dataset.items, np.array(expected, np.float32), rtol=1e-6)
    assert dataset.as_json()["kind"] == "mixed"
    assert dataset.summary == "120 rows of 4 columns, as numbers and categories"


def test_mixed_rows_need_columns_of_both_kinds(tmp_path: Path) -> None:
    table = open_table(mixed_table(tmp_path))
    for columns, found in (("sex", "smoker"), "categories"), (("age", "weight"), "numbers"):
        with pytest.raises(ImportFailure, match=f"numbers and categories, and .* are {found} alone"):
            import_table(table, TableOptions.proposed(table, Kind.MIXED, columns))
    # Few whole numbers beside numbers alone stay numbers.
    assert TableOptions.proposed(table, columns=("smoker", "age", "weight")).kind is Kind.POINTS


def test_a_row_without_one_of_its_values_is_left_out_of_mixed_rows(tmp_path: Path) -> None:
    rows = [f"{'ab'[i % 2]},{i * 0.25}" for i in range(40)]
    rows[3], rows[7] = ",1.75", "a,"
    table = open_table(table_of(tmp_path, "kind,size\n" + "\n".join(rows)))
    done = import_table(table, TableOptions.proposed(table))
    assert len(done.dataset.items) == 38
    assert [row.name for row in done.left_out] == ["line 5", "line 9"]


def test_large_numbers_beside_words_are_counted_in_their_deviation(tmp_path: Path) -> None:
    rows = [f"{'ab'[i % 2]},{1e9 + 1e7 * (i % 13)}" for i in range(60)]
    table = open_table(table_of(tmp_path, "kind,size\n" + "\n".join(rows)))
    dataset = import_table(table, TableOptions.proposed(table)).dataset
    size = dataset.columns[1]
    back = dataset.items[:, 1] * size.scale + size.offset
    np.testing.assert_allclose(back, [1e9 + 1e7 * (i % 13) for i in range(60)], rtol=1e-6)
    assert abs(float(dataset.items[:, 1].std()) - 1) < 1e-5


def test_a_log_scale_is_offered_where_numbers_have_a_long_tail() -> None:
    rng = np.random.default_rng(0)
    for numbers, expected in (
        (rng.lognormal(3, 1, 300), True),
        (rng.exponential(1.0, 300), True),
        (40 + rng.normal(size=300), False),
        (-rng.lognormal(3, 1, 300), False),
        (rng.lognormal(3, 1, 10), False),
        (np.full(300, 2.5), False),
    ):
        assert Column("x", pl.Series(numbers)).has_long_tail is expected


def test_large_files_are_read_as_small_ones_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(1.5 + i, f"0{1000 + i}", ("NA", "DE", "FR", "ZA")[i % 4], f"{100 + i}.250") for i in range(40)]
    body = [f"{a};{code};{land};{grouped};word {i}" for i, (a, code, land, grouped) in enumerate(rows)]
    for text in ("\n".join(body), "\ufeff" + "\n\n".join(body) + "\n", "\n".join([*body, "the end"])):
        path = table_of(tmp_path, "a;code;land;grouped;name\n" + text)
        small = open_table(path)
        with monkeypatch.context() as patch:
            patch.setattr(tables_module, "ROW_BY_ROW", 0)
            large = open_table(path)
        assert large.lines.tolist() == small.lines.tolist()
        for one, other in zip(small.columns, large.columns, strict=True):
            assert (one.name, one.type, one.words) == (other.name, other.type, other.words)


def test_a_capital_i_with_a_dot_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    words = ["İstanbul", "İzmir", "Muğla", "Iğdır"]
    path.write_bytes("\n".join(["a,b", *(f"{i / 4},{words[i % 4]}" for i in range(40))]).encode("cp1254"))
    assert set(open_table(path).columns[1].words) == set(words)


def test_cells_of_pages_span_columns_and_rows() -> None:
    page = (
        "<p>Before</p><TABLE><tr><th rowspan=2>name<th colspan='2'>size</tr><tr><th>mean<th>std</tr>"
        "<tr><td>a &amp; b<td>1<td>2</table><table></table>"
    )
    assert tables_in(page) == [[["name", "size", "size"], ["name", "mean", "std"], ["a & b", "1", "2"]]]


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("29.02.20", "2020-02-29"),
        ("12/31/69", "1969-12-31"),
        ("31/12/68", "2068-12-31"),
        ("1st March 2021", "2021-03-01"),
        ("Sat, Mar 6, 2021", "2021-03-06"),
        ("6 août 2021", "2021-08-06"),
        ("2021-Q3", "2021-07-01"),
        ("2021/2/3", "2021-02-03"),
        ("30.02.2021", None),
        ("2021-13-01", None),
    ],
)
def test_a_date_is_the_day_that_it_says(cell: str, day: str | None) -> None:
    found = dates_of(pl.Series([cell, cell, cell]))
    if day is None:
        assert found is None
    else:
        assert found is not None
        assert found.to_list() == [float(np.datetime64(day).astype(int))] * 3


def test_a_date_is_left_out_unless_it_is_asked_for_or_nothing_else_is_there(tmp_path: Path) -> None:
    rows = "".join(f"2024-05-{1 + i % 28:02d},{i * 0.37 % 5:.3f},{i * 0.61 % 7:.3f}\n" for i in range(40))
    table = open_table(table_of(tmp_path, f"visit,a,b\n{rows}"))
    for kind in (None, Kind.POINTS):
        proposed = TableOptions.proposed(table, kind)
        assert proposed.columns == ("a", "b")
        assert dates_left_out(table, proposed) == ("visit",)
    assert import_table(table, proposed).not_used == (
        "visit (dates, which are taken only where they are chosen)",
    )
    assert import_points(table).dataset.items.shape == (40, 2)
    asked = TableOptions.proposed(table, columns=["visit", "a"])
    assert (asked.columns, dates_left_out(table, asked)) == (("visit", "a"), ())
    alone = open_table(table_of(tmp_path, "visit,place\n" + _days_alone()))
    assert TableOptions.proposed(alone).columns == ("visit",)
    words = open_table(table_of(tmp_path, "visit,place\n" + _days_alone("north", "south", "east")))
    # Points can be made of the dates alone, categories of the words alone.
    assert TableOptions.proposed(words, Kind.POINTS).columns == ("visit",)
    assert TableOptions.proposed(words, Kind.MIXED).columns == ("visit", "place")
    assert TableOptions.proposed(words).columns == ("place",)


def _days_alone(*places: str) -> str:
    """Rows of a date and one of some places, or always the same."""
    places = places or ("here",)
    return "".join(f"2024-05-{1 + i % 28:02d},{places[i % len(places)]}\n" for i in range(40))

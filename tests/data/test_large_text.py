"""Large tables: read block by block as small ones are, and of too many rows a sample that is told."""

import gzip
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from landscape_app.data.importing import import_table, open_source, open_table
from landscape_app.data.importing import large_text as large
from landscape_app.data.importing import tables as tables_module
from landscape_app.data.importing.blocks import drawn_rows
from landscape_app.data.importing.large_text import RowDraw, read_large
from landscape_app.data.importing.table_data import TableOptions
from landscape_app.data.importing.tables import ReadOptions, Table
from landscape_app.data.importing.text import decoded, read_text

WORDS = [f"{i / 4},{i % 3},{'ab'[i % 2]}x" for i in range(200)]
TEXTS = {
    "numbers": "\n".join(["a,b,c", *WORDS]),
    "no header": "\n".join(WORDS) + "\n",
    "a word far below": "\n".join(["a,b,c", *WORDS, "late,2,ax", *WORDS]) + "\n",
    "missing words": "\n".join(["a,b,c", *WORDS, "NA,2,ax", "-,1,bx", *WORDS]) + "\n",
    "odd rows, comments and blank lines": "\n".join(
        ["a,b,c", *WORDS, "1,2,ax,4,5", "", "# a remark", "3,4", *WORDS, "  ", "1,2,3,4"]
    ),
    "quotation marks": "\n".join(["a,b,c", *WORDS, '1,2,"a,x"', *WORDS]) + "\n",
    "a cell of two lines": "\n".join(["a,b,c", *WORDS, '1,2,"a\nx"', *WORDS]) + "\n",
    "ends of Windows": "\r\n".join(["a,b,c", *WORDS, "", *WORDS]),
    "Namibia": "\n".join(["a,b,c", *(f"{i},{i % 3},{'ZANA'[i % 2 * 2 :][:2]}" for i in range(200))]),
    "blanks around": "\n".join(["a,b,c", *WORDS, "1,2, ax ", ", ,", *WORDS, '1,2, "bx"']),
    "ends of old": "\r".join(["a,b,c", *WORDS]),
    "ends of three kinds": "a,b,c\r\n" + "\n".join(WORDS) + "\n" + "\r".join(WORDS),
    "end of file": "\n".join(["a,b,c", *WORDS]) + "\n\x1a",
    "zeros": "\n".join(["a,b,c", *WORDS, "1,2,a\0x"]) + "\n",
    "fixed blanks": "\n".join(["a  b  c", *(word.replace(",", "  ") for word in WORDS)]),
    "titles": "\n".join(["Measured in May", "", "a,b,c", *WORDS]),
    "rows behind #": "\n".join(["a,b,c", *WORDS, "#1,2,ax", *WORDS]),
    "lines in quotation marks": "\n".join(
        f'"{line}"' if line else "" for line in ["a,b,c", *WORDS, "", *WORDS]
    ),
    "separators of two signs": "\n".join(word.replace(",", "::") for word in ["a,b,c", *WORDS]),
    "a rare separator": "\n".join(word.replace(",", "~") for word in ["a,b,c", *WORDS, ",,", *WORDS]),
    "spins": "\n".join(f"{i % 61:06b}" for i in range(200)) + "\n",
    "codes": "\n".join(["a;b;c", *(f"{i};0{i % 9}{i % 7};{i}.250" for i in range(100, 300))]),
}


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of a few hundred letters are large."""
    monkeypatch.setattr(tables_module, "ROW_BY_ROW", 100)
    monkeypatch.setattr(large, "SAMPLE_LETTERS", 1_000)
    monkeypatch.setattr(large, "BLOCK", 300)
    monkeypatch.setattr(large, "ROWS_AT_A_TIME", 40)


@pytest.mark.parametrize(("name", "charset"), [("numbers", "utf-16"), *((name, "utf-8") for name in TEXTS)])
def test_blocks_give_what_the_whole_text_gives(
    name: str, charset: str, tmp_path: Path, small_blocks: None
) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(TEXTS[name].encode(charset))
    whole, parts = read_text(TEXTS[name], "x"), read_large(path, "x")
    assert parts.layout == whole.layout
    assert (parts.odd, parts.comments, parts.not_drawn) == (whole.odd, whole.comments, 0)
    assert np.array_equal(parts.lines, whole.lines)
    for there, here in zip(whole.cells, parts.cells, strict=True):
        if here.dtype == pl.String:
            assert here.to_list() == there.to_list()
        else:
            missing = there.is_in(["NA"]).fill_null(True)
            assert here.to_list() == there.set(missing, None).cast(pl.Float64).to_list()
    if name == "missing words":
        assert parts.cells.dtypes == [pl.String, pl.Float64, pl.String]


def test_letters_of_old_charsets_are_read_however_late_they_come(tmp_path: Path, small_blocks: None) -> None:
    text = "\n".join(["a,b,c", *WORDS, *["1,2,größer", "3,4,Café", "5,6,naïve"] * 3]) + "\n"
    path = tmp_path / "x.csv"
    path.write_bytes(text.encode("cp1252"))
    assert read_large(path, "x").cells["c"].to_list() == read_text(text, "x").cells["c"].to_list()
    assert decoded(path.read_bytes(), "x") == text


def test_rows_are_drawn_alike_and_keep_their_order() -> None:
    times = np.zeros(200)
    for seed in range(400):
        draw, begin = RowDraw(20, seed), 0
        for count in (1, 99, 60, 40):
            keys = draw.keys(count)
            kept = np.flatnonzero(keys < draw.limit)
            draw.add(keys[kept], begin + kept, pl.DataFrame({"x": begin + kept}))
            begin += count
        lines, cells = draw.taken()
        assert len(lines) == 20
        assert (np.diff(lines) > 0).all()
        assert cells["x"].to_list() == lines.tolist()
        times[lines] += 1
    # Of 400 draws each row is in a tenth: binomial, with a deviation of 6.
    assert np.abs(times - 40).max() < 4.5 * 6
    assert abs((times @ np.arange(200)) / times.sum() - 99.5) < 4 * 57.7 / np.sqrt(8_000)
    assert np.array_equal(drawn_rows(5, 9), np.arange(5))
    assert (np.diff(drawn_rows(1_000, 30)) > 0).all()


def write(name: str, path: Path) -> None:
    """A thousand rows in order of the first column, in a format."""
    frame = pl.DataFrame(
        {"time": np.arange(1_000.0) / 4, "b": np.sin(np.arange(1_000.0)), "c": ["x", "y"] * 500}
    )
    text = frame.write_csv()
    if name == "odd.csv":
        path.write_text(text + "1,2,x,4\n" * 50)
    elif name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    elif name.endswith(".parquet"):
        frame.write_parquet(path)
    elif name.endswith(".feather"):
        frame.write_ipc(path)
    elif name.endswith(".jsonl"):
        frame.write_ndjson(path)
    elif name.endswith(".npy"):
        np.save(path, frame.select("time", "b", pl.col("b").alias("c")).to_numpy())
    else:
        path.write_text(text.replace("x\n", '"x\n"\n') if name == "quoted.csv" else text)


@pytest.mark.parametrize(
    "name",
    ["x.csv", "odd.csv", "quoted.csv", "small.csv", "x.csv.gz", "x.parquet", "x.feather", "x.jsonl", "x.npy"],
)
def test_of_too_many_rows_a_sample_is_read_and_the_others_are_counted(
    name: str, tmp_path: Path, small_blocks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(name, tmp_path / name)
    for module in (large, tables_module):
        monkeypatch.setattr(module, "MOST_CELLS", 600)
    if name == "small.csv":
        monkeypatch.setattr(tables_module, "ROW_BY_ROW", 10**6)
    table = open_source(tmp_path / name)
    assert isinstance(table, Table)
    assert len(table) == 200
    rows = 1_050 if name == "odd.csv" else 1_000
    done = import_table(table, TableOptions.proposed(table))
    told = done.reading["left_out"]
    assert isinstance(told, dict)
    assert len(done.dataset.items) + sum(told.values()) == rows
    assert sum(told.values()) == len(done.left_out) + sum(table.beyond.values())
    (reason,) = table.beyond
    assert reason == "not drawn: of so large a table 200 rows are read, at random, seed 0"
    # In order, and from all over the file, of uniform numbers with a deviation of 1000 / 4 / √12.
    times = table.columns[0].numbers
    assert (np.diff(times) > 0).all()
    assert abs(times.mean() - 999 / 8) < 4 * 72.2 / np.sqrt(200)
    assert reason in done.omissions


def test_rows_that_a_data_set_cannot_hold_are_counted_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("x.csv", tmp_path / "x.csv")
    monkeypatch.setattr("landscape_app.data.importing.table_data.MOST_VALUES", 900)
    table = open_table(tmp_path / "x.csv")
    done = import_table(table, TableOptions.proposed(table))
    assert len(done.dataset.items) == 300
    assert done.beyond == {"not drawn: 300 rows are taken, at random, seed 0": 700}


def test_the_beginning_is_read_alone_and_reading_ends_where_progress_raises(
    tmp_path: Path, small_blocks: None
) -> None:
    write("x.csv", tmp_path / "x.csv")
    shown = open_table(tmp_path / "x.csv", ReadOptions(beginning=True))
    assert 20 < len(shown) < 100
    shares: list[float] = []
    open_table(tmp_path / "x.csv", ReadOptions(progress=shares.append))
    assert shares == sorted(shares)
    assert len(shares) > 20
    assert 0 < shares[0] < shares[-1] <= 1

    class EnoughError(Exception):
        """Raised by the one who waits."""

    def stop(share: float) -> None:
        if share > 0.5:
            raise EnoughError

    with pytest.raises(EnoughError):
        open_table(tmp_path / "x.csv", ReadOptions(progress=stop))
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]


def test_a_line_without_an_end_is_no_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_blocks: None
) -> None:
    monkeypatch.setattr(large, "MOST_LINE", 2_000)
    (tmp_path / "x.csv").write_text("\n".join(["a,b,c", *WORDS]) + "9" * 5_000)
    with pytest.raises(ValueError, match="it has a line of more than 0 MB"):
        open_table(tmp_path / "x.csv")

"""Columns in JSON, and in cells that are records and lists."""

from __future__ import annotations

import polars as pl
import pytest

from landscape_app.data.importing.records import columns_of_json, flattened

LAYOUTS = {
    "a list of records": '[{"x": 1, "y": "a"}, {"x": 2.5, "y": "b"}, {"y": "c"}]',
    "a record a line": '{"x": 1, "y": "a"}\n{"x": 2.5, "y": "b"}\n{"y": "c"}\n',
    "columns by name": '{"x": [1, 2.5, null], "y": ["a", "b", "c"]}',
    "columns of cells by row": '{"x": {"0": 1, "1": 2.5, "2": null}, "y": {"0": "a", "1": "b", "2": "c"}}',
    "names and rows": '{"columns": ["x", "y"], "data": [[1, "a"], [2.5, "b"], [null, "c"]]}',
    "rows with names above": '[["x", "y"], [1, "a"], [2.5, "b"], [null, "c"]]',
    "inside something else": '{"about": "x", "rows": [{"x": 1, "y": "a"}, {"x": 2.5, "y": "b"}, {"y": "c"}]}',
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_of_json_gives_the_same_columns(layout: str) -> None:
    columns = {column.name: column.to_list() for column in columns_of_json(LAYOUTS[layout])}
    assert columns == {"x": [1.0, 2.5, None], "y": ["a", "b", "c"]}


def test_records_and_lists_in_cells_are_columns_and_what_is_no_column_is_told() -> None:
    frame = pl.DataFrame({"at": [{"x": 1, "y": 2}], "v": [[3, 4]], "words": [["a"]]})
    found = flattened(frame)
    assert {column.name: column.to_list() for column in found.columns} == {
        "at.x": [1.0],
        "at.y": [2.0],
        "v 1": [3.0],
        "v 2": [4.0],
    }
    assert found.opaque == ["words"]

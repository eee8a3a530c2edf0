"""Names of classes and columns as a run file has them: bytes of JSON, from a stranger's file perhaps."""

import json

import numpy as np
import pytest

from landscape_app.runs.dataset_names import CLASS_NAMES, COLUMNS, StoredColumn, class_names_in, columns_in


def stored(path: str, value: object) -> dict[str, np.ndarray]:
    return {path: np.frombuffer(json.dumps(value).encode(), np.uint8)}


def test_names_come_back_and_none_are_none() -> None:
    assert class_names_in(stored(CLASS_NAMES, ["zéro", "one"])) == ("zéro", "one")
    columns = [{"name": "smokes", "values": ["no", "yes"]}, {"name": "age", "offset": 40.0, "scale": 12.5}]
    assert columns_in(stored(COLUMNS, columns)) == [
        StoredColumn("smokes", ("no", "yes")),
        StoredColumn("age", offset=40.0, scale=12.5),
    ]
    assert class_names_in({}) == ()
    assert columns_in({}) == []


@pytest.mark.parametrize("value", [7, {"a": 1}, [1, 2], ["a", None], "words"])
def test_what_is_no_list_of_words_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="the names of the classes must be a list of words"):
        class_names_in(stored(CLASS_NAMES, value))


@pytest.mark.parametrize(
    "value",
    [
        *(
            7,
            [[]],
            ["a"],
            [[1]],
            {"a": ["b"]},
            [{"name": ""}],
            [{"values": ["a"]}],
            [{"name": "a", "scale": 0}],
        ),
        [{"name": "a", "offset": float("nan")}],
    ],
)
def test_columns_need_a_name_each(value: object) -> None:
    with pytest.raises(ValueError, match="column"):
        columns_in(stored(COLUMNS, value))


@pytest.mark.parametrize("bytes_", [b"\xff\xfe", b"[", b"[" * 100_000], ids=len)
def test_bytes_that_are_no_json_are_refused(bytes_: bytes) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        class_names_in({CLASS_NAMES: np.frombuffer(bytes_, np.uint8)})

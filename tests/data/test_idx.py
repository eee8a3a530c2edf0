"""MNIST's IDX format: arrays of every type that it has, and files that only look like it."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from landscape_app.data.importing.idx import MOST_BYTES, TYPES, is_idx, labels_beside, read_idx
from landscape_app.data.importing.images import ImportFailure


def idx(code: int, array: np.ndarray) -> bytes:
    head = struct.pack(">BBBB", 0, 0, code, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype(TYPES[code]).tobytes()


@pytest.mark.parametrize("code", TYPES)
@pytest.mark.parametrize("gzipped", [False, True])
def test_every_type_comes_back_as_it_was(tmp_path: Path, code: int, gzipped: bool) -> None:
    values = np.arange(24).reshape(2, 3, 4) - (0 if code == 0x08 else 12)
    data = idx(code, values)
    (tmp_path / "some").write_bytes(gzip.compress(data) if gzipped else data)
    assert is_idx(tmp_path / "some")
    found = read_idx(tmp_path / "some")
    np.testing.assert_array_equal(found, values)
    assert found.dtype == np.dtype(TYPES[code])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is no IDX file"),
        (b"\0\0\x07\x01\0\0\0\0", "is no IDX file"),
        (b"\0\0\x08\x05", "is no IDX file"),
        (b"\0\0\x08\x02\0\0\0\x01", "cut short in its header"),
        (idx(8, np.arange(9))[:-1], "it declares 9 bytes and has 8"),
        (b"\0\0\x08\x01" + struct.pack(">I", MOST_BYTES + 1), "cut short: it declares"),
        (
            gzip.compress(b"\0\0\x08\x01" + struct.pack(">I", MOST_BYTES + 1), mtime=0),
            "MB; at most",
        ),
        (gzip.compress(idx(8, np.arange(9)), mtime=0)[:-14], "cannot be read"),
    ],
    ids=str,
)
def test_what_is_no_whole_file_is_refused(tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / "some").write_bytes(data)
    with pytest.raises(ImportFailure, match=words):
        read_idx(tmp_path / "some")


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
        ("t10k-images.idx3-ubyte.gz", "t10k-labels.idx1-ubyte.gz"),
        ("my-images.gz", "my-labels"),
        ("my-images", "my-labels.gz"),
    ],
)
def test_labels_are_found_by_their_name(tmp_path: Path, images: str, labels: str) -> None:
    assert labels_beside(tmp_path / images) is None
    (tmp_path / labels).touch()
    assert labels_beside(tmp_path / images) == tmp_path / labels
    assert labels_beside(tmp_path / "faces") is None

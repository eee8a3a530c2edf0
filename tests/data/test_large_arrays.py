"""Large arrays: looked at where they lie, or where they are packed, of their images a sample with its labels."""

import gzip
from pathlib import Path

import h5py
import numpy as np
import pytest

from landscape_app.data.importing import arrays, blocks, idx, import_images, open_source
from landscape_app.data.importing.blocks import read_rows
from landscape_app.data.importing.images import ImageOptions, ImageSource
from landscape_app.data.importing.tables import ReadOptions, Table

COUNT = 900
IMAGES = np.random.default_rng(0).integers(0, 256, (COUNT, 8, 6), np.uint8)
IMAGES[:, 0, 0], IMAGES[:, 0, 1] = np.arange(COUNT) // 256, np.arange(COUNT) % 256
"""The first two pixels are the number of the image."""

LABELS = np.arange(COUNT) % 7


def write(name: str, folder: Path) -> Path:
    """The images with their labels in a format, and where they are."""
    path = folder / name
    if name == "mapped.npy":
        np.save(path, IMAGES)
    elif name == "mapped.npz":
        np.savez(path, images=IMAGES, labels=LABELS)
    elif name == "packed.npz":
        np.savez_compressed(path, images=IMAGES, labels=LABELS)
    elif name == "splits.npz":
        np.savez_compressed(
            path, x_train=IMAGES[:700], x_test=IMAGES[700:], y_train=LABELS[:700], y_test=LABELS[700:]
        )
    elif name.endswith((".h5", ".mat")):
        with h5py.File(path, "w", userblock_size=512) as file:
            way = {"chunks": (32, 8, 6), "compression": "gzip"} if name.startswith("packed") else {}
            stored = IMAGES.transpose(0, 2, 1) if name.endswith(".mat") else IMAGES
            way |= {"chunks": (32, 6, 8)} if "chunks" in way and name.endswith(".mat") else {}
            file.create_dataset("images", data=stored, **way)
            file["labels"] = LABELS
        if name.endswith(".mat"):
            with path.open("r+b") as raw:
                raw.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
    else:
        for what, array in (("images-idx3", IMAGES), ("labels-idx1", LABELS.astype(np.uint8))):
            data = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()
            packed = name.endswith(".gz")
            (folder / f"my-{what}-ubyte{'.gz' if packed else ''}").write_bytes(
                gzip.compress(data) if packed else data
            )
        path = folder / name
    return path


PACKED = ("packed.npz", "splits.npz", "packed.h5", "packed.mat", "my-images-idx3-ubyte.gz")
MAPPED = ("mapped.npy", "mapped.npz", "mapped.h5", "mapped.mat", "my-images-idx3-ubyte")


@pytest.fixture
def small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrays of ten thousand bytes are large."""
    for module in (arrays, idx):
        monkeypatch.setattr(module, "LARGE", 200 * 48)
    monkeypatch.setattr(blocks, "BLOCK", 1_000)
    monkeypatch.setattr(arrays, "SMALL", 1_000)
    monkeypatch.setattr(arrays, "FIRST_IMAGES", 40)


def numbers_of(source: ImageSource) -> np.ndarray:
    """Numbers of the images, by their first pixels."""
    pixels = np.stack([source.read(i) for i in range(source.count)])
    rounded = np.rint(255 * pixels).astype(np.int64)
    return 256 * rounded[:, 0, 0] + rounded[:, 0, 1]


@pytest.mark.parametrize("name", MAPPED)
def test_arrays_that_are_not_packed_stay_where_they_lie(
    name: str, tmp_path: Path, small_is_large: None
) -> None:
    source = open_source(write(name, tmp_path), ReadOptions(beginning=True))
    assert isinstance(source, ImageSource)
    assert (source.count, source.size, source.is_beginning) == (COUNT, (8, 6), False)
    assert np.array_equal(numbers_of(source), np.arange(COUNT))
    assert source.beyond == {}
    if name != "mapped.npy":
        assert np.array_equal(source.labels, LABELS)


@pytest.mark.parametrize("name", PACKED)
def test_of_packed_arrays_a_sample_is_read_with_its_labels(
    name: str, tmp_path: Path, small_is_large: None
) -> None:
    path, shares = write(name, tmp_path), list[float]()
    source = open_source(path, ReadOptions(progress=shares.append))
    assert isinstance(source, ImageSource)
    found = numbers_of(source)
    assert source.count == len(found) == 200
    assert (np.diff(found) > 0).all()
    # Uniform over the file: a deviation of 900/√12 for each of 200.
    assert abs(found.mean() - 449.5) < 4 * 260 / np.sqrt(200)
    assert np.array_equal(source.labels, found % 7)
    if name == "splits.npz":
        assert np.array_equal(source.held_out_mask, found >= 700)
    reason = "not drawn: of so large an array 200 images are read, at random, seed 0"
    assert source.beyond == {reason: 700}
    assert shares[-1] == 1.0
    assert len(shares) > 20
    done = import_images(source, ImageOptions(8, 6, 256, most=150))
    told = done.reading["left_out"]
    assert isinstance(told, dict)
    assert sum(told.values()) + len(done.dataset.items) == COUNT

    first = open_source(path, ReadOptions(beginning=True))
    assert isinstance(first, ImageSource)
    assert first.is_beginning
    assert np.array_equal(numbers_of(first), np.arange(40))


def test_axes_in_another_order_are_read_whole(tmp_path: Path, small_is_large: None) -> None:
    colour = np.random.default_rng(1).integers(0, 256, (60, 3, 7, 9), np.uint8)
    with h5py.File(tmp_path / "colour.mat", "w", userblock_size=512) as file:
        file.create_dataset("images", data=colour, chunks=(8, 3, 7, 9), compression="gzip")
    with (tmp_path / "colour.mat").open("r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
    source = open_source(tmp_path / "colour.mat")
    assert isinstance(source, ImageSource)
    assert source.read_colour is not None
    assert source.count == 60
    assert np.array_equal(np.rint(255 * source.read_colour(5)), colour[5].transpose(2, 1, 0))


@pytest.mark.parametrize("packed", [False, True])
def test_rows_of_a_large_array_are_a_table(
    packed: bool, tmp_path: Path, small_is_large: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = np.random.default_rng(2).normal(size=(2_000, 5))
    rows[:, 0] = np.arange(2_000) / 8
    way = {"chunks": (100, 5), "compression": "gzip"} if packed else {}
    with h5py.File(tmp_path / "rows.h5", "w") as file:
        file.create_dataset("data", data=rows, **way)
        file["labels"] = np.arange(2_000) % 3
    monkeypatch.setattr("landscape_app.data.importing.tables.MOST_CELLS", 5 * 100)
    table = open_source(tmp_path / "rows.h5")
    assert isinstance(table, Table)
    assert (len(table), table.not_drawn) == (100, 1_900)
    places = table.lines - 1
    np.testing.assert_array_equal(np.stack([c.numbers for c in table.columns], 1), rows[places])
    np.testing.assert_array_equal(table.labels, places % 3)
    monkeypatch.setattr(arrays, "LARGE_CELLS", 100)
    monkeypatch.setattr(arrays, "FIRST_ROWS", 30)
    first = open_source(tmp_path / "rows.h5", ReadOptions(beginning=True))
    assert isinstance(first, Table)
    assert first.is_beginning
    assert np.array_equal(first.lines, np.arange(1, len(first) + 1))


def test_blocks_hold_the_rows_that_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 64)
    array, asked = np.arange(120.0).reshape(40, 3), list[tuple[int, int]]()

    def read(first: int, last: int) -> np.ndarray:
        asked.append((first, last))
        return array[first:last]

    rows = np.array([0, 1, 17, 33])
    found = read_rows(read, array.shape, array.dtype, rows, step=4)
    assert np.array_equal(found, array[rows])
    assert asked == [(0, 4), (16, 20), (32, 34)]

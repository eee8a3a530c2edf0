"""Images of one's own: what other programs write is read to the last level, and what is broken is named."""

import gzip
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from landscape_app.data.dataset import stratified_split
from landscape_app.data.digits import load_digits
from landscape_app.data.importing import ReadOptions, Table, open_source
from landscape_app.data.importing.arrays import SeveralArrays, image_source
from landscape_app.data.importing.images import (
    ImageOptions,
    Imported,
    ImportFailure,
    convert,
    has_light_paper,
    import_images,
    named,
    preview,
)

RANDOM = np.random.default_rng(0)
GREY = RANDOM.integers(0, 256, (30, 8, 8), dtype=np.uint8)
LABELS = np.arange(30) % 3


def whole(path: Path, **changes: object) -> Imported:
    """Everything at `path`, in its own size and levels."""
    source = open_source(path)
    options = {"height": 8, "width": 8, "levels": 256} | changes
    return import_images(source, ImageOptions(**options))  # type: ignore[arg-type]


def write_idx(path: Path, array: np.ndarray) -> None:
    head = struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    data = head + array.astype(np.uint8).tobytes()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def as_npy(folder: Path) -> Path:
    np.save(folder / "some.npy", GREY)
    return folder / "some.npy"


def as_npz(folder: Path) -> Path:
    np.savez(folder / "some.npz", x_train=GREY, y_train=LABELS, mean=GREY.mean(0))
    return folder / "some.npz"


def as_flat_npz(folder: Path) -> Path:
    np.savez_compressed(folder / "some.npz", data=GREY.reshape(30, 64), target=LABELS)
    return folder / "some.npz"


def as_hdf5(folder: Path) -> Path:
    with h5py.File(folder / "some.h5", "w") as file:
        file.create_dataset("set/images", data=GREY[:, None], compression="gzip")
        file["set/labels"] = LABELS.reshape(30, 1)
    return folder / "some.h5"


def as_mnist(folder: Path) -> Path:
    write_idx(folder / "train-images-idx3-ubyte", GREY)
    write_idx(folder / "train-labels-idx1-ubyte", LABELS)
    return folder / "train-images-idx3-ubyte"


def as_gzipped_mnist(folder: Path) -> Path:
    write_idx(folder / "train-images-idx3-ubyte.gz", GREY)
    write_idx(folder / "train-labels-idx1-ubyte.gz", LABELS)
    return folder / "train-images-idx3-ubyte.gz"


def as_folder(folder: Path) -> Path:
    for i, (image, label) in enumerate(zip(GREY, LABELS, strict=True)):
        place = folder / "set" / str(label)
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(place / f"{i:02}.png")
    return folder / "set"


@pytest.mark.parametrize(
    "write", [as_npy, as_npz, as_flat_npz, as_hdf5, as_mnist, as_gzipped_mnist, as_folder]
)
def test_every_format_is_read_to_the_last_level(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    dataset, left_out, *_ = whole(write(tmp_path))
    order = np.argsort(LABELS, kind="stable") if write is as_folder else np.arange(30)
    assert left_out == ()
    assert np.array_equal(dataset.items, GREY[order])
    assert dataset.levels == 256
    if write is as_npy:
        assert dataset.labels is None
    else:
        assert np.array_equal(dataset.labels, LABELS[order])


def test_few_levels_keep_their_values(tmp_path: Path) -> None:
    digits = load_digits()
    np.savez(tmp_path / "digits.npz", images=digits.items, labels=digits.labels)
    source = open_source(tmp_path / "digits.npz")
    options = ImageOptions.proposed(source)
    assert (options.height, options.width, options.levels) == (8, 8, 17)
    dataset = import_images(source, options).dataset
    assert np.array_equal(dataset.items, digits.items)
    assert np.array_equal(dataset.labels, digits.labels)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array([[0, 1], [1, 0]], bool), [[0, 1], [1, 0]]),
        (np.array([[0.0, 0.5], [1.0, 0.25]]), [[0, 128], [255, 64]]),
        (np.array([[-1.0, 0.0], [1.0, 3.0]]), [[0, 64], [128, 255]]),
        (np.array([[0, 1000], [500, 250]], np.int32), [[0, 255], [128, 64]]),
    ],
)
def test_numbers_of_any_range_become_levels(array: np.ndarray, expected: list[list[int]]) -> None:
    source = image_source("some", np.stack([array] * 3))
    found = convert(source.read(1), ImageOptions(2, 2, 2 if array.dtype == bool else 256))
    assert np.abs(found.astype(int) - expected).max() <= (0 if array.dtype.kind == "b" else 1)


def test_colours_become_their_luminance(tmp_path: Path) -> None:
    colours = RANDOM.integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)
    grey = np.stack([np.asarray(Image.fromarray(image).convert("L")) for image in colours])
    np.save(tmp_path / "last.npy", colours)
    np.save(tmp_path / "first.npy", np.moveaxis(colours, -1, 1))
    (tmp_path / "folder").mkdir()
    for i, image in enumerate(colours):
        Image.fromarray(image).save(tmp_path / "folder" / f"{i}.png")
    for name in ("last.npy", "first.npy", "folder"):
        found = whole(tmp_path / name).dataset.items
        assert np.abs(found.astype(int) - grey).max() <= 1, name


def test_shrinking_averages_and_keeps_the_mean() -> None:
    image = RANDOM.random((56, 56)).astype(np.float32)
    small = convert(image, ImageOptions(28, 28, 256))
    expected = image.reshape(28, 2, 28, 2).mean((1, 3)) * 255
    assert np.abs(small - expected).max() <= 0.51


def test_inverting_turns_paper_into_the_lowest_level() -> None:
    white = np.ones((4, 4), np.float32)
    assert convert(white, ImageOptions(4, 4, 17)).min() == 16
    assert convert(white, ImageOptions(4, 4, 17, invert=True)).max() == 0


def test_broken_images_are_named_and_the_others_kept(tmp_path: Path) -> None:
    for i, image in enumerate(GREY[:6]):
        Image.fromarray(image).save(tmp_path / f"{i}.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "0.png").read_bytes()[:60])
    (tmp_path / "text.png").write_text("no image")
    (tmp_path / "wrong.jpg").write_bytes(b"GIF89a" + bytes(40))
    (tmp_path / "notes.txt").write_text("not looked at")
    dataset, left_out, *_ = whole(tmp_path)
    assert len(dataset.items) == 6
    assert sorted(one.name for one in left_out) == ["cut.png", "text.png", "wrong.jpg"]
    assert "text.png (no image)" in named(left_out)


def test_words_are_classes_and_numbers_stand_in_their_order(tmp_path: Path) -> None:
    for folder in ("cat", "dog"):
        (tmp_path / "animals" / folder).mkdir(parents=True)
        for i in range(3):
            Image.fromarray(GREY[i]).save(tmp_path / "animals" / folder / f"{i}.png")
    dataset = whole(tmp_path / "animals").dataset
    assert dataset.class_names == ("cat", "dog")
    assert dataset.labels is not None
    assert [dataset.class_name(c) for c in dataset.labels] == ["cat"] * 3 + ["dog"] * 3
    source = image_source("some", GREY[:12], np.array([str(i) for i in range(12)]))
    assert source.labels is not None
    assert source.labels.tolist() == list(range(12))
    assert source.class_names == ()


def test_every_class_is_split_alike() -> None:
    labels = np.array([0] * 100 + [1] * 20 + [2] * 5)
    training, held_out = stratified_split(125, labels, 0.2)
    assert np.bincount(labels[held_out]).tolist() == [20, 4, 1]
    assert np.array_equal(np.sort(np.concatenate([training, held_out])), np.arange(125))


def test_fewer_images_are_drawn_from_all_classes() -> None:
    source = image_source("some", GREY, LABELS)
    dataset = import_images(source, ImageOptions(8, 8, most=9)).dataset
    assert np.bincount(dataset.labels).tolist() == [3, 3, 3]


def test_in_place_of_a_broken_image_comes_another_of_its_class() -> None:
    whole_source = image_source("some", GREY, LABELS)
    drawn = set(
        import_images(whole_source, ImageOptions(8, 8, 256, most=9)).dataset.items.sum((1, 2)).tolist()
    )
    broken = [i for i in range(30) if GREY[i].sum() in drawn][:4]

    def read(index: int) -> np.ndarray:
        if index in broken:
            raise ImportFailure("damaged")
        return whole_source.read(index)

    told: list[int] = []
    source = replace(whole_source, read=read)
    dataset, left_out, *_ = import_images(source, ImageOptions(8, 8, 256, most=9), told.append)
    assert len(left_out) == 4
    assert np.bincount(dataset.labels).tolist() == [3, 3, 3]
    assert len({item.tobytes() for item in dataset.items}) == 9
    assert told == sorted(told)
    assert told[-1] == 9
    # Where no others are left, there are fewer.
    dataset, left_out, *_ = import_images(source, ImageOptions(8, 8, 256, most=28))
    assert (len(dataset.items), len(left_out)) == (26, 4)


def test_a_preview_is_spread_over_the_source() -> None:
    images, left_out = preview(image_source("some", GREY), ImageOptions(8, 8, 256), count=4)
    assert np.array_equal(images, GREY[[0, 9, 19, 29]])
    assert left_out == ()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("some.npy", b"", "damaged or of another format"),
        ("some.npz", b"PK\x05\x06" + bytes(18), "has no array of images"),
        ("some.h5", b"\x89HDF\r\n\x1a\n" + bytes(50), "damaged or of another format"),
        ("t10k", struct.pack(">BBBBIII", 0, 0, 8, 3, 2**31, 2**31, 2**31), "declares"),
        ("t10k", struct.pack(">BBBBIII", 0, 0, 8, 3, 10, 8, 8) + bytes(5), "cut short"),
        ("some.docx", b"PK", "is none of what data are read from"),
    ],
)
def test_what_is_damaged_or_declares_too_much_is_refused(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ImportFailure, match=words):
        open_source(tmp_path / name)


def test_a_small_file_that_declares_a_large_array_is_not_read(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "large.h5", "w") as file:
        file.create_dataset("images", shape=(10**6, 64, 64), dtype=np.uint8, chunks=(1, 64, 64))
    with pytest.raises(ImportFailure, match="MB in one array"):
        open_source(tmp_path / "large.h5")


def test_a_large_array_of_numpy_is_looked_at_where_it_lies(tmp_path: Path) -> None:
    large = np.lib.format.open_memmap(tmp_path / "large.npy", "w+", np.uint8, (2**18, 64, 64))
    large[::1000, 3] = 200
    large.flush()
    source = open_source(tmp_path / "large.npy")
    assert (source.count, source.size) == (2**18, (64, 64))
    assert source.read(1000)[3].mean() == pytest.approx(200 / 255)


def test_objects_in_an_array_are_not_run(tmp_path: Path) -> None:
    np.save(tmp_path / "objects.npy", np.array([{"a": 1}] * 4, object), allow_pickle=True)
    with pytest.raises(ImportFailure, match="cannot be read"):
        open_source(tmp_path / "objects.npy")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"height": 7}, "height must be an even number"),
        ({"width": 66}, "width must be an even number"),
        ({"levels": 1}, "levels must be 2 to 256"),
        ({"held_out": 1.0}, "between 0 and 1"),
        ({"most": 2}, "three images"),
    ],
)
def test_options_out_of_range_are_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ImageOptions(**({"height": 8, "width": 8} | changes))  # type: ignore[arg-type]


def test_an_empty_folder_and_too_few_images_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportFailure, match="has no images"):
        open_source(tmp_path)
    Image.fromarray(GREY[0]).save(tmp_path / "one.png")
    with pytest.raises(ImportFailure, match="1 readable images, three at least"):
        whole(tmp_path)


def test_one_of_several_arrays_is_chosen_and_the_others_are_named(tmp_path: Path) -> None:
    path = tmp_path / "runs.h5"
    with h5py.File(path, "w") as file:
        file["images"], file["labels"] = GREY, LABELS
        file["run/first"], file["run/second"] = RANDOM.normal(size=(2, 40, 5))
        file["time"] = np.arange(40.0)
    source = open_source(path)
    assert not isinstance(source, Table)
    assert source.arrays == ("images", "run/first", "run/second")
    assert not source.of_rows
    assert source.not_used == ("run/first", "run/second", "time")
    table = open_source(path, ReadOptions(array="run/second"))
    assert isinstance(table, Table)
    assert (len(table), len(table.columns)) == (40, 5)
    assert table.arrays == ("run/second", "images", "run/first")
    assert set(table.not_used) == {"images", "labels", "run/first", "time"}
    with pytest.raises(ImportFailure, match="no array 'time' of rows or images; it has images, run/first"):
        open_source(path, ReadOptions(array="time"))
    np.savez(
        tmp_path / "two.npz", a=RANDOM.normal(size=(40, 5)), b=RANDOM.normal(size=(50, 5)), t=np.arange(9.0)
    )
    with pytest.raises(SeveralArrays, match=r"several arrays: a, b; choose one \(--array a\)") as several:
        open_source(tmp_path / "two.npz")
    assert several.value.names == ("a", "b")


@pytest.mark.parametrize(
    ("values", "levels"), [((-1, 1), 2), ((-1, 0, 1), 3), ((-4, -2, 0, 2, 4), 5), ((-1, 0, 2), 256)]
)
def test_spins_have_as_many_levels_as_values_that_are_evenly_spaced(
    values: tuple[int, ...], levels: int
) -> None:
    spins = RANDOM.choice(values, (50, 6, 6)).astype(np.int8)
    source = image_source("spins", spins)
    assert source.levels == levels
    low, high = min(values), max(values)
    np.testing.assert_allclose(source.read(3), (spins[3] - low) / (high - low), rtol=1e-6)


@pytest.mark.parametrize("ink", ["dark", "light"])
def test_image_files_of_dark_ink_on_light_paper_are_taken_with_the_paper_at_level_0(
    tmp_path: Path, ink: str
) -> None:
    digits = load_digits().held_out_items[:6]
    for i, image in enumerate(np.rint(digits * (255 / 16)).astype(np.uint8)):
        Image.fromarray(255 - image if ink == "dark" else image).save(tmp_path / f"{i}.png")
    source = open_source(tmp_path)
    assert source.light_paper == (ink == "dark")
    found = preview(source, ImageOptions.proposed(source))[0]
    np.testing.assert_array_equal(found, digits)


def test_neither_empty_pages_nor_textures_have_ink() -> None:
    white, noise = np.ones((8, 8), np.float32), RANDOM.random((8, 8)).astype(np.float32)
    assert not has_light_paper([white, white])
    assert not has_light_paper([noise, 1 - noise])
    assert not has_light_paper([])

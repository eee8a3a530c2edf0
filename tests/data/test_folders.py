"""Folders of images: which files are taken, what their classes are, and how grey a colour is."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from landscape_app.data.importing import ReadOptions, folders, open_source
from landscape_app.data.importing.folders import image_files, open_folder, read_image
from landscape_app.data.importing.images import ImageOptions, ImageSource, ImportFailure, import_images


def save(path: Path, side: int = 4, colour: tuple[int, ...] = (128, 128, 128)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGBA" if len(colour) == 4 else "RGB", (side, side), colour).save(path)
    return path


def test_files_are_taken_in_the_order_of_their_names_and_hidden_ones_left(tmp_path: Path) -> None:
    for name in ("b/2.png", "b/1.JPG", "a.jpeg", ".hidden.png", ".git/3.png"):
        save(tmp_path / name)
    (tmp_path / "notes.txt").touch()
    assert [str(file.relative_to(tmp_path)) for file in image_files(tmp_path)[0]] == [
        "a.jpeg",
        "b/1.JPG",
        "b/2.png",
    ]


def test_files_that_are_passed_over_are_counted_by_their_kinds(tmp_path: Path) -> None:
    for name in ("cat_1.png", "cat_2.png", "dog_1.png", "dog_2.png", ".hidden.png", ".git/3.png"):
        save(tmp_path / name)
    for name in ("notes.txt", "README", "more/a.JSON", "more/b.json", ".DS_Store"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "labels.csv").write_text("cat_1.png,a\ncat_2.png,a\ndog_1.png,b\ndog_2.png,b\n")
    source = open_folder(tmp_path)
    # The table that has the labels is not passed over.
    assert source.class_names == ("a", "b")
    assert source.not_used == (
        "6 files (no images: 2 .json, 1 without an ending, 1 .txt; hidden: 2)",
        "1 folder (hidden)",
    )
    some = open_folder(tmp_path, only=("cat_1.png", "dog_1.png", "notes.txt"))
    assert some.not_used == ("1 file (no images: 1 .txt)",)
    assert open_folder(tmp_path, only=("cat_1.png", "dog_1.png")).not_used == ()


def test_only_some_of_a_folder_are_taken_as_if_it_had_no_others(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png"):
        save(tmp_path / name)
    files, others = image_files(tmp_path, ("dog", "a.png", "cat/2.png"))
    assert [str(file.relative_to(tmp_path)) for file in files] == [
        "a.png",
        "cat/2.png",
        "dog/1.png",
        "dog/2.png",
    ]
    assert not others
    source = open_source(tmp_path, ReadOptions(only=("dog", "cat/2.png")))
    assert (source.name, len(source.label_of(0))) == (tmp_path.name, len("cat/2.png"))
    assert isinstance(source, ImageSource)
    assert source.labels is not None
    assert source.labels.tolist() == [0, 1, 1]


def test_subfolders_are_classes_where_every_image_lies_in_one(tmp_path: Path) -> None:
    for name in ("cat/1.png", "cat/2.png", "dog/1.png"):
        save(tmp_path / name)
    source = open_folder(tmp_path)
    assert (source.count, source.class_names) == (3, ("cat", "dog"))
    assert source.labels is not None
    assert source.labels.tolist() == [0, 0, 1]
    save(tmp_path / "both.png")
    assert open_folder(tmp_path).labels is None


def test_the_usual_size_is_that_of_most_and_damaged_files_do_not_count(tmp_path: Path) -> None:
    for number, side in enumerate((4, 6, 6)):
        save(tmp_path / f"{number}.png", side)
    for number in range(3, 8):
        (tmp_path / f"{number}.png").write_bytes(b"damaged")
    assert open_folder(tmp_path).size == (6, 6)


@pytest.mark.parametrize(
    ("colour", "grey"),
    [
        # Luminance of ITU-R 601.
        ((255, 0, 0), 0.299),
        ((0, 255, 0), 0.587),
        ((0, 0, 255), 0.114),
        ((0, 0, 0, 0), 1.0),
        ((0, 0, 0, 51), 0.8),
    ],
)
def test_grey_is_luminance_on_white_paper(tmp_path: Path, colour: tuple[int, ...], grey: float) -> None:
    path = save(tmp_path / "one.png", colour=colour)
    np.testing.assert_allclose(read_image(path), grey, atol=1 / 255)
    assert read_image(path, colour=True).shape == (4, 4, 3)


def test_what_is_no_image_or_too_large_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "prose.png").write_text("no image")
    with pytest.raises(ImportFailure, match="no image"):
        read_image(tmp_path / "prose.png")
    monkeypatch.setattr(folders, "MOST_PIXELS", 15)
    with pytest.raises(ImportFailure, match="4 × 4 pixels are too many"):
        read_image(save(tmp_path / "large.png"))
    monkeypatch.setattr(folders, "MOST_FILES", 1)
    with pytest.raises(ImportFailure, match="more than 1 images"):
        image_files(tmp_path)


@pytest.mark.parametrize(
    ("stems", "classes"),
    [
        (["cat_001", "cat_002", "dog-17", "dog-18"], ["cat", "cat", "dog", "dog"]),
        (["3_0042", "7_1", "3_0043", "7_9"], ["3", "7", "3", "7"]),
        (["sea (1)", "sea (2)", "red sea.1", "red sea.2"], ["sea", "sea", "red sea", "red sea"]),
        (["class1_1", "class1_2", "rest_1", "rest_2"], ["class1", "class1", "rest", "rest"]),
        (["IMG_001", "IMG_002", "IMG_003"], None),
        (["cat_1", "cat_2", "dog_1"], None),
        (["cat_1", "cat_2", "dog_1", "dog"], None),
        (["cat1", "cat2", "dog1", "dog2"], None),
        (["2024-05-01_1", "2024-05-01_2", "2024-05-02_1", "2024-05-02_2"], None),
        (["scan1_1", "scan1_2", "scan2_1", "scan2_2"], None),
        ([f"{'x' * (i // 2)}y_{i}" for i in range(102)], None),
    ],
)
def test_classes_are_what_stands_before_the_number_in_all_names(
    stems: list[str], classes: list[str] | None
) -> None:
    assert folders.classes_in_names(stems) == classes


def test_classes_in_names_of_files_are_said_and_can_be_left_out(tmp_path: Path) -> None:
    for i in range(4):
        save(tmp_path / f"cat_{i}.png", 4, (50 * i, 0, 0))
        save(tmp_path / f"dog_{i}.png", 4, (0, 50 * i, 0))
    source = open_folder(tmp_path)
    found = import_images(source, ImageOptions(4, 4))
    assert found.as_json()["classes"] == {"cat": 4, "dog": 4}
    assert any("names of the files: cat (4), dog (4)" in told for told in found.warnings)
    bare = import_images(source.without_classes(), ImageOptions(4, 4))
    assert bare.dataset.labels is None
    assert not any("classes" in told for told in bare.warnings)
    save(tmp_path / "sub" / "cat_9.png")
    assert open_folder(tmp_path).labels is None


def test_a_stack_is_opened_once_and_its_large_pictures_are_averaged_as_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = np.random.default_rng(0).integers(0, 256, (5, 1200, 1300), np.uint8)
    pages = [Image.fromarray(page) for page in whole]
    pages[0].save(tmp_path / "stack.tif", save_all=True, append_images=pages[1:])
    opened, really = [], Image.open
    monkeypatch.setattr(Image, "open", lambda *given, **more: opened.append(given) or really(*given, **more))
    told: list[float] = []
    source = folders.open_pictures(tmp_path / "stack.tif", progress=told.append)
    found = np.stack([source.read(i) for i in (0, 1, 2, 3, 4, 2)])
    assert len(opened) <= 2
    assert told[-1] == 1.0
    squares = whole.reshape(5, 600, 2, 650, 2).mean((2, 4)) / 255
    np.testing.assert_allclose(found, squares[[0, 1, 2, 3, 4, 2]], atol=0.5 / 255 + 1e-6)
    assert source.size == (1200, 1300)

    def cancel(share: float) -> None:
        raise ImportFailure("ended")

    with pytest.raises(ImportFailure, match="ended"):
        folders.open_pictures(tmp_path / "stack.tif", progress=cancel)


def test_sizes_and_the_few_colours_of_a_folder_are_told(tmp_path: Path) -> None:
    for i in range(5):
        Image.fromarray(np.full((8 + (i == 4), 8), 20 * i, np.uint8)).save(tmp_path / f"{i}.png")
    Image.fromarray(np.full((8, 8, 3), (200, 30, 30), np.uint8)).save(tmp_path / "red.png")
    source = open_folder(tmp_path)
    assert source.sizes == 2
    assert "of 6 images looked at 1 in colour: made grey" in source.warnings

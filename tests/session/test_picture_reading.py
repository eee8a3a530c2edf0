"""Pictures read back as images of a model's levels."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from landscape_app.physics.space import Levels
from landscape_app.session.pictures import read_picture
from landscape_app.session.provenance import Provenance
from landscape_app.session.sample_file import SampleFile, write_picture, write_samples

SPACES = [Levels((8, 8), 17), Levels((6, 10), 256), Levels((28, 28), 2)]


def images_in(space: Levels, n: int) -> np.ndarray:
    return np.random.default_rng(n).integers(0, space.levels, (n, *space.shape)).astype(np.uint8)


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("scale", [1, 2, 5])
def test_an_image_is_read_at_native_size_and_enlarged(tmp_path: Path, space: Levels, scale: int) -> None:
    (image,) = images_in(space, 1)
    grey = 255 - np.rint(image * (255 / (space.levels - 1))).astype(np.uint8)
    picture = Image.fromarray(grey.repeat(scale, 0).repeat(scale, 1))
    for mode in ("L", "RGB", "RGBA"):
        picture.convert(mode).save(tmp_path / "image.png")
        found = read_picture(tmp_path / "image.png", space)
        np.testing.assert_array_equal(found.images, image[None])
        assert (found.scale, found.exact, found.is_mosaic) == (scale, True, False)
    Image.fromarray(255 - np.asarray(picture)).save(tmp_path / "light.png")
    np.testing.assert_array_equal(
        read_picture(tmp_path / "light.png", space, inverted=True).images, image[None]
    )


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("n", [2, 7, 49])
def test_what_is_exported_is_read_again(tmp_path: Path, space: Levels, n: int) -> None:
    x = images_in(space, n)
    samples = SampleFile(x, np.zeros(n, np.float32), space, n, Provenance(()))
    for ending in (".png", ".gif"):
        path = tmp_path / f"mosaic{ending}"
        write_samples(path, samples)
        found = read_picture(path, space)
        np.testing.assert_array_equal(found.images, x)
        assert found.exact
    write_picture(tmp_path / "one.png", x[0], space.levels, None)
    np.testing.assert_array_equal(read_picture(tmp_path / "one.png", space).images, x[:1])


def test_a_blurred_image_is_read_and_said_to_be_rounded(tmp_path: Path) -> None:
    space = SPACES[0]
    (image,) = images_in(space, 1)
    write_picture(tmp_path / "sharp.png", image, 17, None)
    with Image.open(tmp_path / "sharp.png") as picture:
        picture.filter(ImageFilter.GaussianBlur(2)).save(tmp_path / "blurred.png")
    found = read_picture(tmp_path / "blurred.png", space)
    assert not found.exact
    assert np.abs(found.images[0].astype(int) - image).max() <= 4


@pytest.mark.parametrize("size", [(9, 8), (7, 7), (16, 24), (12, 12), (1, 4000)])
def test_a_size_that_does_not_fit_is_told(tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("L", size, 255).save(tmp_path / "odd.png")
    with pytest.raises(ValueError, match=rf"{size[0]} × {size[1]} pixels, which does not fit: .* 8 × 8"):
        read_picture(tmp_path / "odd.png", SPACES[0])


def test_too_many_pixels_are_not_decoded(tmp_path: Path) -> None:
    Image.new("1", (8_000, 8_000)).save(tmp_path / "huge.png")
    with pytest.raises(ValueError, match=r"huge.png cannot be read as a picture: it has 8000 × 8000 pixels"):
        read_picture(tmp_path / "huge.png", SPACES[0])

"""A folder of a thousand images of every kind, some broken: imported, the broken ones named and left out.

Grey, coloured, of a palette, with transparency, of 16 bits, and of many sizes, as PNG and JPEG, in five folders that
are their classes; among them files that are cut short, damaged, empty, or no images at all.

Wanted: the import ends, keeps every good image and names every broken one.

    python tests/benchmarks/folder_of_images.py
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

from landscape_app.data.importing import open_source
from landscape_app.data.importing.images import ImageOptions, import_images

CLASSES = ("anemone", "beech", "clover", "daisy", "elm")


def write_image(path: Path, number: int, random: np.random.Generator) -> str:
    """Writes the image of a number, and says what kind it is."""
    height, width = random.integers(8, 200, 2)
    colours = random.integers(0, 256, (height, width, 3)).astype(np.uint8)
    kind = ("grey", "colour", "palette", "alpha", "16 bits", "jpeg")[number % 6]
    image = Image.fromarray(colours)
    if kind == "grey":
        image = image.convert("L")
    elif kind == "palette":
        image = image.quantize(16)
    elif kind == "alpha":
        image.putalpha(Image.fromarray(colours[..., 0]))
    elif kind == "16 bits":
        image = Image.fromarray(colours[..., 0].astype(np.uint16) * 257)
    image.save(path.with_suffix(".jpg") if kind == "jpeg" else path)
    return kind


def spoil(path: Path, number: int) -> str:
    """Makes a file one that cannot be read, and says how."""
    whole = path.read_bytes()
    how = ("cut short", "no image", "empty", "damaged", "header only")[number % 5]
    if how == "cut short":
        path.write_bytes(whole[: len(whole) // 2])
    elif how == "no image":
        path.write_text("This is no image, whatever it is called.\n")
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "damaged":
        path.write_bytes(b"\x00" * 16 + whole[16:])
    else:
        path.write_bytes(whole[:33])
    return how


def main() -> None:
    """Makes the folder, imports it, and prints what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=1_000)
    files = parser.parse_args().files
    random = np.random.default_rng(0)
    kinds: Counter[str] = Counter()
    broken: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for number in range(files):
            name = CLASSES[number % len(CLASSES)]
            (folder / name).mkdir(exist_ok=True)
            path = folder / name / f"{number:04}.png"
            kind = write_image(path, number, random)
            if number % 25 == 24 and path.exists():
                broken[f"{name}/{path.name}"] = spoil(path, len(broken))
            else:
                kinds[kind] += 1
        print(
            f"{files:,} files: {', '.join(f'{n} {kind}' for kind, n in kinds.items())}, {len(broken)} broken"
        )
        start = time.perf_counter()
        source = open_source(folder)
        imported = import_images(source, ImageOptions.proposed(source))
        seconds = time.perf_counter() - start
    dataset, left_out = imported.dataset, imported.left_out
    print(
        f"{len(dataset.items):,} imported as {dataset.items.shape[1:]} of {dataset.levels} levels in {seconds:.1f} s"
    )
    print(f"{len(left_out)} left out; classes {', '.join(dataset.class_names)}")
    for one in left_out[:5]:
        print(f"    {one.name}: {one.reason}   ({broken.get(one.name, 'not broken by us')})")
    named = {one.name for one in left_out}
    print(
        "every broken file is named, and no other"
        if named == set(broken)
        else f"NOT EQUAL: {named ^ set(broken)}"
    )


if __name__ == "__main__":
    main()

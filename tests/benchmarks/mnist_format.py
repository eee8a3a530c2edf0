"""Ten thousand 28 × 28 images in MNIST's own format: imported, and trained on for a hundred epochs.

The images are made of the digits that ship: enlarged, moved about by up to two pixels, made darker or lighter. The
files are IDX, gzipped. Each step runs in a process of its own, so that its peak of memory is its own.

Wanted: both end; memory stays below 1.5 GB, whatever the number of images; an epoch costs what its batch costs.

    python tests/benchmarks/mnist_format.py [--images 10000] [--epochs 100]
"""

from __future__ import annotations

import argparse
import gzip
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from landscape_app.data.digits import load_digits
from landscape_app.session.checkpoint import open_session
from landscape_app.session.dataset_io import open_data

SIDE = 28


def made_images(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Images, uint8, shape (count, 28, 28), and their classes, uint8, shape (count,)."""
    digits = load_digits()
    random = np.random.default_rng(0)
    chosen = random.integers(0, len(digits.items), count)
    images = np.zeros((count, SIDE, SIDE), np.uint8)
    large = [
        np.asarray(Image.fromarray((item * 15).astype(np.uint8)).resize((20, 20), Image.Resampling.BICUBIC))
        for item in digits.items
    ]
    for i, index in enumerate(chosen):
        row, column = 4 + random.integers(-2, 3, 2)
        light = random.uniform(0.7, 1.0)
        images[i, row : row + 20, column : column + 20] = (light * large[index]).astype(np.uint8)
    assert digits.labels is not None
    return images, digits.labels[chosen].astype(np.uint8)


def write_idx(path: Path, array: np.ndarray) -> None:
    """An array of bytes as gzipped IDX."""
    header = bytes([0, 0, 8, array.ndim]) + b"".join(int(n).to_bytes(4, "big") for n in array.shape)
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(header + array.tobytes())


def measured(folder: Path, *arguments: str) -> None:
    """Runs a command, and prints how long it took and the most memory that it had."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "landscape_app", *arguments], cwd=folder, capture_output=True, text=True
    )
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    if done.returncode:
        sys.exit(done.stderr)
    most = f"{peak / 1024:.0f} MB" if peak > before else f"at most {before / 1024:.0f} MB"
    print(f"landscape {arguments[0]:<7} {seconds:7.1f} s   peak memory {most}")
    for line in (done.stdout + done.stderr).splitlines():
        if "an epoch here" in line:
            print("   ", line.strip())


def main() -> None:
    """Makes the files, imports and trains."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--images", type=int, default=10_000)
    options.add_argument("--epochs", type=int, default=100)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        images, labels = made_images(asked.images)
        write_idx(folder / "train-images-idx3-ubyte.gz", images)
        write_idx(folder / "train-labels-idx1-ubyte.gz", labels)
        size = (folder / "train-images-idx3-ubyte.gz").stat().st_size
        print(f"{asked.images:,} images of {SIDE} × {SIDE}, {size / 1e6:.1f} MB gzipped")
        measured(folder, "import", "train-images-idx3-ubyte.gz", "-o", "data.h5")
        dataset, configuration = open_data(folder / "data.h5")
        print(
            f"    {len(dataset.training):,} to learn from, {configuration.schedule.batch or 'all'} of them an epoch"
        )
        measured(folder, "train", "data.h5", "--epochs", str(asked.epochs), "-o", "run.h5", "--device", "cpu")
        session = open_session(folder / "run.h5", "cpu")
        history, seconds = session.history, session.trainer.seconds
        print(
            f"    {seconds / session.trainer.epoch:.3f} s an epoch; χ² an observable "
            f"{history['chi_squared'][-10:].mean() / session.configuration.observables:.3f}, "
            f"classifier {session.classifier_accuracy:.1%}"
        )


if __name__ == "__main__":
    main()

"""Opens damaged run files, each in a process with a memory limit: no crash, no hang, nothing wrong taken in.

python tests/benchmarks/damaged_files.py [--files 10000] [--seed 0]

Finished runs and checkpoints are cut, and have bytes flipped, also with the checksum made anew, as a hostile person
would; fields get other types, absurd sizes and numbers that are not finite.
"""

import argparse
import os
import resource
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

import h5py
import numpy as np
import torch

from landscape_app.problems import PROBLEMS
from landscape_app.runs.atomic import RunFileError
from landscape_app.runs.run_file import write_checksum
from landscape_app.session.autosave import Autosave
from landscape_app.session.checkpoint import open_session
from landscape_app.session.session import Session

MEMORY = 2**30
LONGEST = 5
REFUSED, OPENED, WRONG, FAILED = 1, 0, 3, 4

Harm = Callable[[Path, bytes, np.random.Generator], None]


def cut(path: Path, whole: bytes, generator: np.random.Generator) -> None:
    """Cuts it short."""
    path.write_bytes(whole[: int(generator.integers(len(whole)))])


def flip(path: Path, whole: bytes, generator: np.random.Generator) -> None:
    """Flips some bytes."""
    path.write_bytes(flipped(whole, generator))


def flip_and_sign(path: Path, whole: bytes, generator: np.random.Generator) -> None:
    """Flips some bytes, most of them where HDF5 keeps its own, and makes the checksum anew."""
    image = flipped(whole, generator)
    write_checksum(image)
    path.write_bytes(image)


def flipped(whole: bytes, generator: np.random.Generator) -> bytearray:
    """A copy with some bytes changed."""
    image = bytearray(whole)
    reach = len(whole) if generator.random() < 0.5 else min(len(whole), 20_000)
    for _ in range(int(generator.integers(1, 9))):
        image[int(generator.integers(512, reach))] ^= int(generator.integers(1, 256))
    return image


def change_field(path: Path, whole: bytes, generator: np.random.Generator) -> None:
    """Gives a field another type, an absurd size or numbers that are not finite; makes the checksum anew."""
    path.write_bytes(whole)
    with h5py.File(path, "r+") as file:
        names: list[str] = []
        file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
        name = names[int(generator.integers(len(names)))]
        shape, dtype = file[name].shape, file[name].dtype
        kind = int(generator.integers(5))
        if kind == 0:
            file[name][...] = np.full(shape, np.nan if dtype.kind == "f" else -1).astype(dtype)
        else:
            del file[name]
        if kind == 1:
            file[name] = "a text"
        elif kind == 2:
            file.create_dataset(name, shape=(2**40,), dtype=dtype, chunks=(2**16,))
        elif kind == 3:
            file[name] = np.zeros((*shape, 3), dtype)
    image = bytearray(path.read_bytes())
    write_checksum(image)
    path.write_bytes(image)


def exit_code_alone(work: Callable[[], int]) -> int:
    """Exit code of some work in a process of its own with a memory limit; less than 0 for a signal."""
    child = os.fork()
    if child == 0:
        signal.alarm(LONGEST)
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        code = FAILED
        try:
            code = work()
        except Exception as error:
            print(f"{type(error).__name__}: {error}", flush=True)
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def opened(path: Path) -> int:
    """How opening a file ends."""
    try:
        session = open_session(path, "cpu", sampler_chains=2)
    except RunFileError:
        return REFUSED
    return OPENED if all(bool(torch.isfinite(p).all()) for p in session.model.values()) else WRONG


def examples(folder: Path) -> tuple[bytes, bytes]:
    """A finished run, compressed, and a checkpoint of the same small run."""
    session = Session(replace(PROBLEMS["two-gaussians"].defaults, chains=64), "cpu")
    autosave = Autosave(session, folder / "run.h5")
    for _ in islice(session.train(), 30):
        autosave.after_epoch()
    autosave.save_now()
    autosave.wait()
    checkpoint = (folder / "run.h5").read_bytes()
    autosave.finish()
    autosave.close()
    return (folder / "run.h5").read_bytes(), checkpoint


def main() -> None:
    """Prints how opening ended, by the kind of damage."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    generator = np.random.default_rng(options.seed)
    words = {
        REFUSED: "refused",
        OPENED: "opened",
        WRONG: "opened with numbers that are not finite",
        -14: "hung",
    }
    found: Counter[tuple[str, str]] = Counter()
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        finished, checkpoint = examples(Path(folder))
        kinds: list[tuple[str, Harm, bytes]] = [
            ("finished, cut", cut, finished),
            ("finished, flipped", flip, finished),
            ("finished, flipped, signed anew", flip_and_sign, finished),
            ("finished, a field changed", change_field, finished),
            ("checkpoint, cut", cut, checkpoint),
            ("checkpoint, flipped", flip, checkpoint),
            ("checkpoint, flipped, signed anew", flip_and_sign, checkpoint),
            ("checkpoint, a field changed", change_field, checkpoint),
        ]
        path = Path(folder) / "damaged.h5"
        for number in range(options.files):
            name, harm, whole = kinds[number % len(kinds)]
            harm(path, whole, generator)
            start = time.perf_counter()
            code = exit_code_alone(partial(opened, path))
            slowest = max(slowest, time.perf_counter() - start)
            found[name, words.get(code, f"crashed ({code})")] += 1
    for (name, outcome), count in sorted(found.items()):
        print(f"{name:32} {outcome:40} {count:6,}")
    print(f"slowest: {slowest:.2f} s")


if __name__ == "__main__":
    main()

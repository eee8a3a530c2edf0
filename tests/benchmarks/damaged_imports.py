"""Imports damaged files of all formats, each in a process with a memory limit: no crash, no hang, one message.

python tests/benchmarks/damaged_imports.py [--files 2000] [--seed 0]

Files of tests/data/files/make.py are cut, have bytes flipped, get another ending, or are packed so that they unpack
to more than there is memory. Each is given to `landscape import --json` in a process of its own, forked after all
libraries are loaded, whose address space may grow by 1 GiB from there.
"""

import argparse
import bz2
import gzip
import io
import lzma
import os
import resource
import shutil
import signal
import struct
import sys
import tempfile
import time
import traceback
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np
import polars as pl
from PIL import Image

import landscape_app.cli.import_data
import landscape_app.cli.progress
import landscape_app.data.importing
import landscape_app.session.api
import landscape_app.session.dataset_io
from landscape_app.cli import main as landscape
from tests.data.files.make import write_files

MEMORY = 2**30
LONGEST = 20
"""Seconds of computing time that an import may take; six times as long by the clock."""

BOMB = 3 * 2**30
"""Bytes that bombs unpack to."""

WHOLE = (
    *("utf-16-be.csv", "german-thousands.csv", "lines-in-quotes.csv", "fixed-width.txt", "r-write-table.txt"),
    *("dates-iso-times.csv", "words-cp1252.csv", "label-last.csv", "packed.csv.gz", "packed.txt.bz2"),
    *("packed.tsv.xz", "packed.zip", "plain.xlsx", "cells-with-lines.xlsx", "columns.parquet"),
    *("categories.parquet", "columns.feather", "lines.jsonl", "records.json", "pandas.json", "records.npy"),
    *("channels-last.npy", "keras.npz", "digits.idx3-ubyte.gz", "compressed.h5", "records.h5", "groups.h5"),
    *("faces.mat", "structure.mat", "version-7.3.mat", "deep-stack.tiff", "frames.gif", "page.xls"),
    *("excel-2003.xls", "blocks.aln", "all-types.parquet", "features.json", "with-readme.zip", "weka.arff"),
)
"""Files that are damaged, of all formats."""

PICTURES = (
    "sixteen-bit",
    "palette",
    "cmyk",
    "webp",
    "real-tiff",
    "alike",
    "folder-of-stacks",
    "labels-beside",
)
"""Folders, one file of which is damaged."""

Harm = Callable[[bytes, np.random.Generator], bytes]


def cut(whole: bytes, generator: np.random.Generator) -> bytes:
    """Cuts it short."""
    return whole[: int(generator.integers(len(whole)))]


def flip(whole: bytes, generator: np.random.Generator) -> bytes:
    """Flips some bytes, half of them near the beginning or the end, where formats keep their own."""
    image = bytearray(whole)
    for _ in range(int(generator.integers(1, 9))):
        near = int(generator.integers(min(len(image), 200)))
        place = (int(generator.integers(len(image))), near, len(image) - 1 - near)[int(generator.integers(3))]
        image[place] ^= int(generator.integers(1, 256))
    return bytes(image)


def repeat(whole: bytes, generator: np.random.Generator) -> bytes:
    """Writes a piece of it into another place."""
    begin, length, place = (int(generator.integers(len(whole))) for _ in range(3))
    return whole[:place] + whole[begin : begin + length] + whole[place:]


HARMS: tuple[Harm, ...] = (cut, flip, flip, repeat)


def damaged(folder: Path, target: Path, generator: np.random.Generator) -> Iterator[tuple[str, Path]]:
    """Damaged files without end, each at a path of its own below `target`, and what was done."""
    endings = sorted({"".join(Path(name).suffixes[-2:]) for name in WHOLE})
    number = 0
    while True:
        for name in (*WHOLE, *PICTURES):
            place = target / str(number)
            place.mkdir()
            harm = HARMS[int(generator.integers(len(HARMS)))]
            path = place / name
            if name in PICTURES:
                shutil.copytree(folder / name, path)
                files = sorted(one for one in path.rglob("*") if one.is_file())
                one = files[int(generator.integers(len(files)))]
                one.write_bytes(harm(one.read_bytes(), generator))
                yield f"a picture, {harm.__name__}", path
            elif generator.random() < 0.2:
                path = place / f"other{endings[int(generator.integers(len(endings)))]}"
                path.write_bytes((folder / name).read_bytes())
                yield "another ending", path
            else:
                path.write_bytes(harm((folder / name).read_bytes(), generator))
                yield harm.__name__, path
            shutil.rmtree(place)
            number += 1


def bombs(folder: Path) -> Iterator[tuple[str, Path]]:
    """Small files that unpack to, or declare, more than there is."""
    block = b"0.25,0.75\n" * 1_600_000
    times = BOMB // len(block)
    # Members of these formats may follow each other in a file.
    for ending, pack in ((".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)):
        path = folder / f"bomb.csv{ending}"
        path.write_bytes(pack(block) * times)
        yield "bomb", path
    path = folder / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        write_again_and_again(archive, "bomb.csv", block, times)
    yield "bomb", path
    path = folder / "bomb.xlsx"
    with (
        zipfile.ZipFile(folder.parent / "files" / "plain.xlsx") as plain,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for member in plain.namelist():
            if "sheet1" not in member:
                archive.writestr(member, plain.read(member))
                continue
            start, end = plain.read(member).split(b"</sheetData>")
            rows = b"<row><c><v>0.25</v></c><c><v>0.75</v></c></row>" * 300_000
            write_again_and_again(archive, member, rows, BOMB // len(rows), start, b"</sheetData>" + end)
    yield "bomb", path
    path = folder / "bomb.npz"
    header = io.BytesIO()
    shape = {"descr": "|u1", "fortran_order": False, "shape": (2**22, 16, 16)}
    np.lib.format.write_array_header_1_0(header, shape)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        write_again_and_again(archive, "x.npy", bytes(2**24), 64, header.getvalue())
    yield "bomb", path
    path = folder / "bomb.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("images", (2**23, 16, 16), "u1", chunks=(2**12, 16, 16), compression="gzip")
    yield "bomb", path
    path = folder / "bomb.parquet"
    pl.DataFrame({name: np.zeros(30_000_000) for name in "abcdef"}).write_parquet(path)
    yield "bomb", path
    path = folder / "bomb.feather"
    pl.DataFrame({name: np.zeros(30_000_000) for name in "abcdef"}).write_ipc(path, compression="zstd")
    yield "bomb", path
    path = folder / "bomb.json"
    path.write_bytes(b"[" * 10_000_000)
    yield "bomb", path
    path = folder / "wide.csv"
    path.write_bytes(b"," * 50_000_000)
    yield "bomb", path
    path = folder / "one-quote.csv"
    path.write_bytes(b'x,y\n"' + block * 8)
    yield "bomb", path
    path = folder / "quotes.csv"
    path.write_bytes(b"x,y\n" + b'"1\n,2' * 3_000_000)
    yield "bomb", path
    path = folder / "bomb-pictures"
    path.mkdir()
    for i in range(4):
        header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
        with (path / f"{i}.png").open("wb") as picture:
            picture.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header))
            picture.write(chunk(b"IDAT", zlib.compress(bytes(2**24))) + chunk(b"IEND", b""))
    yield "bomb", path
    path = folder / "large-pictures"
    path.mkdir()
    for i in range(4):
        Image.new("L", (7_000, 7_000), i).save(path / f"{i}.png")
    yield "bomb", path
    path = folder / "frames.tif"
    pages = [Image.new("1", (4_000, 4_000), i % 2) for i in range(30)]
    pages[0].save(path, save_all=True, append_images=pages[1:], compression="group4")
    yield "bomb", path


def write_again_and_again(
    archive: zipfile.ZipFile, name: str, block: bytes, times: int, start: bytes = b"", end: bytes = b""
) -> None:
    """Writes a member that unpacks to a block many times over, which is packed once, as a piece of whole bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    begin = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    middle = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    last = packer.compress(end) + packer.flush()
    member = zipfile.ZipInfo(name)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.file_size = len(start) + times * len(block) + len(end)
    member.compress_size = len(begin) + times * len(middle) + len(last)
    member.CRC = zlib.crc32(start)
    for _ in range(times):
        member.CRC = zlib.crc32(block, member.CRC)
    member.CRC = zlib.crc32(end, member.CRC)
    file = archive.fp
    assert file is not None
    member.header_offset = file.tell()
    file.write(member.FileHeader(zip64=True))
    file.write(begin)
    for _ in range(times):
        file.write(middle)
    file.write(last)
    archive.filelist.append(member)
    archive.NameToInfo[name] = member
    archive.start_dir = file.tell()
    archive._didModify = True  # type: ignore[attr-defined]


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def imported(path: Path, scratch: Path) -> tuple[str, str]:
    """How an import ends, in a word, and what it said."""
    said = scratch / "said"
    child = os.fork()
    if child == 0:
        code = 99
        try:
            signal.setitimer(signal.ITIMER_PROF, LONGEST)
            signal.alarm(6 * LONGEST)
            file = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(file, 1)
            os.dup2(file, 2)
            sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
            pages = int(Path("/proc/self/statm").read_text().split()[0])
            limit = pages * resource.getpagesize() + MEMORY
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
            code = 98
            code = landscape(("import", str(path), "-o", str(scratch / "out.h5"), "--json"))
            sys.stdout.flush()
            sys.stderr.flush()
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    text = said.read_text(errors="replace")
    messages = [line for line in text.splitlines() if line.startswith("landscape: ")]
    if code == 0:
        return "read", text
    if code in (1, 2) and len(messages) == 1 and "Traceback" not in text:
        return "refused with one message", text
    return ("hung" if code in (-signal.SIGALRM, -signal.SIGPROF) else f"crashed ({code})"), text


def main() -> None:
    """Prints how imports ended, by the kind of damage."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder for files that crash the import")
    options = parser.parse_args()
    landscape_app.cli.progress.SAID_AFTER = 1e6
    Image.init()
    generator = np.random.default_rng(options.seed)
    found: Counter[tuple[str, str]] = Counter()
    slowest = (0.0, "")
    with tempfile.TemporaryDirectory() as temporary:
        scratch = Path(temporary)
        for name in ("files", "bombs", "damaged"):
            (scratch / name).mkdir()
        # Polars starts threads at its first use, which a fork does not survive: files are made by another process.
        maker = os.fork()
        if maker == 0:
            write_files(scratch / "files")
            for _ in bombs(scratch / "bombs"):
                pass
            os._exit(0)
        os.waitpid(maker, 0)
        made = [("bomb", path) for path in sorted((scratch / "bombs").iterdir())]
        others = damaged(scratch / "files", scratch / "damaged", generator)
        for number in range(options.files):
            what, path = made[number] if number < len(made) else next(others)
            start = time.perf_counter()
            outcome, text = imported(path, scratch)
            slowest = max(slowest, (time.perf_counter() - start, path.name))
            found[what, outcome] += 1
            if outcome.startswith(("hung", "crashed")):
                print(f"{what}: {path.name} {outcome}\n{text[-600:]}", flush=True)
                if options.keep is not None:
                    options.keep.mkdir(exist_ok=True)
                    copy = shutil.copytree if path.is_dir() else shutil.copy
                    copy(path, options.keep / f"{number}-{path.name}")
    for (what, outcome), count in sorted(found.items()):
        print(f"{what:28} {outcome:40} {count:6,}")
    print(f"slowest: {slowest[0]:.2f} s, {slowest[1]}")


if __name__ == "__main__":
    main()

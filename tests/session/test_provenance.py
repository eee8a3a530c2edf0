"""Provenance: what fingerprints depend on, that other programs read it, and that hostile files do no harm."""

import hashlib
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from PIL import Image

from landscape_app.physics.fields.pixels import SimilarityTo
from landscape_app.physics.space import Levels
from landscape_app.problems.problem import Configuration
from landscape_app.session.checkpoint import open_session, save_session
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.provenance import (
    MOST_BYTES,
    MOST_SOURCES,
    Identification,
    Provenance,
    Source,
    model_fingerprint,
    parse_provenance,
)
from landscape_app.session.provenance_in_files import generated_words, read_provenance
from landscape_app.session.sample_file import SampleFile, write_samples
from landscape_app.session.session import Session

SOURCE = Source("digits", "d" * 64, "m" * 64, 12, Composition.towards(7, 3.0, temperature=0.5))


@pytest.fixture(scope="module")
def session() -> Session:
    return Session(Configuration(chains=8, observables=4, channels=(4, 8)), "cpu", sampler_chains=3)


def samples(provenance: Provenance, n: int = 3) -> SampleFile:
    x = np.random.default_rng(0).integers(0, 17, (n, 8, 8)).astype(np.uint8)
    return SampleFile(x, np.zeros(n, np.float32), Levels((8, 8), 17), n, provenance, np.stack([x[::-1], x]))


def test_the_fingerprint_is_a_sha256_of_parameters_and_multipliers(session: Session, tmp_path: Path) -> None:
    digest = hashlib.sha256()
    digest.update(b"multipliers(4,)" + session.model.multipliers.numpy().astype("<f4").tobytes())
    theta = session.model.observables
    for name in sorted(name for name, _ in theta.named_parameters()):
        values = theta.state_dict()[name].numpy()
        digest.update(f"observables.{name}{values.shape}".encode() + values.astype("<f4").tobytes())
    assert model_fingerprint(session.model) == digest.hexdigest()
    for name in ("a.h5", "b.h5"):
        save_session(session, tmp_path / name)
        assert model_fingerprint(open_session(tmp_path / name, "cpu").model) == digest.hexdigest()


def test_the_source_follows_the_model_and_not_the_chains() -> None:
    session = Session(Configuration(chains=8, observables=4, channels=(4, 8)), "cpu", sampler_chains=3)
    identification = Identification("digits", session.dataset, session.trainer)
    before = identification.source(Composition())
    next(session.sample())
    assert identification.source(Composition()) == before
    for _ in islice(session.train(), 2):
        pass
    after = identification.source(Composition())
    assert after.model_sha256 == model_fingerprint(session.model) != before.model_sha256
    assert (before.epoch, after.epoch) == (0, 2)
    with torch.no_grad():
        session.model.multipliers[0] += 1
    assert identification.source(Composition()).model_sha256 == model_fingerprint(session.model)
    assert after.data_sha256 == hashlib.sha256(session.dataset.items.tobytes()).hexdigest()


def test_many_sources_are_thinned_and_long_compositions_left_out() -> None:
    sources = tuple(replace(SOURCE, epoch=epoch) for epoch in (1, 1, *range(2, 400)))
    told = [source["epoch"] for source in json.loads(Provenance(sources).to_json())["sources"]]
    assert (told[0], told[-1], len(told)) == (1, 399, MOST_SOURCES)
    image = tuple(tuple(row) for row in np.random.default_rng(0).integers(0, 256, (64, 64)).tolist())
    layers = tuple(Layer(SimilarityTo(image), 1.0, name=str(i)) for i in range(20))
    long = Provenance((replace(SOURCE, composition=Composition(layers)),)).to_json()
    assert len(long) <= MOST_BYTES
    (source,) = parse_provenance(long)["sources"]
    assert source["composition"] is None
    assert len(source["composition_sha256"]) == 64


@pytest.mark.parametrize("ending", [".png", ".gif", ".h5", ".npz"])
def test_every_file_of_samples_says_it_and_is_read_back(tmp_path: Path, ending: str) -> None:
    provenance = Provenance((SOURCE,), {"seed": 3, "kernel": "discrete-langevin"})
    path = tmp_path / f"samples{ending}"
    write_samples(path, samples(provenance))
    expected = json.loads(provenance.to_json())
    expected["sampling"]["effective_samples"] = 3
    assert expected["generated"] is True
    assert expected["sources"][0]["formula"] == SOURCE.composition.formula  # type: ignore[union-attr]
    assert read_provenance(path) == expected
    assert json.loads(_foreign_text(path)) == expected


def _foreign_text(path: Path) -> str:
    """The document as a program reads it that knows nothing of ours."""
    if path.suffix == ".h5":
        with h5py.File(path) as file:
            return str(file.attrs["provenance"])
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as arrays:
            assert sorted(arrays) == ["effective_samples", "energy", "provenance", "x"]
            return str(arrays["provenance"])
    with Image.open(path) as picture:
        if path.suffix == ".gif":
            assert picture.n_frames == 2  # type: ignore[attr-defined]
            return bytes(picture.info["comment"]).decode("ascii")
        return str(picture.text["Provenance"])  # type: ignore[attr-defined]


def test_a_picture_of_another_program_says_nothing(tmp_path: Path) -> None:
    for ending, options in ((".png", {}), (".gif", {"comment": b"made by hand"}), (".jpg", {})):
        path = tmp_path / f"other{ending}"
        Image.new("L", (8, 8), 200).save(path, **options)
        assert read_provenance(path) is None
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    h5py.File(tmp_path / "other.h5", "w").close()
    assert read_provenance(tmp_path / "other.npz") is None
    assert read_provenance(tmp_path / "other.h5") is None


def png_of(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG whose header says a size, with chunks before its (missing) pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunk(*one) for one in chunks) + chunk(b"IEND", b"")


def npz_of(text: np.ndarray | bytes) -> bytes:
    stored = io.BytesIO()
    with (
        zipfile.ZipFile(stored, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("provenance.npy", "w") as file,
    ):
        if isinstance(text, bytes):
            file.write(text)
        else:
            np.lib.format.write_array(file, text, allow_pickle=True)  # type: ignore[arg-type]
    return stored.getvalue()


KEY = b'landscape-provenance"'
HOSTILE: dict[str, Callable[[], bytes]] = {
    "bomb.png": lambda: png_of(60_000, 60_000),
    "large.png": lambda: png_of(5_000, 5_000),
    "inflated.png": lambda: png_of(
        8, 8, (b"zTXt", b"Provenance\0\0" + zlib.compress(KEY + b" " * 50_000_000))
    ),
    "long.png": lambda: png_of(8, 8, (b"tEXt", b"Provenance\0" + KEY + b" " * (MOST_BYTES + 1))),
    "broken.png": lambda: png_of(8, 8, (b"tEXt", b'Provenance\0{"format": "landscape-provenance"')),
    "other.png": lambda: png_of(8, 8, (b"tEXt", b'Provenance\0["landscape-provenance"]')),
    "nested.png": lambda: png_of(8, 8, (b"tEXt", b"Provenance\0" + KEY + b"[" * 100_000)),
    "cut.png": lambda: png_of(8, 8)[:20],
    "empty.png": lambda: b"",
    "noise.gif": lambda: b"GIF89a" + bytes(range(200)),
    "pickled.npz": lambda: npz_of(np.array([{"a": 1}], dtype=object)),
    "inflated.npz": lambda: npz_of(np.zeros(20_000_000, "<U1")),
    "header.npz": lambda: npz_of(
        b"\x93NUMPY\x01\x00\x40\x00" + b"{'descr': '<U1000000000', 'shape': ()}".ljust(64)
    ),
    "cut.npz": lambda: npz_of(np.array("text"))[:40],
    "cut.h5": lambda: b"\x89HDF\r\n\x1a\n" + bytes(100),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_one_message(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(HOSTILE[name]())
    with pytest.raises(ValueError, match=name) as caught:
        read_provenance(path)
    assert "\n" not in str(caught.value)


def test_data_that_say_they_are_generated_are_told_from_others(tmp_path: Path) -> None:
    made = samples(Provenance((SOURCE,)), 30)
    for name in ("samples.npz", "samples.h5"):
        write_samples(tmp_path / name, made)
        assert generated_words(tmp_path / name).startswith("The file says of itself that it is generated.")
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    write_samples(mixed, made)
    for i in range(30):
        Image.fromarray(np.full((8, 8), i, np.uint8)).save(mixed / f"zz{i:02}.png")
    words = generated_words(mixed)
    assert words.startswith("10 of 20 images looked at say of themselves that they are generated.")
    np.savez(tmp_path / "real.npz", x=made.x)
    (tmp_path / "empty").mkdir()
    for name in ("real.npz", "empty", "missing.npy"):
        assert not generated_words(tmp_path / name)

"""A checksum in front of an HDF5 file: HDF5 itself crashes the process on some damaged files."""

from __future__ import annotations

import hashlib
from pathlib import Path

BLOCK = 512
"""Bytes in front of the HDF5 data, which HDF5 calls the user block and skips."""
_MARK = b"Landscape run\nSHA-256 of what follows the first 512 bytes: "
HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def has_no_seal(path: Path) -> bool:
    """Whether a file begins as HDF5 of other programs does: without a block in front, that Landscape's own have."""
    with path.open("rb") as file:
        return file.read(len(HDF5_SIGNATURE)) == HDF5_SIGNATURE


def seal(image: bytearray | memoryview) -> None:
    """Writes the checksum of an HDF5 image into its user block of `BLOCK` bytes, in place."""
    digest = hashlib.sha256(image[BLOCK:]).hexdigest().encode()
    image[:BLOCK] = (_MARK + digest + b"\n").ljust(BLOCK, b"\0")


def is_sealed(image: bytes) -> bool:
    """Whether the image claims to carry a checksum."""
    return image.startswith(_MARK)


def is_whole(image: bytes) -> bool:
    """Whether a sealed image is as it was when it was sealed."""
    digest = hashlib.sha256(memoryview(image)[BLOCK:]).hexdigest().encode()
    return image[:BLOCK] == (_MARK + digest + b"\n").ljust(BLOCK, b"\0")

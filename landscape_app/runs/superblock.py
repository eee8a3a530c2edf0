"""The start of an HDF5 file that a writer has left open: it says so, and not how long the file is by now.

HDF5 reads such a file in its own single-writer-multiple-reader mode only, and there it looks at a damaged part a
hundred times, with pauses. A copy in memory is read at once, when its superblock says that it is closed.
Layout: HDF5 File Format Specification, version 3 of the superblock.
"""

from __future__ import annotations

import struct

from landscape_app.runs.seal import HDF5_SIGNATURE

_SUPERBLOCK = struct.Struct("<8s4B4Q")
_CHECKSUM = struct.Struct("<I")
SIZE = _SUPERBLOCK.size + _CHECKSUM.size
_VERSION, _BYTES = 3, 8


def closed(image: bytearray, block: int) -> None:
    """Makes the superblock of an HDF5 image say that nobody writes it and that it ends where it does, in place.

    Args:
        image: of the file.
        block: bytes in front of the superblock.

    Raises:
        ValueError: there is no superblock of a file that is written while it is read.
    """
    old = bytes(image[block : block + SIZE])
    if len(old) < SIZE:
        raise ValueError("the file has no HDF5 superblock")
    signature, version, offsets, lengths, _, base, extension, _, root = _SUPERBLOCK.unpack_from(old)
    if signature != HDF5_SIGNATURE or (version, offsets, lengths) != (_VERSION, _BYTES, _BYTES):
        raise ValueError("the file has no HDF5 superblock of version 3")
    if _CHECKSUM.unpack_from(old, _SUPERBLOCK.size)[0] != lookup3(old[: _SUPERBLOCK.size]):
        raise ValueError("the file's HDF5 superblock is damaged")
    new = _SUPERBLOCK.pack(signature, version, offsets, lengths, 0, base, extension, len(image), root)
    image[block : block + SIZE] = new + _CHECKSUM.pack(lookup3(new))


def lookup3(content: bytes) -> int:
    """Jenkins' lookup3 hash of some bytes, with which HDF5 checks its metadata (B. Jenkins 2006, `hashlittle`)."""
    a = b = c = (0xDEADBEEF + len(content)) & _WORD
    whole = max(0, (len(content) - 1) // 12) * 12
    for place in range(0, whole, 12):
        x, y, z = struct.unpack_from("<3I", content, place)
        a, b, c = (a + x) & _WORD, (b + y) & _WORD, (c + z) & _WORD
        a = ((a - c) & _WORD) ^ _rotated(c, 4)
        c = (c + b) & _WORD
        b = ((b - a) & _WORD) ^ _rotated(a, 6)
        a = (a + c) & _WORD
        c = ((c - b) & _WORD) ^ _rotated(b, 8)
        b = (b + a) & _WORD
        a = ((a - c) & _WORD) ^ _rotated(c, 16)
        c = (c + b) & _WORD
        b = ((b - a) & _WORD) ^ _rotated(a, 19)
        a = (a + c) & _WORD
        c = ((c - b) & _WORD) ^ _rotated(b, 4)
        b = (b + a) & _WORD
    if not content:
        return c
    x, y, z = struct.unpack("<3I", content[whole:].ljust(12, b"\0"))
    a, b, c = (a + x) & _WORD, (b + y) & _WORD, (c + z) & _WORD
    c = ((c ^ b) - _rotated(b, 14)) & _WORD
    a = ((a ^ c) - _rotated(c, 11)) & _WORD
    b = ((b ^ a) - _rotated(a, 25)) & _WORD
    c = ((c ^ b) - _rotated(b, 16)) & _WORD
    a = ((a ^ c) - _rotated(c, 4)) & _WORD
    b = ((b ^ a) - _rotated(a, 14)) & _WORD
    return ((c ^ b) - _rotated(b, 24)) & _WORD


_WORD = 0xFFFFFFFF


def _rotated(word: int, by: int) -> int:
    return ((word << by) | (word >> (32 - by))) & _WORD

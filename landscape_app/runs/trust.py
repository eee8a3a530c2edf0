"""Python that the user trusts, remembered by the SHA-256 of its source in one small file of the application.

Where a file lies does not matter: one that has changed is another one, and a copy is the same. The file is this
machine's: a run or a composition cannot bring trust along.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from landscape_app.language import tr
from landscape_app.runs.atomic import RunFileError
from landscape_app.runs.autosave import autosave_folder
from landscape_app.runs.documents import read_records, write_records

UNREADABLE = tr(
    "the list of trusted Python cannot be read from {path}: {reason}; nothing is trusted until the file is mended or "
    "moved away"
)

FIRST_LINES, MOST_CHARACTERS = 3, 200
"""Lines of a source that are remembered with it, those that are not empty, and characters of each."""


@dataclass(frozen=True)
class TrustedSource:
    """A source that may run.

    Attributes:
        digest: SHA-256 of its text, in hexadecimal.
        path: of its file when it was trusted.
        when: it was trusted, with its time zone.
        first_lines: of its text.
    """

    digest: str
    path: str
    when: datetime
    first_lines: str


def trust_path() -> Path:
    """The file of what is trusted."""
    return autosave_folder().parent / "trusted.json"


def trusted_sources() -> tuple[TrustedSource, ...]:
    """All that is trusted, the latest last; nothing where there is no file of it yet.

    Raises:
        RunFileError: the file cannot be read.
    """
    return tuple(read_records(trust_path(), TrustedSource, UNREADABLE))


def is_remembered(digest: str) -> bool:
    """True if a source is trusted; False where the list cannot be read.

    Args:
        digest: SHA-256 of the source.
    """
    with suppress(RunFileError):
        return any(source.digest == digest for source in trusted_sources())
    return False


def remember(digest: str, path: Path, text: str) -> None:
    """Remembers a source that the user has read and trusts.

    Args:
        digest: SHA-256 of the text.
        path: of its file.
        text: of the source.

    Raises:
        RunFileError: the list cannot be read or written.
    """
    lines = [line.rstrip()[:MOST_CHARACTERS] for line in text.splitlines() if line.strip()]
    when = datetime.now(UTC).replace(microsecond=0)
    source = TrustedSource(digest, str(path), when, "\n".join(lines[:FIRST_LINES]))
    others = (other for other in trusted_sources() if other.digest != digest)
    write_records(trust_path(), TrustedSource, [*others, source])


def revoke(digests: Collection[str]) -> None:
    """Forgets sources, which are shown again before they run.

    Args:
        digests: SHA-256 of each.

    Raises:
        RunFileError: the list cannot be read or written.
    """
    left = [source for source in trusted_sources() if source.digest not in digests]
    write_records(trust_path(), TrustedSource, left)

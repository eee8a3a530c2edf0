"""What can be said of an image at once: what it says of itself, or that evidence has to be looked for."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from landscape_app.physics.observables import are_images, require_images
from landscape_app.session.picture_reading import ReadPicture, read_picture
from landscape_app.session.provenance import model_fingerprint
from landscape_app.session.provenance_in_files import read_provenance
from landscape_app.session.session import Session
from landscape_app.session.verification_words import STRIPPED, Rows, describe_provenance


class Suspect(NamedTuple):
    """A model that may have made images.

    Attributes:
        session: with it.
        name: what to call it.
        sha256: its fingerprint.
    """

    session: Session
    name: str
    sha256: str

    @classmethod
    def of(cls, session: Session, name: str) -> Suspect:
        """The model of a session."""
        return cls(session, name, model_fingerprint(session))


def first_look(
    path: Path, suspect: Suspect | None, advice: str, inverted: bool = False
) -> tuple[Rows, ReadPicture | None]:
    """What there is to say of a file, and the picture in it where it says nothing and a model may have evidence.

    Args:
        path: of the file.
        suspect: the model; None for none.
        advice: how to name one, as the end of a sentence.
        inverted: as of `read_picture`.

    Raises:
        ValueError: the file cannot be read, or its picture does not fit the model.
    """
    document = read_provenance(path)
    if document is not None:
        sha256, name = (None, "") if suspect is None else (suspect.sha256, suspect.name)
        return describe_provenance(document, sha256, name), None
    stripped: Rows = [("says", STRIPPED)]
    if suspect is None:
        return [*stripped, ("evidence", f"none without a model; {advice}")], None
    space = suspect.session.space
    if not are_images(space):
        raise ValueError(
            f"{path} says nothing of itself, and {suspect.name} is no model of images: "
            f"its samples live on {space.label}"
        )
    return stripped, read_picture(path, require_images(space), inverted)

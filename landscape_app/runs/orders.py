"""Orders to the process that trains a run: a small file beside the run, which that process takes between two epochs.

Anybody who may write in the folder may give one: nobody else listens, and nothing is executed.
"""

from __future__ import annotations

import json
import stat
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from landscape_app.language import tr
from landscape_app.runs.atomic import RunFileError, atomic_write, reason_of
from landscape_app.runs.documents import adapter_of
from landscape_app.runs.writer import order_path

LOOK_SECONDS = 1.0
"""Between two looks for an order at least."""
MOST_EPOCHS = 1_000_000
"""Most that a training can be planned for."""
_MOST_BYTES = 4096


@dataclass(frozen=True)
class Order:
    """Wish of somebody who follows a training.

    Attributes:
        stop: to end now, as Ctrl-C ends it: what there is is measured and saved.
        epochs: to end after so many in all; None leaves its plan.
    """

    stop: bool = False
    epochs: int | None = None


def order_bytes(order: Order) -> bytes:
    """An order as JSON, in one line."""
    return json.dumps(asdict(order)).encode()


def read_order(text: bytes) -> Order:
    """The order in a JSON text.

    Raises:
        ValueError: it is none.
    """
    try:
        order = adapter_of(Order).validate_json(text, strict=True)
    except ValueError as error:
        raise ValueError(tr("the order cannot be understood")) from error
    if order.epochs is not None and not 1 <= order.epochs <= MOST_EPOCHS:
        raise ValueError(
            tr(
                "a training has 1 to {most:,} epochs, not {epochs:,}",
                most=MOST_EPOCHS,
                epochs=order.epochs,
            )
        )
    return order


def give_order(run: Path, order: Order) -> None:
    """Leaves an order beside a run file, in the place of one that still waits.

    Raises:
        RunFileError: the folder cannot be written.
    """
    path = order_path(run)
    try:
        with atomic_write(path) as part:
            part.write_bytes(order_bytes(order))
    except RunFileError as error:
        raise RunFileError(
            tr("nothing can be asked of the training of {run}: {error}", run=run, error=error)
        ) from error


class OrderBox:
    """Place in which the writer of a run finds orders; one that was left for an earlier writer is removed.

    Args:
        run: path of the run file.
    """

    def __init__(self, run: Path) -> None:
        self._path = order_path(run)
        self._due = 0.0
        self._remove()

    def take(self) -> Order | None:
        """An order that has come; None where there is none, or the last look is no second ago.

        Raises:
            RunFileError: what lies there is none; it is removed, where that can be.
        """
        if time.monotonic() < self._due:
            return None
        self._due = time.monotonic() + LOOK_SECONDS
        try:
            found = self._path.lstat()
            # A pipe would keep whoever opens it waiting.
            text = b"" if not stat.S_ISREG(found.st_mode) else self._read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise RunFileError(
                tr("{path} cannot be read: {reason}", path=self._path, reason=reason_of(error))
            ) from error
        self._remove()
        try:
            return read_order(text)
        except ValueError as error:
            raise RunFileError(
                tr(
                    "{path}: {error}; expected such as {example}",
                    path=self._path,
                    error=error,
                    example='{"stop": true}',
                )
            ) from error

    def _read(self) -> bytes:
        with self._path.open("rb") as file:
            return file.read(_MOST_BYTES)

    def _remove(self) -> None:
        # A folder of that name is no order, and stays.
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

"""The run file: one HDF5 file that holds a run, written at once or while it trains, and the metrics in it."""

from landscape_app.runs.atomic import RunFileError, atomic_write, check_writable
from landscape_app.runs.checkpoint import CheckpointWriter
from landscape_app.runs.history import History
from landscape_app.runs.orders import Order
from landscape_app.runs.run_file import RunState, read_run, write_run
from landscape_app.runs.tail import Followed, Tail, Update
from landscape_app.runs.writer import WriterStatus

__all__ = [
    "CheckpointWriter",
    "Followed",
    "History",
    "Order",
    "RunFileError",
    "RunState",
    "Tail",
    "Update",
    "WriterStatus",
    "atomic_write",
    "check_writable",
    "read_run",
    "write_run",
]

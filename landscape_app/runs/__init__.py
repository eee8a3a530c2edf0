"""The run file: one HDF5 file that holds a run, and the metrics it is made of."""

from landscape_app.runs.history import History
from landscape_app.runs.run_file import RunState, read_run, write_run
from landscape_app.runs.whole_file import RunFileError, check_writable, written_whole

__all__ = [
    "History",
    "RunFileError",
    "RunState",
    "check_writable",
    "read_run",
    "write_run",
    "written_whole",
]

"""The run file: one HDF5 file that holds a run, written at once or while it trains, and the metrics in it."""

from landscape_app.runs.follower import Follower, News
from landscape_app.runs.history import History
from landscape_app.runs.recorder import Recorder
from landscape_app.runs.run_file import RunState, read_run, write_run
from landscape_app.runs.whole_file import RunFileError, check_writable, written_whole

__all__ = [
    "Follower",
    "History",
    "News",
    "Recorder",
    "RunFileError",
    "RunState",
    "check_writable",
    "read_run",
    "write_run",
    "written_whole",
]

"""The run file: one HDF5 file that holds a run, and the metrics it is made of."""

from landscape_app.runs.history import History
from landscape_app.runs.run_file import RunFileError, RunState, read_run, write_run

__all__ = ["History", "RunFileError", "RunState", "read_run", "write_run"]

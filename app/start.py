"""Start of the stand-alone application: the `landscape` command, or a process that the command has started."""

import multiprocessing
import os
import sys

from landscape_app.program import restore_library_paths

if __name__ == "__main__":
    # Processes of dask's workers are this program too, with arguments of multiprocessing's own.
    multiprocessing.freeze_support()
    restore_library_paths(os.environ)

    from landscape_app.cli import main

    sys.exit(main())

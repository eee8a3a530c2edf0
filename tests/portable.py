"""The numeric tests once more, in the arithmetic of other processors: `make test-portable`.

Here also those run that train the models of whole experiments, which `make test` leaves out for their length.

On another instruction set, and on another number of threads, sums are taken in another order and normal numbers come
in another sequence. What is exact stays as it is, to within rounding; chaotic trainings and chains end elsewhere. A
test that holds here in each of these ways has no reason to fail on a machine that nobody has tried.
"""

import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import torch

ROOMS = ("experiments", "physics", "learning", "models", "session")
"""In this order: whole experiments take longest, and of the last tests each worker takes its part."""

OTHERS = {
    "experiments": ("render", "result"),
    "physics": ("formula", "program", "threads"),
    "session": (
        "autosave",
        "chains_file",
        "checkpoint",
        "composition",
        "custom_field",
        "dataset_io",
        "device",
        "document",
        "journal",
        "kept",
        "many_runs",
        "memory",
        "picture_reading",
        "plan",
        "provenance",
        "ranks",
        "run_curves",
        "run_thumbnail",
        "share_out",
        "snapshots",
        "stand_in_device",
        "sweep_plan",
        "sweep_table",
    ),
}
"""Tests in these rooms that come out alike in every arithmetic: of files, texts, plans, memory and devices."""


class Arithmetic(NamedTuple):
    """Threads, and the instruction set that torch, its libraries (MKL, oneDNN) and numpy's (OpenBLAS) are held to."""

    threads: int
    instructions: dict[str, str]


ARITHMETICS = {
    "default": Arithmetic(
        1,
        {
            "ATEN_CPU_CAPABILITY": "default",
            "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
            "ONEDNN_MAX_CPU_ISA": "SSE41",
            "OPENBLAS_CORETYPE": "Nehalem",
        },
    ),
    "avx2": Arithmetic(
        2,
        {
            "ATEN_CPU_CAPABILITY": "avx2",
            "MKL_ENABLE_INSTRUCTIONS": "AVX2",
            "ONEDNN_MAX_CPU_ISA": "AVX2",
            "OPENBLAS_CORETYPE": "Haswell",
        },
    ),
}


def left_out() -> list[Path]:
    """Files of the tests that are not run."""
    tests = Path(__file__).parent
    return [tests / room / f"test_{name}.py" for room, names in OTHERS.items() for name in names]


def run(name: str, arguments: list[str]) -> int:
    """Exit code of pytest in one of the arithmetics; of what `make test` left out where there is no other."""
    own, (threads, instructions) = torch.backends.cpu.get_cpu_capability(), ARITHMETICS[name]
    if name == "default" and own == "DEFAULT":
        print(f"On {platform.machine()} torch has no other instruction set than that of `make test`.")
        instructions, arguments = {}, ["-m", "training", *arguments]
    if name == "avx2" and own not in ("AVX2", "AVX512"):
        print(
            f"This processor ({platform.machine()}) has no AVX2: on its own instruction set, {threads} threads."
        )
        instructions = {}
    tests = Path(__file__).parent
    rooms = [str(tests / room) for room in ROOMS if (tests / room).is_dir()]
    rooms += [f"--ignore={file}" for file in left_out()]
    workers = max(1, (os.cpu_count() or 1) // threads)
    command = [sys.executable, "-m", "pytest", "-n", str(workers), "--dist", "worksteal", "-m", "", *rooms]
    command += arguments
    print(f"Numeric tests on the instruction set {name if instructions else own.lower()}, {threads} threads")
    sys.stdout.flush()
    # Threads that wait sleep: on cores that others use too, spinning takes most of the time.
    environment = {
        **os.environ,
        **instructions,
        "OMP_NUM_THREADS": str(threads),
        "OMP_WAIT_POLICY": "passive",
    }
    return subprocess.call(command, env=environment)


if __name__ == "__main__":
    chosen = [argument for argument in sys.argv[1:] if argument in ARITHMETICS]
    others = [argument for argument in sys.argv[1:] if argument not in ARITHMETICS]
    sys.exit(max([run(name, others) for name in chosen or ARITHMETICS]))

"""Which device computes, with how many cores, and how it keeps its memory."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from functools import cache

import torch

DEVICES = ("auto", "cpu", "cuda", "mps")


def resolve_device(name: str = "auto") -> torch.device:
    """The device of that name; "auto" takes CUDA, else MPS, else the CPU.

    Raises:
        ValueError: no such device is known, or it is not available on this machine.
    """
    if name not in DEVICES:
        raise ValueError(f"no device is called {name!r}; choose from {', '.join(DEVICES)}")
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next(device for device in ("cuda", "mps", "cpu") if available[device])
    if not available[name]:
        raise ValueError(f"this machine has no {name} device that torch can use; choose auto or cpu")
    return torch.device(name)


def available_cores() -> int:
    """Cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


@cache
def keep_freed_memory() -> None:
    """Lets the process keep freed memory for its next tensors, where the C library is GNU's.

    By default it returns every larger block to the system at once, and torch's tensors of some hundred kilobytes
    are paged in anew at every kernel step: a quarter of a training epoch.
    """
    if not sys.platform.startswith("linux"):
        return
    trim_threshold, top_pad, mmap_threshold = -1, -2, -3
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        for parameter, size in ((mmap_threshold, 2**28), (trim_threshold, 2**29), (top_pad, 2**26)):
            library.mallopt(parameter, size)

"""Choice of the device, its cores and its memory."""

from __future__ import annotations

import ctypes
import os
import re
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch

from landscape_app.counting import counted
from landscape_app.language import tr

DEVICES = ("auto", "cpu", "cuda", "mps")
"""Names of devices; "cuda:1" is the second of several CUDA devices."""

_NAME = re.compile(r"auto|cpu|mps|cuda(:\d+)?")


class DeviceInfo(NamedTuple):
    """A device of this machine.

    Attributes:
        name: what `resolve_device` takes, such as "cuda:0".
        label: what a person calls it, such as "NVIDIA GeForce RTX 4090".
    """

    name: str
    label: str


class DeviceChoice(NamedTuple):
    """The device that computes.

    Attributes:
        device: where tensors are made.
        reason: why it is not the one that was asked for, or no GPU where there is one; None where it is.
    """

    device: torch.device
    reason: str | None = None


def available_devices() -> tuple[DeviceInfo, ...]:
    """The CPU with its threads, then each CUDA device by its name, then the Apple GPU."""
    threads = torch.get_num_threads()
    devices = [DeviceInfo("cpu", tr("CPU, {threads}", threads=counted(threads, "thread")))]
    if torch.cuda.is_available():
        devices += [
            DeviceInfo(f"cuda:{i}", torch.cuda.get_device_name(i)) for i in range(torch.cuda.device_count())
        ]
    if torch.backends.mps.is_available():
        devices.append(DeviceInfo("mps", tr("Apple GPU")))
    return tuple(devices)


def resolve_device(name: str = "auto", fall_back: bool = False) -> DeviceChoice:
    """The device of that name; "auto" takes a GPU on which a small computation succeeds, else the CPU.

    Args:
        name: "auto", "cpu", "cuda", "cuda:1" or "mps".
        fall_back: take the CPU where the device is missing or does not work.

    Raises:
        ValueError: the name is that of no device; or the device is missing or does not work, and `fall_back` is off.
    """
    if _NAME.fullmatch(name) is None:
        raise ValueError(
            tr(
                "no device is called {name!r}; choose from {devices}, or cuda:1 and so on",
                name=name,
                devices=", ".join(DEVICES),
            )
        )
    names = [device.name for device in available_devices()]
    if name == "auto":
        failures: list[str] = []
        for candidate in (*names[1:], "cpu"):
            failure = _failure_on(torch.device(candidate))
            if failure is None:
                return DeviceChoice(torch.device(candidate), "; ".join(failures) or None)
            failures.append(failure)
    wanted = "cuda:0" if name == "cuda" else name
    if wanted in names:
        failure = _failure_on(torch.device(wanted))
    else:
        failure = tr("this machine has no {name} device that torch can use", name=name)
    if failure is None:
        return DeviceChoice(torch.device(wanted))
    if not fall_back:
        raise ValueError(tr("{failure}; choose auto or cpu", failure=failure))
    return DeviceChoice(torch.device("cpu"), failure)


def _failure_on(device: torch.device) -> str | None:
    """Why a device cannot compute, by a small network's gradient at random places; None where it can."""
    if device.type == "cpu":
        return None
    try:
        generator = torch.Generator(device).manual_seed(0)
        x = torch.rand(2, 1, 4, 4, generator=generator, device=device).requires_grad_()
        weight = torch.ones(2, 1, 3, 3, device=device)
        (gradient,) = torch.autograd.grad(torch.nn.functional.conv2d(x, weight).square().sum(), x)
        works = bool(torch.isfinite(gradient).all())
    # Drivers fail with whatever they like; a device that cannot compute must not keep the CPU from it.
    except Exception as error:
        # The first sentence: torch goes on with what packagers may have done wrong.
        reason = re.split(r"\n|\.\s", str(error).strip())[0] or tr("no reason is given")
        return tr("{device} does not work ({reason})", device=device, reason=reason)
    return (
        None
        if works
        else tr(
            "{device} does not work (a small computation gave numbers that are not finite)", device=device
        )
    )


def available_cores() -> int:
    """Cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


HOST = torch.device("cpu")


def is_accelerator(device: torch.device) -> bool:
    """True of a device that is not the host."""
    return device != HOST


def free_memory(device: torch.device) -> int | None:
    """Bytes that this process may still take on a device; None where it does not say."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    if device.type == "mps":
        return int(torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory())
    from landscape_app.data.importing.memory import free_memory as free_on_host

    return free_on_host()


def resident_memory() -> int | None:
    """Bytes of this process in the host's memory; None where the system does not say."""
    if sys.platform != "linux":
        return None
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


ARENAS = 2
"""Heaps that all threads share: each keeps what was freed in it, and by default there may be eight a core."""


@cache
def keep_freed_memory() -> None:
    """Lets the process keep freed memory for its next tensors, where the C library is GNU's.

    By default it returns every larger block to the system at once, and torch's tensors of some hundred kilobytes
    are paged in anew at every kernel step: a quarter of a training epoch.
    """
    library = _c_library()
    if library is None:
        return
    trim_threshold, top_pad, mmap_threshold, arenas = -1, -2, -3, -8
    for parameter, size in (
        (mmap_threshold, 2**28),
        (trim_threshold, 2**29),
        (top_pad, 2**26),
        (arenas, ARENAS),
    ):
        library.mallopt(parameter, size)


def return_freed_memory() -> None:
    """Gives the system back what `keep_freed_memory` has kept: once something large has gone for good."""
    library = _c_library()
    if library is not None:
        library.malloc_trim(0)


@cache
def _c_library() -> ctypes.CDLL | None:
    """The C library where it is GNU's, which can be told how to keep memory; else None."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        library = ctypes.CDLL(None)
        return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None
    except OSError:
        return None

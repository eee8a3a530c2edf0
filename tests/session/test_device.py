"""Devices: which there are, which is taken, and the way back to the CPU where one does not work."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from landscape_app.problems.problem import Configuration
from landscape_app.session import device
from landscape_app.session.checkpoint import provenance_of, run_state, session_of
from landscape_app.session.device import available_devices, resolve_device
from landscape_app.session.session import Session

GPUS = {"cuda": torch.cuda.is_available, "mps": torch.backends.mps.is_available}


def test_a_name_that_is_that_of_no_device_is_refused() -> None:
    for name in ("tpu", "cuda:", "cuda:-1", "cpu:1", "mps:0 "):
        with pytest.raises(
            ValueError, match=f"no device is called {name!r}; choose from auto, cpu, cuda, mps"
        ):
            resolve_device(name, fall_back=True)


def test_a_device_that_is_not_there_is_refused_unless_the_cpu_will_do() -> None:
    assert resolve_device("cpu") == (torch.device("cpu"), None)
    missing = [name for name, is_available in GPUS.items() if not is_available()]
    for name in (*missing, "cuda:97"):
        with pytest.raises(ValueError, match=f"no {name} device"):
            Session(Configuration(), name)
        chosen = resolve_device(name, fall_back=True)
        assert chosen.device == torch.device("cpu")
        assert chosen.reason is not None
        assert name in chosen.reason


def test_every_device_is_listed_by_a_name_that_can_be_resolved() -> None:
    devices = available_devices()
    threads = torch.get_num_threads()
    assert devices[0] == ("cpu", "CPU, 1 thread" if threads == 1 else f"CPU, {threads} threads")
    assert [str(resolve_device(name, fall_back=True).device) for name, _ in devices[:1]] == ["cpu"]
    assert len(devices) - 1 == torch.cuda.device_count() + torch.backends.mps.is_available()
    assert all(label for _, label in devices)


def test_auto_passes_over_a_gpu_that_cannot_compute_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A GPU of which torch says that it is there, though its driver or this build of torch cannot use it."""
    monkeypatch.setattr(
        device, "available_devices", lambda: (device.DeviceInfo("cpu", ""), device.DeviceInfo("cuda:97", ""))
    )
    chosen = resolve_device("auto")
    assert chosen.device == torch.device("cpu")
    assert chosen.reason is not None
    assert chosen.reason.startswith("cuda:97 does not work (")
    with pytest.raises(ValueError, match=r"cuda:97 does not work .*; choose auto or cpu"):
        resolve_device("cuda:97")
    assert resolve_device("cuda:97", fall_back=True) == chosen


@pytest.mark.parametrize(("kind", "size"), [("cuda:1", 16), ("mps", 44)])
def test_a_run_of_another_kind_of_device_opens_and_goes_on_with_random_numbers_of_its_own(
    kind: str, size: int
) -> None:
    """Where and how a GPU's random state is kept differs; what is made of it must not depend on when it is opened."""
    session = Session(Configuration(chains=8, observables=2, channels=(2, 2)), "cpu", sampler_chains=2)
    training = session.train()
    for _ in range(3):
        next(training)
    session.rest()
    here = run_state(session)
    random = {name: np.arange(size, dtype=np.uint8) for name in here.arrays if name.endswith("random")}
    assert random.keys() >= {"trainer/live/random", "trainer/random", "estimator/random"}
    there = replace(here, provenance={**here.provenance, "device": kind}, arrays={**here.arrays, **random})
    found = [session_of(there, Path("run.h5"), "cpu", sampler_chains=2) for _ in range(2)]
    assert all(one.lineage.random is not None for one in found)
    assert provenance_of(found[0])["random_numbers"].startswith("those of cpu from epoch 3 on, of ")
    records = [next(one.train()) for one in found]
    assert records[0].epoch == 4
    np.testing.assert_array_equal(records[0].multipliers, records[1].multipliers)
    # Of the same kind, the run goes on as it would have, and nothing is said.
    again = session_of(here, Path("run.h5"), "cpu", sampler_chains=2)
    assert again.lineage.random is None
    np.testing.assert_array_equal(next(again.train()).multipliers, next(training).multipliers)


@pytest.mark.skipif(device._c_library() is None, reason="the C library is not GNU's")
def test_memory_that_was_kept_goes_back_once_it_is_no_longer_needed() -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    device.keep_freed_memory()
    device.return_freed_memory()
    size = 2**27
    bottom = resident()
    large = [np.ones(size // 64, dtype=np.uint8) for _ in range(64)]
    top = resident()
    del large
    assert top - bottom > size / 2
    assert top - resident() < size / 2
    device.return_freed_memory()
    assert top - resident() > size / 2

"""Threads of the processor by the size of the work."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from landscape_app.physics.base_measure import GaussianBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.hamiltonian import Hamiltonian, Target
from landscape_app.physics.kernels import KERNELS
from landscape_app.physics.kernels.compiled import in_parts
from landscape_app.physics.space import Line
from landscape_app.physics.threads import LEAST_NUMBERS, available_threads, set_threads, threads_for


@pytest.fixture
def four_threads() -> Iterator[None]:
    """Four threads, and afterwards as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("four_threads")
def test_a_thread_keeps_its_number_whatever_others_set_before_its_first_operation() -> None:
    with ThreadPoolExecutor(1, initializer=set_threads, initargs=(1,)) as pool:
        pool.submit(int).result()
        torch.set_num_threads(3)
        assert pool.submit(torch.get_num_threads).result() == 1


@pytest.mark.usefixtures("four_threads")
def test_small_batches_have_one_thread_and_large_ones_all() -> None:
    for numbers, expected in ((0, 1), (LEAST_NUMBERS, 1), (2 * LEAST_NUMBERS, 2), (100 * LEAST_NUMBERS, 4)):
        with threads_for(numbers):
            assert torch.get_num_threads() == expected
        assert torch.get_num_threads() == 4


@pytest.mark.usefixtures("four_threads")
def test_few_chains_move_on_one_thread() -> None:
    base = GaussianBase.standard(Line((2,)))
    generator = torch.Generator().manual_seed(0)
    chains = Chains(base.sample(100, generator), Target(base, Hamiltonian([])), KERNELS["mala"](), generator)
    seen: set[int] = set()
    chains.on_step = lambda: seen.add(torch.get_num_threads())
    chains.run(2)
    assert seen == {1}
    assert torch.get_num_threads() == 4


@pytest.mark.usefixtures("four_threads")
def test_compiled_work_is_shared_with_all_threads_though_torch_has_one_and_only_once() -> None:
    seen: list[tuple[slice, int, int]] = []

    def work(rows: slice) -> None:
        seen.append((rows, torch.get_num_threads(), available_threads()))

    with threads_for(0):
        in_parts(work, 10, 3)
    assert sorted(rows.start for rows, _, _ in seen) == [0, 3, 6]
    assert {(torch_threads, available) for _, torch_threads, available in seen} == {(1, 1)}
    assert torch.get_num_threads() == available_threads() == 4

"""Numbers brought from the model's device to the host, where programs decide by them.

A GPU works through what it is told while the host goes on; whoever wants a number of it waits until all of that is
done. So numbers stay on the device, as tensors, until somebody needs them, and those that are needed together come in
one transfer. Nothing else in the application reads a tensor of the device. Not every device has double precision:
where a sum needs it, its terms are read back and converted then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
from torch import Tensor

from landscape_app.physics.ranks import ALONE, Ranks

T = TypeVar("T")


def transfer(tensor: Tensor) -> Tensor:
    """A tensor of any shape on the host, without its gradient; the one line that waits for the device.

    Everything here goes through it by its name in this module, so that a test can stand in its place and count.
    """
    return tensor.detach().cpu()


def to_host(tensor: Tensor) -> Tensor:
    """A tensor of any shape on the host, without its gradient; the same memory where it lies there already."""
    return transfer(tensor)


def number(tensor: Tensor) -> float:
    """The number in a tensor of shape () or (1,)."""
    return float(transfer(tensor))


def is_true(condition: Tensor) -> bool:
    """True if the condition in a tensor of shape () or (1,) holds."""
    return bool(transfer(condition))


def positions(mask: Tensor) -> Tensor:
    """Indices at which a mask holds, int64, shape (n,), on its device: the host must know how many they are."""
    return transfer(mask).nonzero().squeeze(1).to(mask.device)


def distinct(rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Distinct rows in rising order, shape (k, m), for each which it is, (n,), and how often each comes, (k,).

    Args:
        rows: shape (n, m); all is returned on their device.
    """
    found = transfer(rows).unique(dim=0, return_inverse=True, return_counts=True)
    return tuple(part.to(rows.device) for part in found)


def read_back(*tensors: Tensor) -> tuple[Tensor, ...]:
    """Tensors of any types and shapes on the host, in one transfer: their bytes in a row."""
    if all(tensor.is_cpu for tensor in tensors) or len(tensors) == 1:
        return tuple(transfer(tensor) for tensor in tensors)
    parts = [tensor.detach().contiguous().flatten().view(torch.uint8) for tensor in tensors]
    together = transfer(torch.cat(parts)).split([len(part) for part in parts])
    return tuple(
        # A copy, as the bytes of a number must begin at a multiple of its size.
        part.clone().view(tensor.dtype).view(tensor.shape)
        for part, tensor in zip(together, tensors, strict=True)
    )


@dataclass(frozen=True)
class DeviceReading(Generic[T]):
    """Numbers that are on the device still, and what they mean on the host.

    Attributes:
        tensors: the numbers.
        meaning: of the same tensors on the host.
    """

    tensors: tuple[Tensor, ...]
    meaning: Callable[..., T]

    def now(self) -> T:
        """Meaning of the numbers; waits for them."""
        return self.meaning(*read_back(*self.tensors))

    def along_with(self, *others: Tensor) -> tuple[T, tuple[Tensor, ...]]:
        """Meaning of the numbers, and others on the host, all in one transfer."""
        found = read_back(*self.tensors, *others)
        own = len(self.tensors)
        return self.meaning(*found[:own]), found[own:]


def check_shape(name: str, array: Tensor, shape: tuple[int, ...]) -> None:
    """Refuses an array of another shape.

    Raises:
        ValueError: with both shapes.
    """
    if tuple(array.shape) != shape:
        raise ValueError(f"{name} has shape {tuple(array.shape)}, expected {shape}")


def check_steps(step_sizes: Tensor) -> None:
    """Refuses step sizes, of any shape, that are not positive.

    Raises:
        ValueError: one is not.
    """
    if not bool((to_host(step_sizes) > 0).all()):
        raise ValueError("step sizes must be positive")


def random_state(state: Tensor, ranks: Ranks) -> Tensor:
    """State of a generator as `restore_random` takes it, shape (bytes,): of several ranks a row for that of each."""
    return state if ranks.is_alone else ranks.gather(ranks.count, state.unsqueeze(0))[0]


def restore_random(generator: torch.Generator, state: Tensor, ranks: Ranks = ALONE) -> None:
    """Puts a generator where another was.

    Args:
        generator: to be set.
        state: of the other, as `random_state` gives it; or a seed, a scalar, of a fresh stream.
        ranks: that have one each.

    Raises:
        RuntimeError: the state is none of the generator's device.
        ValueError: it is of another number of ranks.
    """
    if not state.dim():
        generator.manual_seed(ranks.seed(int(state)))
        return
    if state.dim() == 1 and ranks.is_alone:
        generator.set_state(state.to(torch.uint8))
        return
    if state.dim() != 2 or len(state) != ranks.count:
        raise ValueError(f"random states of {ranks.count} ranks are needed, got shape {tuple(state.shape)}")
    # A copy, as it reads from the beginning of the memory, whatever the row.
    generator.set_state(state[ranks.rank].to(torch.uint8).clone())


def text_of(array: Tensor) -> str:
    """A text from its bytes in UTF-8, uint8, shape (n,)."""
    return array.to(torch.uint8).numpy().tobytes().decode()

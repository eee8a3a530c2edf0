"""Ranks: processes that share one ensemble, each with a part of its chains and of the data.

Configurations stay where they are. What decisions are made by, some numbers for each chain, is made whole on every
rank, and the formulas are those of one process. The decisions themselves are those of rank 0: processors round
differently, and ranks that went different ways would wait for each other for ever. So every rank sends the same
messages in the same order, however far their clocks and their roundings are apart.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any, NamedTuple, Protocol, TypeVar

import torch
from torch import Tensor

T = TypeVar("T")

TIMEOUT = 60.0
"""Seconds after which a rank that does not answer is given up."""

GLOO_CONNECTION = "gloo/transport"
"""Folder of gloo's sources that an error of a connection names."""

BRIEFLY = 2.0
"""Seconds for words between ranks of which one is to end."""

MOST_DIRECTLY = 2**18
"""Bytes of a sum on the host up to which the first rank receives them all, adds them up and sends the sum to each.

In a ring of gloo every rank sends and receives at once. Where it has one core for that, the thread that receives
interrupts the one that sends, and asks again and again for the lock that this one holds, until its time slice is
over: 2 ms for a sum of any size. One way at a time that does not happen.
"""

POLLING = 0.01
"""Seconds between two looks at who has come."""


class RankLostError(RuntimeError):
    """Another rank has ended, or does not answer within `TIMEOUT`."""


class Channel(Protocol):
    """Messages between the ranks."""

    def sum(self, buffer: Tensor) -> Tensor:
        """Sum of the buffers of all ranks, the same bits on each; the buffer may be written over."""
        ...

    def first(self, buffer: Tensor) -> Callable[[], Tensor]:
        """Sends the buffer of rank 0; returns what waits for it.

        The buffers are of the same type and length, and may be written over. Further messages may be sent meanwhile.
        """
        ...

    def exchange(self, sent: Tensor, to: Sequence[int], came: Sequence[int]) -> Tensor:
        """Rows that the ranks send to this one, in their order.

        Args:
            sent: rows for each rank in turn, shape (Σ to, width).
            to: how many for each.
            came: how many of each come here.
        """
        ...

    def leave_word(self, rank: int, text: str) -> None:
        """Leaves a text of a rank for those that it does not answer any more."""
        ...

    def word(self, rank: int) -> str | None:
        """Text that a rank has left; None where it has left none, or nothing can be read any more."""
        ...


class _Rider(NamedTuple):
    """Tensor that goes along with the next sum.

    Attributes:
        place: where the sum is written.
        sent: what this rank adds to it, same shape.
    """

    place: Tensor
    sent: Tensor


class Ranks:
    """Ranks as one of them sees them. A single one sends nothing, and is given back what it gives.

    Args:
        rank: number of this one, from 0.
        count: how many there are.
        channel: between them; None where there is one.

    Attributes:
        seconds: spent on messages so far, waiting for slower ranks included.
        sent: bytes that this rank has sent so far, in rings.
        messages: number of them.
    """

    def __init__(self, rank: int = 0, count: int = 1, channel: Channel | None = None) -> None:
        self.rank = rank
        self.count = count
        self._channel = channel
        self.seconds = self.sent = 0.0
        self.messages = 0
        self._riding: list[_Rider] = []

    @property
    def is_first(self) -> bool:
        """True of the rank that decides, records and speaks."""
        return self.rank == 0

    @property
    def is_alone(self) -> bool:
        """True where there is one rank."""
        return self.count == 1

    def slices(self, n: int) -> list[slice]:
        """Of n rows those of each rank, as evenly as it goes."""
        least, more = divmod(n, self.count)
        ends = [least * (rank + 1) + min(rank + 1, more) for rank in range(self.count)]
        return [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]

    def own(self, n: int) -> slice:
        """Of n rows those of this rank."""
        return self.slices(n)[self.rank]

    def share(self, n: int) -> int:
        """Number of rows of this rank, of n."""
        own = self.own(n)
        return own.stop - own.start

    def generator(self, device: torch.device, seed: int) -> torch.Generator:
        """Random numbers of this rank, of its own stream of a seed that all share."""
        return torch.Generator(device).manual_seed(self.seed(seed))

    def seed(self, seed: int) -> int:
        """Seed of this rank's own stream of a seed that all share."""
        return stream_seed(seed, self.rank)

    def sum(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """Sums over all ranks, of tensors of the same shapes, in one message.

        What is to go along with the next message (`mean_later`, `first_later`) goes along with one of floats, on the
        same device.
        """
        if self.is_alone:
            return tensors
        riders = self._boarding(tensors)
        everything = [*tensors, *(rider.sent for rider in riders)]
        together = torch.cat([tensor.detach().flatten() for tensor in everything])
        size = together.nbytes * 2 * (self.count - 1) / self.count
        whole = self._send(size, lambda channel: channel.sum(together))
        parts = whole.split([tensor.numel() for tensor in everything])
        for rider, part in zip(riders, parts[len(tensors) :], strict=True):
            rider.place.copy_(part.view(rider.place.shape))
        return tuple(p.view(t.shape).to(t.dtype) for p, t in zip(parts, tensors, strict=False))

    def _boarding(self, tensors: Sequence[Tensor]) -> list[_Rider]:
        """Takes off the list what can go along with these tensors."""
        device = tensors[0].device
        if not all(tensor.is_floating_point() for tensor in tensors):
            return []
        here = [rider for rider in self._riding if rider.place.device == device]
        self._riding = [rider for rider in self._riding if rider.place.device != device]
        return here

    def mean_later(self, *tensors: Tensor) -> None:
        """Makes tensors their means over the ranks once the next `sum` comes by, or `settle` is called.

        No message of its own: for what nobody asks for at once. Until then they are those of this rank.

        Args:
            tensors: of floats, which are written over.
        """
        if not self.is_alone:
            self._riding += [_Rider(tensor, tensor / self.count) for tensor in tensors]

    def first_later(self, *tensors: Tensor) -> None:
        """Makes tensors those of rank 0, as `mean_later` their means."""
        if not self.is_alone:
            self._riding += [_Rider(tensor, self.of_first(tensor).clone()) for tensor in tensors]

    def of_first(self, tensor: Tensor) -> Tensor:
        """A tensor on rank 0, zeros elsewhere: their `sum` is that of rank 0."""
        return tensor if self.is_first else torch.zeros_like(tensor)

    def settle(self, tensor: Tensor | None = None) -> None:
        """Sends what was to go along with the next message; no message where there is nothing.

        Args:
            tensor: is all that is asked for; None for all there is.
        """
        while self._riding and (tensor is None or any(rider.place is tensor for rider in self._riding)):
            self.sum(self._riding[0].place.new_zeros(0))

    def placed(self, part: Tensor, n: int, rows: slice | None = None) -> Tensor:
        """Rows of this rank among zeros for those of all others, shape (n, …): their `sum` is whole.

        Args:
            part: the rows, shape (own, …).
            n: rows of all ranks.
            rows: their places; None for those of `own`.
        """
        if self.is_alone:
            return part
        whole = part.new_zeros(n, *part.shape[1:])
        whole[self.own(n) if rows is None else rows] = part
        return whole

    def gather(self, n: int, *parts: Tensor, rows: slice | None = None) -> tuple[Tensor, ...]:
        """Rows of all ranks, shapes (n, …), in one message; arguments as of `placed`."""
        return self.sum(*(self.placed(part, n, rows) for part in parts))

    def gather_columns(self, n: int, *parts: Tensor) -> tuple[Tensor, ...]:
        """The same along the second axis, shapes (…, n, …)."""
        if self.is_alone:
            return parts
        whole = self.gather(n, *(part.transpose(0, 1) for part in parts))
        return tuple(part.transpose(0, 1).contiguous() for part in whole)

    def first(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """Tensors of rank 0, to the last bit, in one message; those of the others say type and shape."""
        return self.begin_first(*tensors)()

    def begin_first(self, *tensors: Tensor) -> Callable[[], tuple[Tensor, ...]]:
        """Sends what `first` sends; returns what waits for it, while which ranks may compute, but send nothing."""
        if self.is_alone:
            return lambda: tensors
        flat = [tensor.detach().contiguous().flatten().view(torch.uint8) for tensor in tensors]
        together = torch.cat(flat)
        size = together.nbytes * (self.count - 1) / self.count
        arrival = self._send(size, lambda channel: channel.first(together))

        def wait() -> tuple[Tensor, ...]:
            with self._timed():
                whole = arrival().split([len(part) for part in flat])
            return tuple(p.clone().view(t.dtype).view(t.shape) for p, t in zip(whole, tensors, strict=True))

        return wait

    def agreed(self, *numbers: float) -> tuple[float, ...]:
        """Numbers of rank 0, by which all of them then decide."""
        if self.is_alone:
            return numbers
        return tuple(self.first(torch.tensor(numbers, dtype=torch.float64))[0].tolist())

    def total(self, *numbers: float) -> tuple[float, ...]:
        """Sums of numbers over all ranks."""
        if self.is_alone:
            return numbers
        return tuple(self.sum(torch.tensor(numbers, dtype=torch.float64))[0].tolist())

    def leave_word(self, text: str) -> None:
        """Leaves a text for the others, before this rank ends and answers no more."""
        channel = self._channel
        if channel is not None:
            _briefly(lambda: channel.leave_word(self.rank, text))

    def words(self) -> dict[int, str]:
        """Texts that ranks have left, by their numbers, as far as they can be read."""
        channel, found = self._channel, dict[int, str]()
        if channel is None:
            return found

        def look() -> None:
            for rank in range(self.count):
                text = channel.word(rank)
                if text is not None:
                    found[rank] = text

        _briefly(look)
        return dict(found)

    def meet(self) -> None:
        """Waits until all ranks have come so far."""
        self.total(0.0)

    def select(self, wanted: Tensor, *parts: Tensor) -> tuple[Tensor, ...]:
        """Copies of rows that this rank goes on with; those of other ranks travel, all others stay.

        Args:
            wanted: rows of all ranks for the places of all ranks, int64, on the host, shape (n,), the same on each.
            parts: the rows here, shapes (own, …), of floats.
        """
        if self.is_alone:
            return tuple(part[wanted.to(part.device)] for part in parts)
        places = self.slices(len(wanted))
        ends = torch.tensor([place.stop for place in places])
        owners = torch.searchsorted(ends, wanted, right=True)
        start, device = places[self.rank].start, parts[0].device

        def here(rows: Tensor) -> Tensor:
            return (rows - start).to(device)

        table = torch.cat([part.reshape(len(part), -1) for part in parts], dim=1)
        asked = [wanted[place][owners[place] == self.rank] for place in places]
        own = owners[places[self.rank]]
        to = [0 if rank == self.rank else len(rows) for rank, rows in enumerate(asked)]
        came = [0 if rank == self.rank else int((own == rank).sum()) for rank in range(self.count)]
        moving = torch.cat([rows for rank, rows in enumerate(asked) if rank != self.rank])
        sent = table[here(moving)]
        received = self._send(sent.nbytes, lambda channel: channel.exchange(sent, to, came))
        chosen = torch.empty(len(own), table.shape[1], dtype=table.dtype, device=device)
        stays = own == self.rank
        chosen[stays.to(device)] = table[here(asked[self.rank])]
        by_sender = torch.cat(
            [(own == rank).nonzero()[:, 0] for rank in range(self.count) if rank != self.rank]
        )
        chosen[by_sender.to(device)] = received
        found = chosen.split([part[:1].numel() for part in parts], dim=1)
        return tuple(f.reshape(-1, *p.shape[1:]).to(p.dtype) for f, p in zip(found, parts, strict=True))

    def _send(self, size: float, message: Callable[[Channel], T]) -> T:
        assert self._channel is not None
        with self._timed():
            found = message(self._channel)
        self.sent += size
        self.messages += 1
        return found

    @contextmanager
    def _timed(self) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds += time.perf_counter() - start


def _briefly(work: Callable[[], None]) -> None:
    """Does work that may wait for a machine which cannot be reached, and leaves it after `BRIEFLY`."""
    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    worker.join(BRIEFLY)


ALONE = Ranks()
"""The single process."""


def stream_seed(seed: int, number: int) -> int:
    """Seed of a stream of random numbers, from 0 to 2⁶³ − 1; the first is that of the seed itself.

    Generators of the host look at the last 32 bits of a seed alone: seeds far apart need not differ in these.

    Args:
        seed: that all streams have in common.
        number: of the stream, from 0.

    Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014).
    """
    if not number:
        return seed
    z = (seed + number * 0x9E3779B97F4A7C15) % 2**64
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
    return (z ^ (z >> 31)) >> 1


def near(drawn: Tensor, ranks: Ranks) -> Tensor:
    """Draws of n rows in an order in which as few as can be leave their rank, int64, same shape.

    Each row that goes on keeps its place. Further draws of it take places of its rank that have become free, and only
    what is left then goes to other ranks. Which place a draw has is nothing that its distribution depends on.

    Args:
        drawn: rows, on the host, shape (n,).
        ranks: whose rows they are.

    Example:
        >>> near(torch.tensor([0, 0, 0, 3]), Ranks(0, 2))
        tensor([0, 0, 0, 3])
    """
    n = len(drawn)
    left = torch.bincount(drawn, minlength=n)
    places = torch.where(left > 0, torch.arange(n), -1)
    left = (left - 1).clamp_min(0)
    for own in (*ranks.slices(n), slice(0, n)):
        rows = torch.arange(own.start, own.stop)
        further, free = rows.repeat_interleave(left[own]), rows[places[own] < 0]
        taken = min(len(further), len(free))
        places[free[:taken]] = further[:taken]
        left = left - torch.bincount(further[:taken], minlength=n)
    return places


class Processes:
    """Messages by torch.distributed: gloo on the host, NCCL between CUDA devices.

    Args:
        store: of torch.distributed, in which ranks leave their words.
    """

    def __init__(self, store: Any) -> None:
        import torch.distributed as distributed

        self._distributed = distributed
        self._store = store

    def sum(self, buffer: Tensor) -> Tensor:
        """Sum of the buffers of all ranks."""
        others = self._distributed.get_world_size() - 1
        with _told():
            if buffer.is_cpu and buffer.nbytes * others <= MOST_DIRECTLY:
                self._sum_by_first(buffer)
            else:
                self._distributed.all_reduce(buffer)
        return buffer

    def _sum_by_first(self, buffer: Tensor) -> None:
        """Makes the buffers their sum, which the first rank takes in the order of the ranks and sends to all."""
        distributed = self._distributed
        if distributed.get_rank():
            # Awaited from the start, as it is sent without asking then; it comes when all of the buffer has arrived.
            arrival = distributed.irecv(buffer, 0)
            distributed.send(buffer, 0)
            arrival.wait()
            return
        others = range(1, distributed.get_world_size())
        parts = [torch.empty_like(buffer) for _ in others]
        arrivals = [distributed.irecv(part, rank) for part, rank in zip(parts, others, strict=True)]
        for part, arrival in zip(parts, arrivals, strict=True):
            arrival.wait()
            buffer += part
        for sending in [distributed.isend(buffer, rank) for rank in others]:
            sending.wait()

    def first(self, buffer: Tensor) -> Callable[[], Tensor]:
        """Sends the buffer of rank 0."""
        with _told():
            sending = self._distributed.broadcast(buffer, 0, async_op=True)

        def wait() -> Tensor:
            with _told():
                sending.wait()
            return buffer

        return wait

    def exchange(self, sent: Tensor, to: Sequence[int], came: Sequence[int]) -> Tensor:
        """Rows that the ranks send to this one."""
        received = sent.new_empty(sum(came), sent.shape[1])
        with _told():
            self._distributed.all_to_all_single(received, sent.contiguous(), list(came), list(to))
        return received

    def leave_word(self, rank: int, text: str) -> None:
        """Leaves a text of a rank, where the store can still be reached."""
        with suppress(RuntimeError):
            self._store.set(f"word/{rank}", text)

    def word(self, rank: int) -> str | None:
        """Text that a rank has left."""
        with suppress(RuntimeError):
            if self._store.check([f"word/{rank}"]):
                return str(self._store.get(f"word/{rank}").decode())
        return None


@contextmanager
def _told() -> Iterator[None]:
    """Turns what a broken connection raises into `RankLostError`; any other error is what it is."""
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, RankLostError) or not _is_of_connection(error):
            raise
        raise RankLostError(f"another rank has ended, or has not answered for {TIMEOUT:.0f} s") from error


def _is_of_connection(error: RuntimeError) -> bool:
    """True if an error comes from the connection between ranks: gloo has no type for these, but says the place."""
    import torch.distributed as distributed

    return isinstance(error, distributed.DistError) or GLOO_CONNECTION in str(error)


def join(device: torch.device) -> Ranks:
    """The ranks that torchrun has started, once all of them are there.

    Args:
        device: that this one computes on.

    Raises:
        RankLostError: they are not all there within `TIMEOUT`.
        ValueError: ranks cannot share such a device.
    """
    if device.type not in ("cpu", "cuda"):
        raise ValueError(f"ranks compute on CPUs or CUDA devices, not on {device}; choose --device cpu")
    import torch.distributed as distributed

    backend = "gloo" if device.type == "cpu" else "cpu:gloo,cuda:nccl"
    if device.type == "cuda":
        torch.cuda.set_device(device)
    timeout = timedelta(seconds=TIMEOUT)
    with _told():
        store, rank, count = next(distributed.rendezvous("env://", timeout=timeout))
        store = distributed.PrefixStore(_name_of_start(store, rank, count), store)
        distributed.init_process_group(backend, timeout=timeout, store=store, rank=rank, world_size=count)
    return Ranks(rank, count, Processes(store))


def _name_of_start(store: Any, rank: int, count: int) -> str:
    """Name that no earlier start of the ranks had, which the first rank chooses.

    torchrun keeps the store of ranks that it starts anew; the addresses that they have left in it lead nowhere. So
    each asks by a name of its own for that of the start: no old answer goes by it.
    """
    own = uuid.uuid4().hex
    if rank:
        store.set(f"ask/{rank}", own)
        name = str(store.get(f"answer/{own}").decode())
        store.set(f"here/{name}/{rank}", "")
        return name
    missing, end = list(range(1, count)), time.monotonic() + TIMEOUT
    while missing:
        if time.monotonic() > end:
            raise RankLostError(f"ranks {', '.join(map(str, missing))} have not come within {TIMEOUT:.0f} s")
        for other in missing:
            if store.check([f"ask/{other}"]):
                store.set(f"answer/{store.get(f'ask/{other}').decode()}", own)
        missing = [other for other in missing if not store.check([f"here/{own}/{other}"])]
        time.sleep(POLLING)
    return own


def leave() -> None:
    """Ends what `join` has begun."""
    import torch.distributed as distributed

    if distributed.is_initialized():
        distributed.destroy_process_group()

"""A stand-in for a GPU: a device that is the CPU in disguise, and fails or counts where a GPU would fail or wait.

Tensors of the device lie in the CPU's memory, and their storages are marked, so that views and results written in
place stay what they are. The device is called "cpu:0"; "cpu", which torch takes for another one, is the host. A
function mode makes tensors say where they are, and sees what torch's Python functions are asked for; a dispatch mode
under it sees each operation, those of a backward pass too.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar
from unittest import mock

import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

import landscape_app

HOST = torch.device("cpu")
DEVICE = torch.device("cpu", 0)

_DOUBLE = (torch.float64, torch.complex128)
_APPLICATION = str(Path(landscape_app.__file__).parent)
_aten = torch.ops.aten

_WAITS = {
    # Their result, or its size, is known on the host only when the device has done all that it was told.
    _aten._local_scalar_dense.default,
    _aten._linalg_check_errors.default,
    _aten.is_nonzero.default,
    _aten.equal.default,
    _aten.nonzero.default,
    _aten.masked_select.default,
    _aten._unique2.default,
    _aten.unique_dim.default,
    _aten.unique_consecutive.default,
    _aten.repeat_interleave.Tensor,
    _aten.bincount.default,
}
_SCALARS_FROM_THE_HOST = {
    _aten.index_put_.default,
    _aten.index_put.default,
    _aten._index_put_impl_.default,
    _aten.fill_.Tensor,
}
"""Besides pointwise operations: what takes a number that lies on the host."""

_INDEXING = {_aten.index.Tensor, _aten.index_put_.default, _aten.index_put.default}

_Generator = torch.Generator


class DeviceRuleError(AssertionError):
    """Code does what a GPU cannot do, or what makes the host wait for it unannounced."""


class DeviceGenerator(_Generator):
    """A random state of the device."""

    @property
    def device(self) -> torch.device:
        """Where it draws."""
        return DEVICE


class _AnyGenerator(_Generator):
    """`torch.Generator` meanwhile: of the device where that is asked for."""

    def __new__(cls, device: torch.device | str = "cpu") -> torch.Generator:
        kind = DeviceGenerator if torch.device(device) == DEVICE else _Generator
        return kind.__new__(kind, HOST)


class StandInDevice:
    """Gives a session the stand-in device while it is entered.

    Raises where a tensor of the device is float64, where an operation mixes tensors of host and device (numbers
    without an axis may come from the host, as torch has it), where a generator is of the wrong kind, and where the
    host waits for the device but in `host.read_back`.

    Args:
        counting: count read-backs wherever they are and forgive everything: of code that knows no such rule.

    Attributes:
        read_backs: transfers from the device to the host.
        uploads: transfers from the host to the device.
        places: where in the application each of them was asked for, as "room/file.py:line", and how often.
        forgiven: what was against the rule but only counted, with its place.
    """

    entered: ClassVar[StandInDevice | None] = None

    def __init__(self, counting: bool = False) -> None:
        self.counting = counting
        self.read_backs = self.uploads = 0
        self.places: Counter[str] = Counter()
        self.forgiven: Counter[str] = Counter()
        self._marked: dict[int, StorageWeakRef] = {}
        self._most_marked = 10_000
        self._reading = False
        self._stack = ExitStack()

    def __enter__(self) -> StandInDevice:
        from landscape_app.session import session

        original = session.resolve_device

        def resolve_device(name: str = "auto", *rest: Any) -> Any:
            found = original(name, *rest)
            return DEVICE if isinstance(found, torch.device) else found._replace(device=DEVICE)

        enter = self._stack.enter_context
        enter(mock.patch.object(session, "resolve_device", resolve_device))
        enter(mock.patch.object(torch, "Generator", _AnyGenerator))
        with suppress(ImportError):
            from landscape_app.physics import host

            enter(mock.patch.object(host, "transfer", self._transfer(host.transfer)))
        enter(_Operations(self))
        enter(_Functions(self))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def reset(self) -> None:
        """Counts from zero."""
        self.read_backs = self.uploads = 0
        self.places.clear()

    def holds(self, tensor: Tensor) -> bool:
        """Whether a tensor lies on the device."""
        with torch._C.DisableTorchFunction():
            return tensor.untyped_storage()._cdata in self._marked

    def mark(self, tensor: Tensor) -> Tensor:
        """The same tensor, on the device from now on."""
        if tensor.dtype in _DOUBLE:
            self.refuse(f"a tensor of {tensor.dtype} on the device")
        with torch._C.DisableTorchFunction():
            storage = tensor.untyped_storage()
            if storage._cdata not in self._marked:
                if len(self._marked) > self._most_marked:
                    self._marked = {key: ref for key, ref in self._marked.items() if not ref.expired()}
                    self._most_marked = max(10_000, 2 * len(self._marked))
                self._marked[storage._cdata] = StorageWeakRef(storage)
        return tensor

    def on_host(self, tensor: Tensor, what: str) -> Tensor:
        """A copy on the host, which counts as a read-back."""
        self.wait(what)
        with torch._C.DisableTorchFunction():
            copy = tensor.clone()
            self._marked.pop(copy.untyped_storage()._cdata, None)
        return copy

    def on_device(self, tensor: Tensor) -> Tensor:
        """A copy on the device, which counts as an upload."""
        self.upload()
        if tensor.dtype in _DOUBLE:
            self.refuse(
                f"an upload of {tensor.dtype}, which not every device can take even where it is converted"
            )
        with torch._C.DisableTorchFunction():
            return self.mark(tensor.clone())

    def wait(self, what: str) -> None:
        """Counts a read-back, and refuses it where it is not announced."""
        if self._reading:
            return
        self.read_backs += 1
        self.places[_place()] += 1
        self.refuse(f"the host waits for the device: {what} (read it with host.read_back)")

    def upload(self) -> None:
        """Counts an upload."""
        self.uploads += 1
        self.places[f"upload {_place()}"] += 1

    def refuse(self, what: str) -> None:
        """Fails, unless things are only counted."""
        if not self.counting:
            raise DeviceRuleError(what)
        self.forgiven[f"{_place()}: {what}"] += 1

    def _transfer(self, original: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        """The one place where the application reads back."""

        def transfer(tensor: Tensor) -> Tensor:
            if not self.holds(tensor):
                return original(tensor)
            self.read_backs += 1
            self.places[_place()] += 1
            with self._announced():
                return original(tensor)

        return transfer

    @contextmanager
    def _announced(self) -> Iterator[None]:
        self._reading = True
        try:
            yield
        finally:
            self._reading = False


def _place() -> str:
    """The innermost line of the application but its one function that reads back."""
    frame = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(_APPLICATION) and not file.endswith("host.py"):
            return f"{Path(file).relative_to(_APPLICATION)}:{frame.f_lineno}"
        if frame.f_back is None:
            return "elsewhere"
        frame = frame.f_back
    return "elsewhere"


def _tensors_in(value: object) -> list[Tensor]:
    """Tensors of an operation's arguments or results, in order: `tree_leaves` is slower than they are."""
    found: list[Tensor] = []
    _gather((value,), found)
    return found


def _gather(parts: Iterable[object], found: list[Tensor]) -> None:
    for part in parts:
        if isinstance(part, Tensor):
            found.append(part)
        elif isinstance(part, (tuple, list)):
            _gather(part, found)
        elif isinstance(part, dict):
            _gather(part.values(), found)


class _Functions(TorchFunctionMode):
    """Torch as Python calls it: where tensors are, how they move, and what draws random numbers."""

    def __init__(self, stand_in: StandInDevice) -> None:
        super().__init__()
        self._device = stand_in
        base = torch._C.TensorBase
        self._special: dict[object, Callable[..., Any]] = {
            base.cpu: self._cpu,
            base.to: self._to,
            base.numpy: self._to_numpy,
            base.tolist: self._to_list,
            Tensor.__array__: self._to_array,
            Tensor.__deepcopy__: self._deep_copy,
        }
        self._getters = {id(base.device): self._where, id(base.is_cpu): lambda x: not stand_in.holds(x)}

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        getter = self._getters.get(id(getattr(function, "__self__", None)))
        if getter is not None and function.__name__ == "__get__":
            return getter(args[0])
        special = self._special.get(function)
        if special is not None:
            return special(*args, **kwargs)
        device = kwargs.get("device")
        wanted = torch.device(device) == DEVICE if isinstance(device, str | torch.device) else False
        for value in (*args, *kwargs.values()):
            if isinstance(value, _Generator):
                self._check_generator(value, args, wanted)
        if not wanted:
            return function(*args, **kwargs)
        result = function(*args, **(kwargs | {"device": HOST}))
        if function in (torch.tensor, torch.as_tensor, torch.asarray):
            data = args[0] if args else kwargs["data"]
            if isinstance(data, Tensor) and self._device.holds(data):
                return result
            if getattr(data, "dtype", None) in ("float64", torch.float64):
                self._device.refuse("an upload of float64, which not every device can take")
            return self._device.on_device(result)
        return self._device.mark(result)

    def _check_generator(self, generator: torch.Generator, args: tuple[Any, ...], wanted: bool) -> None:
        there = wanted or any(isinstance(value, Tensor) and self._device.holds(value) for value in args)
        if there != isinstance(generator, DeviceGenerator):
            self._device.refuse(f"a generator on {generator.device} for numbers elsewhere")

    def _where(self, tensor: Tensor) -> torch.device:
        return DEVICE if self._device.holds(tensor) else HOST

    def _cpu(self, tensor: Tensor, **options: Any) -> Tensor:
        return self._device.on_host(tensor, ".cpu()") if self._device.holds(tensor) else tensor

    def _to(self, tensor: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        copy = kwargs.pop("copy", False)
        if args and isinstance(args[0], Tensor):
            device, dtype = self._where(args[0]), args[0].dtype
        else:
            device, dtype, _, _ = torch._C._nn._parse_to(*args, **kwargs)
        held = self._device.holds(tensor)
        if device is not None and held and device == HOST:
            tensor = self._device.on_host(tensor, ".to() of the host")
        elif device is not None and not held and device == DEVICE:
            tensor = self._device.on_device(tensor)
        return tensor.to(dtype or tensor.dtype, copy=copy)

    def _to_numpy(self, tensor: Tensor, **options: Any) -> Any:
        return self._readable(tensor, ".numpy()").numpy(**options)

    def _to_list(self, tensor: Tensor) -> Any:
        return self._readable(tensor, ".tolist()").tolist()

    def _to_array(self, tensor: Tensor, *args: Any, **kwargs: Any) -> Any:
        return self._readable(tensor, "conversion to NumPy").__array__(*args, **kwargs)

    def _deep_copy(self, tensor: Tensor, memo: dict[int, Any]) -> Tensor:
        """A copy on the same side, which torch makes storage by storage."""
        if id(tensor) in memo or not self._device.holds(tensor):
            return tensor.__deepcopy__(memo)
        copy = self._device.mark(tensor.detach().clone()).requires_grad_(tensor.requires_grad)
        memo[id(tensor)] = copy
        return copy

    def _readable(self, tensor: Tensor, what: str) -> Tensor:
        if not self._device.holds(tensor):
            return tensor
        if what != ".tolist()":
            self._device.refuse(f"{what} of a tensor on the device")
        return self._device.on_host(tensor, what)


class _Operations(TorchDispatchMode):
    """Each operation as the device would get it."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing is compiled here, and to keep it from that torch would load its compiler, which takes seconds."""
        return False

    def __init__(self, stand_in: StandInDevice) -> None:
        super().__init__()
        self._device = stand_in

    def __torch_dispatch__(
        self, operation: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        device, kwargs = self._device, kwargs or {}
        tensors = _tensors_in((args, kwargs))
        held = [device.holds(tensor) for tensor in tensors]
        if not any(held):
            result = operation(*args, **kwargs)
            if kwargs.get("device") == DEVICE:
                for tensor in _tensors_in(result):
                    device.mark(tensor)
            return result
        if operation is _aten.copy_.default and not all(held):
            if held[1]:
                device.wait("a copy to the host")
                return operation(*args, **kwargs)
            if tensors[1].dim():
                device.upload()
                if tensors[1].dtype in _DOUBLE:
                    device.refuse("an upload of float64, which not every device can take")
        elif not all(held):
            self._check_mixed(operation, args, tensors, held)
        if self._waits(operation, args, kwargs):
            device.wait(str(operation))
        result = operation(*args, **kwargs)
        for tensor in _tensors_in(result):
            device.mark(tensor)
        return result

    def _check_mixed(
        self, operation: Any, args: tuple[Any, ...], tensors: list[Tensor], held: list[bool]
    ) -> None:
        if operation in _INDEXING and held[0]:
            # Numbers of rows may come from the host, which uploads them.
            rows = [index for index in args[1] if index is not None and not self._device.holds(index)]
            for _ in rows:
                self._device.upload()
            strangers = {id(index) for index in rows}
            held = [there or id(tensor) in strangers for tensor, there in zip(tensors, held, strict=True)]
            if all(held):
                return
        may = torch.Tag.pointwise in operation.tags or operation in _SCALARS_FROM_THE_HOST
        strangers = [tensor for tensor, there in zip(tensors, held, strict=True) if not there]
        if not (may and held[0] | (tensors[0].dim() == 0) and all(tensor.dim() == 0 for tensor in strangers)):
            shapes = ", ".join(str(tuple(tensor.shape)) for tensor in strangers)
            self._device.refuse(
                f"{operation} mixes tensors of the device with those of the host, of shape {shapes}"
            )

    def _waits(self, operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        if operation in _WAITS:
            return True
        if operation in (_aten.index.Tensor, _aten.index_put_.default, _aten.index_put.default):
            masks = [i for i in args[1] if i is not None and i.dtype == torch.bool and self._device.holds(i)]
            # A single number is filled in where the mask is.
            fills = (
                operation is not _aten.index.Tensor
                and args[2].numel() == 1
                and not self._device.holds(args[2])
            )
            return bool(masks) and not fills
        if operation is _aten.multinomial.default:
            # Without replacement, or of one draw, torch checks the probabilities first.
            replacement = args[2] if len(args) > 2 else kwargs.get("replacement", False)
            return args[1] == 1 or not replacement
        return False

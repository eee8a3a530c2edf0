"""JSON that comes from outside, read as what it must be; pydantic is loaded with the first, not at the start."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")


def adapter_of(kind: type[T]) -> TypeAdapter[T]:
    """Reader and writer of a type, which is made once; what it cannot read is a ValueError."""
    # mypy takes no type for hashable.
    adapter: TypeAdapter[T] = _made(kind)  # type: ignore[arg-type]
    return adapter


@functools.cache
def _made(kind: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)

"""Landscape: train energy-based models, watch their Markov chains and steer what they generate.

What a script needs is imported from here, and loaded when it is first used:

- `load_data`, `new_session`, `open_session`, `train`, `save`: a model from data to file, and back;
- `energy`, `gradient`: H(x) and its slope;
- `Composition`, `Layer`, `fields`: what is added to H; `Session.steer` puts chains on it, `sample` draws from it;
- `diagnose`: whether chains reach equilibrium, and the entropy with its error.

`docs/examples.md` shows them at work.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from landscape_app.version import __version__

if TYPE_CHECKING:
    from landscape_app.data import Dataset
    from landscape_app.physics import fields
    from landscape_app.session import (
        Composition,
        Layer,
        Session,
        diagnose,
        energy,
        gradient,
        load_data,
        new_session,
        open_session,
        sample,
        train,
    )
    from landscape_app.session import save_session as save

__all__ = [
    "Composition",
    "Dataset",
    "Layer",
    "Session",
    "__version__",
    "diagnose",
    "energy",
    "fields",
    "gradient",
    "load_data",
    "new_session",
    "open_session",
    "sample",
    "save",
    "train",
]

_ELSEWHERE = {
    "Dataset": ("data", "Dataset"),
    "fields": ("physics", "fields"),
    "save": ("session", "save_session"),
}
"""Room and name there of what is not under its own name in the room `session`."""


def __getattr__(name: str) -> object:
    """Loads a public name when it is first asked for: a command that only shows its help waits for no torch."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room, inner = _ELSEWHERE.get(name, ("session", name))
    # A module of a room, such as `fields`, becomes an attribute of it when it is imported.
    module = importlib.import_module(f"{__name__}.{room}")
    found = getattr(module, inner, None) or importlib.import_module(f"{module.__name__}.{inner}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

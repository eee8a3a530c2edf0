"""Landscape: train energy-based models, watch their Markov chains and steer what they generate.

What a script needs is imported from here, and loaded when it is first used:

- `load_data`, `new_session`, `open_session`, `train`, `save`: a model from data to file, and back;
- `energy_session`: a model whose energy is yours, a formula or a Python file, or of couplings in a file;
- `energy`, `gradient`: H(x) and its slope;
- `Composition`, `Layer`, `fields`: what is added to H; `Session.steer` puts chains on it, `sample` draws from it;
- `score`: −log P of your own images or rows, and whether they are out of distribution;
- `observables`: what each observable responds to, its multiplier, and the residual of its constraint;
- `average`: one model of several that were trained apart on the same data;
- `branch`: a run from an earlier epoch of another, with other settings;
- `cross_validate`: test nats of models of few data;
- `diagnose`: whether chains reach equilibrium, and the entropy with its error;
- `diagnose_chains`: what the draws of chains show that another program made.

`docs/examples.md` shows them at work.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from landscape_app.version import __version__

if TYPE_CHECKING:
    from landscape_app.data import Dataset
    from landscape_app.physics import fields
    from landscape_app.session.api import (
        average,
        branch,
        cross_validate,
        diagnose,
        diagnose_chains,
        energy,
        energy_session,
        gradient,
        new_session,
        observables,
        sample,
        score,
        train,
    )
    from landscape_app.session.checkpoint import open_session
    from landscape_app.session.checkpoint import save_session as save
    from landscape_app.session.composition import Composition, Layer
    from landscape_app.session.load import load_data
    from landscape_app.session.session import Session

__all__ = [
    "Composition",
    "Dataset",
    "Layer",
    "Session",
    "__version__",
    "average",
    "branch",
    "cross_validate",
    "diagnose",
    "diagnose_chains",
    "energy",
    "energy_session",
    "fields",
    "gradient",
    "load_data",
    "new_session",
    "observables",
    "open_session",
    "sample",
    "save",
    "score",
    "train",
]

_HOMES = {
    "Composition": "session.composition",
    "Dataset": "data.dataset",
    "Layer": "session.composition",
    "Session": "session.session",
    "fields": "physics.fields",
    "load_data": "session.load",
    "open_session": "session.checkpoint",
    "save": "session.checkpoint",
}
"""Module of each public name that is not in `session.api`."""


def __getattr__(name: str) -> object:
    """Loads a public name when it is first asked for: a command that only shows its help waits for no torch."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{_HOMES.get(name, 'session.api')}")
    found = module if name == "fields" else getattr(module, "save_session" if name == "save" else name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

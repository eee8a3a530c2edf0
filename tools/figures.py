"""Pictures of kernels and fields for the reference, made from the program whenever the site is built."""

from __future__ import annotations

import io
from functools import cache

import numpy as np
import torch
from PIL import Image

from landscape_app.data import asset_path, load_digits
from landscape_app.experiments.figure import Curve, Panel, Points, Role
from landscape_app.experiments.render import PAPER, miniature
from landscape_app.physics.chains import Chains
from landscape_app.physics.fields import KINDS, ClassCondition, Field, InkAmount, SimilarityTo
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import KERNELS, make_kernel
from landscape_app.physics.lattice import Ising
from landscape_app.physics.space import Spins
from landscape_app.physics.square_lattice import onsager_energy
from landscape_app.physics.surfaces import Banana
from landscape_app.problems.model import uniform_base
from landscape_app.session.checkpoint import open_session
from landscape_app.session.composition import Composition, Layer

SIZE = 3.6, 2.2, 120.0
"""Width and height of a kernel's picture in inches, and dots per inch."""

TUNING, STEPS = 100, 60
"""Steps that a kernel is tuned for in the plane, and those that its picture shows."""

SIDE, LATTICES, TEMPERATURE = 32, 8, 2.0
"""Of the lattices that kernels of spins move: sites along an edge, number, and T in J; below T_c."""

SHOWN, SCALE, SPACE = 12, 4, 2
"""Images of a field's picture in a row, pixels of the screen to one of theirs, and between them."""


@cache
def pictures() -> dict[str, bytes]:
    """All of them as PNG, by their path in the site."""
    kernels = {f"reference/kernels/{name}.png": _kernel(name) for name in KERNELS}
    fields = {f"reference/fields/{name}.png": picture for name, picture in _fields().items()}
    return {path: picture for path, picture in kernels.items() if picture is not None} | fields


def _kernel(name: str) -> bytes | None:
    """A chain in a bent valley, or the energy of spins on their way from noise; None for a kernel of other data."""
    kind = KERNELS[name]
    generator = torch.Generator().manual_seed(0)
    valley = Banana()
    target = Target(uniform_base(valley.space), Hamiltonian((WeightedTerm(1.0, valley),)))
    spins = Spins((SIDE, SIDE))
    lattice = Target(
        uniform_base(spins), Hamiltonian((WeightedTerm(1.0, Ising((SIDE, SIDE), 1 / TEMPERATURE)),))
    )
    try:
        chains = Chains(torch.zeros(1, 2) - 2.0, target, make_kernel(name, target), generator)
    except ValueError:
        chains = None
    if chains is not None:
        chains.run(TUNING)
        chains.adapt = False
        path = [chains.x[0].clone()]
        for _ in range(STEPS):
            chains.run(1)
            path.append(chains.x[0].clone())
        x, y = torch.stack(path).T.numpy()
        ground = np.linspace(-4.5, 4.5, 60)
        valley_line = Curve(ground, valley.bend * ground**2 - valley.drop, role=Role.TRUTH)
        marks = (valley_line, Curve(x, y, role=Role.MODEL), Points(x, y, role=Role.MODEL, size=3.0))
        return _drawn(Panel(f"{STEPS} steps", marks, "x", "y", x_range=(-5.0, 5.0), y_range=(-5.0, 5.0)))
    try:
        start = lattice.base_measure.sample(LATTICES, generator)
        moved = Chains(start, lattice, make_kernel(name, lattice), generator)
    except ValueError:
        return None
    energies = []
    for _ in range(STEPS):
        energies.append(float(moved.energy.mean()) * TEMPERATURE / SIDE**2)
        moved.run(1)
    exact = float(onsager_energy(np.array(TEMPERATURE)))
    steps = np.arange(STEPS, dtype=float)
    curves = (
        Curve(steps, np.full(STEPS, exact), role=Role.TRUTH, dashed=True),
        Curve(steps, np.array(energies), role=Role.MODEL),
    )
    return _drawn(Panel(kind.label, curves, "step", "energy per spin, J"))


def _drawn(panel: Panel) -> bytes:
    found = io.BytesIO()
    Image.fromarray(miniature(panel, PAPER, *SIZE)).save(found, "PNG")
    return found.getvalue()


def _fields() -> dict[str, bytes]:
    """Held-out digits of least V in the upper row, of largest V in the lower one, by the kind of field."""
    digits = load_digits()
    images = torch.from_numpy(digits.held_out_items).float()
    likeness = tuple(tuple(int(level) for level in row) for row in digits.training_items[0])
    examples: dict[str, Field] = {
        "class": ClassCondition((7,)),
        "ink": InkAmount(0.3),
        "similarity": SimilarityTo(likeness),
    }
    session = open_session(asset_path("digits-model.h5"), device="cpu")
    found = {}
    for name in ("class", "ink", "symmetry", "similarity", "smoothness"):
        layer = Layer(examples.get(name) or KINDS[name](), 1.0)
        (field,) = session.composer.fields(Composition((layer,)))
        with torch.no_grad():
            order = field.term.energy(images).argsort()
        rows = [
            np.hstack([_framed(images[i].numpy()) for i in chosen])
            for chosen in (order[:SHOWN], order[-SHOWN:])
        ]
        picture = io.BytesIO()
        Image.fromarray(np.vstack(rows)).save(picture, "PNG", optimize=True)
        found[name] = picture.getvalue()
    return found


def _framed(image: np.ndarray) -> np.ndarray:
    """An image of 17 levels in grey, enlarged, with space around it."""
    grey = (255 - image * (255 / 16)).astype(np.uint8)
    return np.pad(grey.repeat(SCALE, 0).repeat(SCALE, 1), SPACE, constant_values=200)

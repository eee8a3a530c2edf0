"""A measurement of the entropy that is under way, to and from the arrays of its run's file: to the last bit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from landscape_app.physics.entropy import LadderEnergies, RecordedEnergies
from landscape_app.physics.host import to_host
from landscape_app.session.device import restore_generator
from landscape_app.session.entropy_meter import RECORDED_STEPS, EntropyMeter, UnderWay

GROUP = "measuring"
NONE_UNDER_WAY = -1


def measuring_arrays(meter: EntropyMeter, names: list[str]) -> dict[str, np.ndarray]:
    """What the meter has under way, by path in the file.

    Args:
        meter: whose.
        names: of the model's parameters.
    """
    now = meter.under_way
    recorded = None if now is None or now.energies is None else now.energies.on_host()
    counts = [
        meter.risen,
        meter.evaluations,
        NONE_UNDER_WAY if now is None else now.settled,
        0 if now is None else now.epoch,
        0 if recorded is None else len(recorded.energy),
    ]
    arrays = {
        "counts": np.array(counts, np.int64),
        "seconds": np.array(meter.seconds),
        "random": meter.ladder.generator.get_state().numpy(),
    }
    if now is not None:
        state = meter.ladder.state
        arrays |= {
            f"parameters/{name}": _host(value) for name, value in zip(names, now.parameters, strict=True)
        }
        arrays["energy"] = _host(state.energy)
        if state.gradient is not None:
            arrays["gradient"] = _host(state.gradient)
    if recorded is not None:
        arrays["recorded_energy"] = _host(recorded.energy)
        arrays["recorded_log_q"] = _host(recorded.log_q)
    return {f"{GROUP}/{name}": array for name, array in arrays.items()}


def restore_measuring(
    meter: EntropyMeter,
    arrays: Mapping[str, np.ndarray],
    parameters: Mapping[str, Tensor],
    saved_on: str,
    fresh: int,
) -> bool:
    """Lets the meter, its ladder restored, go on with what was under way; whether the file says anything of that.

    Args:
        meter: of the session that is restored.
        arrays: of the file, by path.
        parameters: the model's, by name, of the shapes that the file's must have.
        saved_on: kind of the device on which the file was written.
        fresh: seed of the random numbers where this device is of another kind.

    Raises:
        KeyError, TypeError, RuntimeError or ValueError: it is not whole.
    """
    if not any(path.startswith(f"{GROUP}/") for path in arrays):
        return False
    counts = arrays[f"{GROUP}/counts"]
    if counts.shape != (5,) or counts.dtype.kind not in "iu":
        raise ValueError(f"{GROUP}/counts must be five whole numbers")
    meter.risen, meter.evaluations, settled, epoch, recorded = counts.tolist()
    meter.seconds = _numbers(arrays, "seconds", ()).item()
    restore_generator(meter.ladder.generator, arrays[f"{GROUP}/random"], saved_on, fresh)
    if settled == NONE_UNDER_WAY:
        return True
    ladder = meter.ladder
    state = ladder.state
    values = [
        _numbers(arrays, f"parameters/{name}", tuple(like.shape)).to(like.device)
        for name, like in parameters.items()
    ]
    gradient = state.gradient
    if gradient is not None:
        gradient = _numbers(arrays, "gradient", tuple(gradient.shape)).float().to(gradient.device)
    energy = _numbers(arrays, "energy", tuple(state.energy.shape)).float().to(state.energy.device)
    energies = None
    if recorded:
        energies = RecordedEnergies(
            ladder,
            RECORDED_STEPS,
            LadderEnergies(
                to_host(ladder.betas),
                _numbers(arrays, "recorded_energy", (recorded, ladder.replicas, ladder.columns)),
                _numbers(arrays, "recorded_log_q", (recorded, ladder.columns)),
            ),
        )
    meter.go_on(UnderWay(epoch, values, settled, energies), state.x, energy, gradient)
    return True


def _numbers(arrays: Mapping[str, np.ndarray], name: str, shape: tuple[int, ...]) -> Tensor:
    """An array of finite numbers of a shape, on the host."""
    array = arrays[f"{GROUP}/{name}"]
    if tuple(array.shape) != shape:
        raise ValueError(f"{GROUP}/{name} has shape {tuple(array.shape)}, expected {shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{GROUP}/{name} has numbers that are not finite")
    return torch.as_tensor(array)


def _host(tensor: Tensor) -> np.ndarray:
    return to_host(tensor).numpy()

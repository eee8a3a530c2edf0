"""Files of user-defined fields: read without running, refused with the reason, run once they are trusted."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from landscape_app.physics.fields.custom import FieldError
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.custom_field import EXAMPLE, read_source
from landscape_app.session.session import Session

NewSession = Callable[..., Session]


def field_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "tilt.py"
    path.write_text(text)
    return path


def test_a_user_defined_field_acts_once_it_is_trusted(new_session: NewSession, tmp_path: Path) -> None:
    session = new_session(chains=256, sampler_chains=64)
    path = field_file(tmp_path, EXAMPLE)
    field = session.composer.trust(read_source(path))
    assert (field.path, field.label) == (str(path), "tilt")
    session.steer(Composition((Layer(field, 3.0),)))
    x = session.sampler.chains.x
    tilt = (x[:, :4].mean((1, 2)) - x[:, 4:].mean((1, 2))).abs()
    expected = session.model_energy(x) + 3 * tilt
    torch.testing.assert_close(session.sampler.chains.energy, expected, rtol=1e-4, atol=1e-4)


def test_reading_a_file_runs_nothing_of_it(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    text = f"open({json.dumps(str(mark))}, 'w')\ndef energy(x):\n    return x.sum((1, 2))\n"
    source = read_source(field_file(tmp_path, text))
    assert len(source.digest) == 64
    assert not mark.exists()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("def energy(x:\n", "is no Python"),
        ("def other(x):\n    return x\n", r"needs a function energy\(x\); the file defines other"),
        ("\0", "is no Python"),
    ],
)
def test_a_file_without_an_energy_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(FieldError, match=complaint):
        read_source(field_file(tmp_path, text))
    with pytest.raises(FieldError, match="cannot be read"):
        read_source(tmp_path / "missing.py")


def test_a_file_that_fails_to_load_says_why(new_session: NewSession, tmp_path: Path) -> None:
    session = new_session(chains=64, sampler_chains=8)
    source = read_source(field_file(tmp_path, "import nowhere_at_all\ndef energy(x):\n    return x\n"))
    with pytest.raises(FieldError, match="failed to load: ModuleNotFoundError"):
        session.composer.trust(source)


def test_chains_keep_their_last_valid_states_when_a_user_defined_field_errs(
    new_session: NewSession, tmp_path: Path
) -> None:
    session = new_session(chains=128, sampler_chains=16)
    path = field_file(
        tmp_path,
        "calls = []\ndef energy(x):\n    calls.append(1)\n    e = x.sum((1, 2))\n"
        "    return e / 0 if len(calls) > 60 else e * 0\n",
    )
    session.steer(Composition((Layer(session.composer.trust(read_source(path)), 1.0),)))
    seen = []

    def walk() -> None:
        for _ in session.sample():
            seen.append(session.sampler.chains.x.clone())

    with pytest.raises(FieldError, match="“tilt” gave an energy that is not finite"):
        walk()
    assert torch.equal(session.sampler.chains.x, seen[-1])
    assert bool(session.space.contains(seen[-1]).all())

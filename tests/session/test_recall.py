"""Coupled spins that remember patterns: damaged starts, falls, minima with names, passes, by enumeration."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from landscape_app.data.patterns import of_patterns
from landscape_app.models.memories import Damage, Likeness
from landscape_app.problems import PROBLEMS
from landscape_app.problems.letters import LETTERS
from landscape_app.session import journal
from landscape_app.session.journal import Entry, Journal
from landscape_app.session.landscape.barrier import BarrierSearch
from landscape_app.session.landscape.minima import MinimaSearch
from landscape_app.session.script import script_of
from landscape_app.session.session import Session
from tests.physics.passes import pass_between

SIDES = (2, 5)
SPINS = 10


def remembering(patterns: np.ndarray | None = None, fit: str = "hebb", chains: int = 20) -> Session:
    """A session whose couplings remember patterns, by default the letters."""
    plan = replace(LETTERS.defaults, fit=fit, chains=16)
    dataset = None if patterns is None else of_patterns("mine", patterns)
    session = Session(plan, "cpu", sampler_chains=chains, dataset=dataset)
    next(session.train())
    session.rest()
    session.sampler.steer(session.composition)
    return session


def small() -> np.ndarray:
    return (2 * np.random.default_rng(1).integers(0, 2, (3, *SIDES)) - 1).astype(np.int8)


def energies(session: Session) -> np.ndarray:
    """E of all states of the small network by the double sum, the last spin fastest, float64."""
    s = np.array(list(itertools.product((-1, 1), repeat=SPINS)), float)
    xi = session.dataset.training_items.reshape(-1, SPINS).astype(float)
    couplings = xi.T @ xi / SPINS
    np.fill_diagonal(couplings, 0.0)
    energy: np.ndarray = -0.5 * ((s @ couplings) * s).sum(1)
    return energy


def neighbours() -> np.ndarray:
    """For each state the states with one spin turned."""
    at = np.arange(2**SPINS)[:, None]
    found: np.ndarray = at ^ (1 << np.arange(SPINS))
    return found


def lowest_pass(energy: np.ndarray, a: int, b: int) -> float:
    """The lowest energy at which states join two of them by single spins: states are flooded from below."""
    beside, root = neighbours(), np.full(len(energy), -1)

    def find(i: int) -> int:
        while root[i] != i:
            i = int(root[i])
        return i

    for state in np.argsort(energy, kind="stable").tolist():
        root[state] = state
        for other in beside[state]:
            if root[other] >= 0:
                root[find(int(other))] = find(state)
        if root[a] >= 0 and root[b] >= 0 and find(a) == find(b):
            return float(energy[state])
    raise AssertionError("they are never joined")


def number_of(spins: np.ndarray) -> int:
    return int("".join("1" if s > 0 else "0" for s in spins.ravel()), 2)


def test_minima_below_all_states_are_those_of_the_enumeration_and_bear_names() -> None:
    session = remembering(small())
    energy = energies(session)
    expected = {int(i) for i in np.flatnonzero((energy[neighbours()] >= energy[:, None] - 1e-3).all(1))}
    states = session.space.enumerate()  # type: ignore[attr-defined]
    search = MinimaSearch(
        session.model.target,
        session.training_items,
        states,
        lowest=40,
        memories=session.memories,
    )
    *_, record = search.run()
    found = {number_of(image.astype(int)) for image in record.images}
    assert found == expected
    assert record.by_single_spins
    assert {name.likeness for name in record.names} >= {Likeness.PATTERN, Likeness.REVERSED}
    for image, name, overlaps in zip(record.images, record.names, record.overlaps, strict=True):
        spins = 2.0 * image.ravel() - 1
        xi = session.dataset.training_items.reshape(3, -1).astype(float)
        np.testing.assert_allclose(overlaps, xi @ spins / SPINS)
        if name.likeness is Likeness.PATTERN:
            assert overlaps[int(name.short) - 1] >= 0.9
    assert record.tree is not None
    lowest = record.energies.min()
    for a, b in itertools.combinations(range(min(6, len(record.images))), 2):
        exact = lowest_pass(
            energy, number_of(record.images[a].astype(int)), number_of(record.images[b].astype(int))
        )
        above = exact - energy.min() + lowest
        # No walk is lower; on so few spins those along the bands are the lowest.
        assert pass_between(record.tree, a, b) == pytest.approx(above, abs=1e-3)


def test_a_barrier_between_patterns_turns_one_spin_at_a_time() -> None:
    session = remembering()
    *_, record = BarrierSearch(
        session.model.target, session.training_items, session.training_items[[0, 2]]
    ).run()
    assert record.by_single_spins
    turned = np.abs(np.diff(record.images.reshape(len(record.images), -1), axis=0)).sum(1)
    np.testing.assert_array_equal(turned, 1)
    spins = torch.from_numpy(2 * record.images - 1)
    surprisal = (
        session.model.target.surprisal(spins) - session.model.target.surprisal(session.training_items).mean()
    )
    np.testing.assert_allclose(record.energy, surprisal, atol=1e-3)
    assert record.top[1] == record.energy[int(record.minima[0]) : int(record.minima[1]) + 1].max()
    assert record.walk_top == pytest.approx(record.top[1], abs=1e-3)


def test_damaged_letters_fall_back_and_their_overlaps_say_so() -> None:
    session = remembering(fit="projection", chains=40)
    session.sampler.start_from_pattern(3, Damage(noise=0.1))
    started = session.snapshot(training=False).overlaps
    assert started is not None
    np.testing.assert_allclose(started[:, 3], 1 - 2 * 6 / 64, atol=1e-6)
    assert session.sampler.ancestors.tolist() == [3] * 40
    fall = session.sampler.fall()
    assert fall.has_settled
    ended = session.snapshot(training=False).overlaps
    assert ended is not None
    assert (ended[:, 3] > 0.99).mean() > 0.9
    assert session.memories is not None
    np.testing.assert_allclose(ended, session.memories.overlaps(session.sampler.chains.x.numpy()), atol=1e-6)


def test_one_chain_starts_and_falls_and_the_others_stay() -> None:
    session = remembering(fit="projection")
    before = session.sampler.chains.x.clone()
    session.sampler.start_from_pattern(1, Damage(hidden="top"), chain=4)
    session.sampler.fall(chain=4)
    changed = (session.sampler.chains.x != before).flatten(1).any(1)
    assert changed.nonzero().flatten().tolist() == [4]


def test_what_cannot_be_started_is_refused() -> None:
    session = remembering()
    for pattern, chain, message in ((6, None, "there are 6"), (0, 20, "there is no chain 21")):
        with pytest.raises(ValueError, match=message):
            session.sampler.start_from_pattern(pattern, chain=chain)


def test_data_of_many_items_are_no_memories() -> None:
    session = Session(LETTERS.defaults, "cpu", sampler_chains=4, dataset=of_patterns("mine", small()))
    assert session.memories is not None
    assert session.memories.called(2) == "3"
    ising = Session(PROBLEMS["ising"].defaults, "cpu", sampler_chains=4)
    assert ising.memories is None
    assert ising.snapshot(training=False).overlaps is None
    with pytest.raises(ValueError, match="remembers none"):
        ising.sampler.start_from_pattern(0)


def test_the_journal_and_the_script_tell_of_recall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    entries = [
        Entry(0, journal.Began(problem="letters")),
        Entry(1, journal.StartedFromPattern(2, 0.25, "", "", 0)),
        Entry(1, journal.StartedFromPattern(0, 0.0, "left", "", 3)),
        Entry(1, journal.StartedFromPattern(1, 0.0, "", "", 0)),
        Entry(1, journal.FellAtZero(0)),
        Entry(1, journal.FellAtZero(3)),
    ]
    assert list(Journal.from_json(Journal(entries).to_json()).entries) == entries
    script = script_of(entries, 1)
    assert "from landscape_app.models.memories import Damage\n" in script
    for line in (
        "session.sampler.start_from_pattern(2, Damage(0.25))",
        'session.sampler.start_from_pattern(0, Damage(hidden="left"), chain=2)',
        "session.sampler.start_from_pattern(1)",
        "session.sampler.fall()",
        "session.sampler.fall(chain=2)",
    ):
        assert f"\n{line}\n" in script
    exec(compile(script, "script", "exec"), {})

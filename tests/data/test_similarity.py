"""Aligned sequences count less where others are nearly the same."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from landscape_app.data.importing import Table, TableOptions, import_table, open_source
from landscape_app.data.importing import similarity as module
from landscape_app.data.importing.similarity import similarity_weights

RANDOM = np.random.default_rng(0)


def family(count: int, positions: int, letters: int = 5) -> np.ndarray:
    """Descendants of a few sequences, with some of their letters changed."""
    roots = RANDOM.integers(0, letters, (6, positions))
    found = roots[RANDOM.integers(0, 6, count)]
    changes = RANDOM.random(found.shape) < RANDOM.choice([0.02, 0.1, 0.5], (count, 1))
    return np.where(changes, RANDOM.integers(0, letters, found.shape), found)


@pytest.mark.parametrize("similarity", [0.8, 0.5, 1.0, 0.7])
def test_weights_are_those_of_counting_pair_by_pair(
    similarity: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BLOCK", 16)
    letters = family(50, 20)
    told: list[float] = []
    found = similarity_weights(letters, similarity, told.append)
    same = (letters[:, None] == letters[None]).sum(2)
    assert found == pytest.approx(1 / (same >= round(similarity * 20)).sum(1))
    assert told == sorted(told)
    assert told[-1] == 1


def test_a_share_of_no_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        similarity_weights(family(4, 5), 0.0)


def aligned(path: Path, texts: list[str]) -> Table:
    path.write_text("".join(f">s{i}\n{text}\n" for i, text in enumerate(texts)))
    table = open_source(path)
    assert isinstance(table, Table)
    return table


def test_alignments_are_weighed_unless_all_shall_count_alike(tmp_path: Path) -> None:
    letters = family(60, 30)
    letters[:, 4] = 2
    table = aligned(tmp_path / "family.fasta", ["".join(np.array(list("ACDE-"))[row]) for row in letters])
    options = TableOptions.proposed(table)
    assert options.similarity == 0.8
    done = import_table(table, options)
    # Positions where all are the same count too.
    weights = similarity_weights(letters)
    assert done.dataset.weights == pytest.approx(weights)
    assert done.as_json()["effective_items"] == pytest.approx(weights.sum())
    assert any(f"worth Meff = {weights.sum():.1f}" in told for told in done.warnings)
    assert import_table(table, replace(options, similarity=None)).dataset.weights is None


def test_unknown_nucleotides_are_gaps_and_not_asparagine(tmp_path: Path) -> None:
    table = aligned(tmp_path / "genes.fasta", ["ACGTNACTGA", "ACTT-AGTGA", "CCGAACGCGA", "GCRAATGTCA"])
    found = [column.values() for column in table.columns]
    assert {letter for values in found for letter in values} == set("ACGT-")
    proteins = aligned(tmp_path / "proteins.fasta", ["NKWXL", "NRYAL", "DKWGV", "NKFAI"])
    assert proteins.columns[0].values() == ("D", "N")
    assert "-" in proteins.columns[3].values()

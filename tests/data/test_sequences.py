"""Aligned sequences in texts."""

from __future__ import annotations

import pytest

from landscape_app.data.importing.sequences import alignment_in

ROWS = ("ACDE-FGH", "ACDEKFGH", "AC-EKFGH")

TEXTS = {
    "FASTA": "".join(f">{i}\n{row[:4]}\n{row[4:]}\n" for i, row in enumerate(ROWS)),
    "PHYLIP": " 3 8\n" + "".join(f"name{i} {row}\n" for i, row in enumerate(ROWS)),
    "Clustal": "CLUSTAL W\n\n" + "".join(f"name{i} {row}\n" for i, row in enumerate(ROWS)),
    "Stockholm": "# STOCKHOLM 1.0\n" + "".join(f"name{i} {row}\n" for i, row in enumerate(ROWS)) + "//\n",
    "lines alone": "".join(f"{row}\n" for row in ROWS),
}


@pytest.mark.parametrize("layout", TEXTS)
def test_every_layout_gives_the_same_alignment(layout: str) -> None:
    alignment = alignment_in(TEXTS[layout], "file")
    assert alignment is not None
    assert alignment.sequences == ROWS
    assert not alignment.odd


def test_lines_of_letters_of_many_lengths_are_no_alignment() -> None:
    assert alignment_in("ACDEFGHIK\nACDEFGHIKLM\nACDEFGHI\nACDEFGHI\n", "file") is None

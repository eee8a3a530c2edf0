"""Glossary and papers: whole, searched, and each link an address of its own."""

import re
from itertools import pairwise

import pytest
from pytestqt.qtbot import QtBot

from landscape_app.gui.help.glossary import (
    GLOSSARY,
    PAPERS,
    GlossaryDialog,
    PapersDialog,
    page_text,
    read_terms,
)

LONGEST_SENTENCE = 160


def test_every_term_has_one_sentence_and_one_equation_and_stands_in_its_place() -> None:
    terms = read_terms(page_text(GLOSSARY))
    assert len(terms) > 40
    for term in terms:
        assert term.sentence.endswith(".")
        assert len(re.findall(r"[.!?](?= [A-Z])", term.sentence)) == 0, term.name
        assert len(term.sentence) <= LONGEST_SENTENCE, term.name
        assert "\n" not in term.sentence + term.equation
    for before, after in pairwise(terms):
        assert before.name.lower() < after.name.lower(), after.name


def test_a_term_that_lacks_a_part_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Energy.*needs a sentence and an equation"):
        read_terms("# Glossary\n\n## Energy\n\nIt is low.\n")


def test_terms_are_searched_by_name_words_and_signs(qtbot: QtBot) -> None:
    dialog = GlossaryDialog()
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.found.text() == f"{len(dialog.terms)} terms"
    qtbot.keyClicks(dialog.search, "Replica")
    text = dialog.page.toPlainText()
    assert text.startswith("Replica")
    assert "Ladder" in text
    assert "Hopfield" not in text
    dialog.search.setText("Jᵢⱼ")
    assert "Ising" not in dialog.page.toPlainText()
    assert "Boltzmann machine" in dialog.page.toPlainText()
    dialog.search.setText("flux capacitor")
    assert dialog.found.text() == "No term has “flux capacitor”"


def test_every_paper_has_a_year_and_a_link_that_says_where_it_leads(qtbot: QtBot) -> None:
    papers = re.split(r"\n(?=- )", page_text(PAPERS))[1:]
    assert len(papers) > 15
    links = set()
    for paper in papers:
        (name, address), *others = re.findall(r"\[((?:doi|arXiv):[^\]]+)\]\((https://\S+)\)", paper)
        assert not others
        kind, _, identifier = name.partition(":")
        shown = address.replace("%28", "(").replace("%29", ")")
        assert shown == {"doi": "https://doi.org/", "arXiv": "https://arxiv.org/abs/"}[kind] + identifier
        assert re.search(r"\(\d{4}\)", paper)
        links.add(address)
    assert len(links) == len(papers)
    dialog = PapersDialog()
    qtbot.addWidget(dialog)
    assert dialog.page.toPlainText().startswith("The method")
    assert dialog.page.openExternalLinks()

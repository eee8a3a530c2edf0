"""Texts in the language of the person: every text of the code has its translation, with the same values in it."""

import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import polib
import pytest
from PySide6.QtCore import QSettings

from landscape_app import language
from landscape_app.counting import counted
from landscape_app.data import asset_path, translated_asset
from landscape_app.gui.chosen_language import SETTING, begin_language, chosen_language
from landscape_app.gui.help.glossary import GLOSSARY, Term, page_text, read_terms
from landscape_app.gui.lessons.lesson import ENDING, SHIPPED, TOUR, Step, shipped_lesson
from landscape_app.gui.widgets.plots import Series, write_csv
from landscape_app.language import (
    ENGLISH,
    FOLDER,
    LANGUAGES,
    VARIABLE,
    english_of,
    in_english,
    joined,
    set_language,
    tr,
)
from landscape_app.physics.diagnostics import diagnose
from landscape_app.physics.fields import SimilarityTo
from landscape_app.physics.matching import match
from tools.translations import Text, fields, texts, texts_of, updated

CATALOGUES = sorted(FOLDER.glob("*.po"))
MARKUP = re.compile(r"</?[a-z]+|&\w+;")
TRANSLATED = sorted(set(LANGUAGES) - {ENGLISH})


@pytest.fixture(autouse=True)
def english_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, ENGLISH)
    monkeypatch.setattr(language, "_translations", language._translations)


def catalogue(folder: Path, *entries: polib.POEntry) -> Path:
    """A file of translations with these entries."""
    file = polib.POFile()
    file.metadata = {
        "Content-Type": "text/plain; charset=UTF-8",
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    }
    file.extend(entries)
    path = folder / "xx.po"
    file.save(str(path))
    return path


def test_every_language_but_english_has_a_catalogue() -> None:
    assert {path.stem for path in CATALOGUES} == set(LANGUAGES) - {ENGLISH}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_a_catalogue_translates_every_text_and_has_no_others(path: Path) -> None:
    file = polib.pofile(str(path))
    assert {Text(entry.msgid, entry.msgid_plural) for entry in file} == set(texts()), (
        "run python -m tools.translations"
    )
    assert [entry.msgid for entry in file.untranslated_entries()] == []
    assert [entry.msgid for entry in file.fuzzy_entries()] == []
    assert len({entry.msgid for entry in file}) == len(file)


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_translations_have_the_values_and_the_marks_of_their_texts(path: Path) -> None:
    for entry in polib.pofile(str(path)):
        if entry.msgid_plural:
            continue
        assert fields_of(entry.msgstr) == fields_of(entry.msgid), entry.msgid
        assert sorted(MARKUP.findall(entry.msgstr)) == sorted(MARKUP.findall(entry.msgid)), entry.msgid
        assert entry.msgstr.endswith(("…", "…:")) == entry.msgid.endswith(("…", "…:")), entry.msgid


def fields_of(text: str) -> set[str]:
    """Names of places; of a text with braces of other kinds, none."""
    try:
        return fields(text)
    except ValueError:
        return set()


def test_texts_come_in_the_language_with_their_values(tmp_path: Path) -> None:
    set_language(
        str(
            catalogue(
                tmp_path,
                polib.POEntry(msgid="Epoch {epoch} of {planned}", msgstr="{planned} Epochen, die {epoch}."),
                polib.POEntry(msgid="chain", msgid_plural="chains", msgstr_plural={0: "Kette", 1: "Ketten"}),
            )
        )
    )
    assert tr("Epoch {epoch} of {planned}", epoch=3, planned=9) == "9 Epochen, die 3."
    assert (counted(1, "chain"), counted(1200, "chain")) == ("1 Kette", "1,200 Ketten")
    assert tr("chain") == "Kette"
    assert tr("Not in it, {name}", name="as it is") == "Not in it, as it is"
    assert tr("") == ""


def test_what_files_keep_is_english(tmp_path: Path) -> None:
    set_language(
        str(
            catalogue(
                tmp_path,
                polib.POEntry(msgid="{pixels} fixed", msgstr="{pixels} fest"),
                polib.POEntry(msgid="pixel", msgid_plural="pixels", msgstr_plural={0: "Pixel", 1: "Pixel"}),
            )
        )
    )
    with in_english():
        assert tr("{pixels} fixed", pixels=counted(3, "pixel")) == "3 pixels fixed"
        assert counted(1, "pixel") == "1 pixel"
    assert tr("{pixels} fixed", pixels=counted(3, "pixel")) == "3 Pixel fest"


def test_a_text_in_the_language_knows_its_english(tmp_path: Path) -> None:
    set_language(
        str(
            catalogue(
                tmp_path,
                polib.POEntry(msgid="{chains} left out: {why}", msgstr="{chains} ausgelassen: {why}"),
                polib.POEntry(msgid="frozen", msgstr="eingefroren"),
                polib.POEntry(msgid="chain", msgid_plural="chains", msgstr_plural={0: "Kette", 1: "Ketten"}),
            )
        )
    )
    chains, why = counted(2, "chain"), tr("frozen")
    text = tr("{chains} left out: {why}", chains=chains, why=why)
    assert text == "2 Ketten ausgelassen: eingefroren"
    for same in (text, str(ValueError(text)), pickle.loads(pickle.dumps(text))):
        assert english_of(same) == "2 chains left out: frozen"
    with in_english():
        assert tr("{chains} left out: {why}", chains=chains, why=why) == "2 chains left out: frozen"
    assert english_of(tr("Not in it, {why}", why=why)) == "Not in it, frozen"
    assert english_of("as it is") == "as it is"


@pytest.mark.parametrize("mixed", [True, False])
def test_verdicts_on_chains_and_on_the_model_know_their_english(mixed: bool) -> None:
    random = np.random.default_rng(1)
    draws = random.normal(size=(12, 200)) + (0 if mixed else np.repeat([0, 0, 3], 4)[:, None])
    of_chains, of_data = {"energy": draws + 5, "ink": draws + 4}, dict.fromkeys(("energy", "ink"), draws[0])
    starts = np.repeat(["noise", "data", "hot"], 4)

    def verdicts() -> tuple[str, str]:
        constant = {"magnetisation": np.ones((12, 200)), "mean number": np.ones((12, 200))}
        diagnosis = diagnose({"energy": draws, **constant}, 0.5, groups=starts)
        return diagnosis.sentence, match(of_chains, of_data, mixed=mixed).sentence

    in_language_of_code = verdicts()
    set_language("de")
    german = verdicts()
    assert "weggelassen" in german[0] or "ausgelassen" in german[0]
    assert all(a != b for a, b in zip(german, in_language_of_code, strict=True))
    assert tuple(map(english_of, german)) == in_language_of_code


def test_texts_that_are_joined_know_their_english(tmp_path: Path) -> None:
    set_language(str(catalogue(tmp_path, polib.POEntry(msgid="frozen", msgstr="eingefroren"))))
    text = joined("; ", [tr("frozen"), "1"])
    assert (text, english_of(text), joined(", ", [])) == ("eingefroren; 1", "frozen; 1", "")


def test_heads_of_tables_that_plots_write_are_english(tmp_path: Path) -> None:
    set_language(
        str(
            catalogue(
                tmp_path,
                polib.POEntry(msgid="Epoch", msgstr="Epoche"),
                polib.POEntry(msgid="validation", msgstr="Validierung"),
            )
        )
    )
    table = tmp_path / "plot.csv"
    write_csv(table, [Series((tr("Epoch"), np.arange(2)), ((tr("validation"), np.zeros(2)),))])
    assert table.read_text(encoding="utf-8-sig").splitlines()[0] == "Epoch,validation"


def test_where_an_image_is_from_is_stored_in_english_and_shown_in_the_language(tmp_path: Path) -> None:
    set_language(
        str(
            catalogue(
                tmp_path,
                polib.POEntry(msgid="training image {number}", msgstr="Trainingsbild {number}"),
                polib.POEntry(msgid="like {source}", msgstr="wie {source}"),
            )
        )
    )
    field = SimilarityTo(((0, 1), (1, 0)), "training image 12")
    assert (field.label, field.source) == ("wie Trainingsbild 12", "training image 12")
    assert english_of(field.label) == "like training image 12"


def test_a_translation_that_names_other_values_is_not_used(tmp_path: Path) -> None:
    set_language(str(catalogue(tmp_path, polib.POEntry(msgid="{count} left", msgstr="{cuont} übrig"))))
    assert tr("{count} left", count=3) == "3 left"


@pytest.mark.parametrize("content", [None, "this is no catalogue"])
def test_a_language_that_cannot_be_had_is_told_and_texts_are_english(
    tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "xx.po"
    if content is not None:
        path.write_text(content)
    with pytest.warns(UserWarning, match="Texts are English"):
        set_language(str(path))
    assert tr("Train") == "Train"


def test_the_environment_chooses_the_language_of_a_process(tmp_path: Path) -> None:
    path = catalogue(tmp_path, polib.POEntry(msgid="Train", msgstr="Trainieren"))
    command = [sys.executable, "-c", "from landscape_app.language import tr; print(tr('Train'))"]
    environment = {**os.environ, VARIABLE: str(path)}
    assert (
        subprocess.run(command, env=environment, capture_output=True, text=True).stdout.strip()
        == "Trainieren"
    )


def test_units_beside_symbols_come_in_the_language() -> None:
    """In a process of its own, as heads of tables are translated when their module is imported."""
    script = (
        "from PySide6.QtWidgets import QApplication, QLabel; application = QApplication([])\n"
        "from landscape_app.gui.training.hidden_units import HiddenTable\n"
        "from landscape_app.gui.training.observables_window import COLUMNS\n"
        "from landscape_app.gui.widgets.surface.shades import Quantity\n"
        "table = HiddenTable()\n"
        "print(*(label.text() for label in table.findChildren(QLabel)), *(head for head, _ in COLUMNS), sep='\\n')\n"
        "print(*(quantity.unit(1) for quantity in Quantity), sep='\\n')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, VARIABLE: "de", "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=True,
    )
    shown = done.stdout.splitlines()
    assert {"Nats", "λσ, Nats", "H (Nats)", "−log p (Nats)"} <= set(shown)
    assert not [text for text in shown if "nats" in text]


def test_the_window_takes_the_language_that_was_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    settings.setValue(SETTING, "de")
    assert chosen_language(settings) == "de"
    settings.setValue(SETTING, "xx")
    assert chosen_language(settings) == ENGLISH
    begin_language()
    assert os.environ[VARIABLE] == ENGLISH


def test_a_text_that_is_put_together_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text('tr(f"{count} left")')
    with pytest.raises(ValueError, match="one constant"):
        list(texts_of(path))


def test_nouns_that_are_counted_elsewhere_are_collected(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text('plot(counts="second" if by_time else "epoch")\nwords(site="spin")')
    assert {text for _, text in texts_of(path)} == {
        Text("second", "seconds"),
        Text("epoch", "epochs"),
        Text("spin", "spins"),
    }


def test_a_catalogue_is_brought_up_to_date() -> None:
    old = polib.POFile()
    old.append(polib.POEntry(msgid="Train", msgstr="Trainieren"))
    old.append(polib.POEntry(msgid="Gone", msgstr="Weg"))
    new = updated(old, {Text("Train"): ["a.py"], Text("chain", "chains"): ["b.py"]})
    assert [(entry.msgid, entry.msgstr) for entry in new] == [("Train", "Trainieren"), ("chain", "")]
    assert new[1].msgstr_plural == {0: "", 1: ""}


@pytest.mark.parametrize("language_of_lessons", TRANSLATED)
@pytest.mark.parametrize("name", [TOUR, *SHIPPED])
def test_a_lesson_in_the_language_has_the_steps_conditions_and_answers_of_the_english_one(
    monkeypatch: pytest.MonkeyPatch, name: str, language_of_lessons: str
) -> None:
    english = shipped_lesson(name)
    monkeypatch.setenv(VARIABLE, language_of_lessons)
    assert translated_asset(f"lessons/{name}{ENDING}").parent.name == language_of_lessons
    lesson = shipped_lesson(name)
    assert lesson.title
    assert lesson.about != english.about
    # Its progress goes on in another language.
    assert lesson.name == english.name == name
    for step, before in zip(lesson.steps, english.steps, strict=True):
        assert (step.points, step.do, step.read) == (before.points, before.do, before.read), step.title
        assert (step.later, step.begin) == (before.later, before.begin), step.title
        assert [choice.is_right for choice in step.choices] == [choice.is_right for choice in before.choices]
        for part, whole in zip(_texts_of(step), _texts_of(before), strict=True):
            assert bool(part) == bool(whole), step.title
            assert part.count("**") % 2 == 0, part
            assert len(part) <= 1.4 * len(whole) + 25, part


def _texts_of(step: Step) -> list[str]:
    choices = [part for choice in step.choices for part in (choice.text, choice.because)]
    return [step.title, step.text, step.right, step.wrong, step.missing, step.first, *choices]


@pytest.mark.parametrize("language_of_terms", TRANSLATED)
def test_the_glossary_in_the_language_has_as_many_terms_and_the_same_equations(
    monkeypatch: pytest.MonkeyPatch, language_of_terms: str
) -> None:
    english = read_terms(page_text(GLOSSARY))
    monkeypatch.setenv(VARIABLE, language_of_terms)
    page = page_text(GLOSSARY)
    assert page != asset_path(GLOSSARY).read_text(encoding="utf-8")
    terms = read_terms(page)
    assert len(terms) == len(english)
    assert sorted(map(_signs, terms)) == sorted(map(_signs, english))
    assert all(term.sentence.endswith(".") for term in terms)
    names = [_sorted_as(term.name) for term in terms]
    assert names == sorted(names)


def _signs(term: Term) -> str:
    """Signs of an equation, without its words and blanks."""
    return re.sub(r"[A-Za-zÄÖÜäöüß-]{2,}|\s", "", term.equation)


def _sorted_as(name: str) -> str:
    """A name in small letters, its umlauts as the vowels that they are sorted with."""
    return name.lower().translate(str.maketrans("äöü", "aou"))


NARROW = {"Accepted": 9, "Tint": 5, "Sort": 6}
"""Letters that there is room for at 900 × 600, beside others in one row, while two compositions are compared."""


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_words_of_narrow_rows_are_short_in_every_language(path: Path) -> None:
    catalogue = polib.pofile(path)
    for text, most in NARROW.items():
        assert len(catalogue.find(text).msgstr) <= most, text

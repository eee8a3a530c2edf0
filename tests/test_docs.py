"""The documentation: what makes its pages, and the check of what came out."""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from landscape_app.cli.command import app
from landscape_app.physics.kernels import KERNELS
from tools import docs, reference, results, site_check
from tools.pictures import FILMS, MANIFEST, SHOWN, fingerprint, path_of, with_palette


def test_every_kernel_is_in_its_table() -> None:
    text = reference.kernels()
    assert all(f"## {kind.label} {{ #{name} }}" in text for name, kind in KERNELS.items())


def test_every_command_is_documented_with_its_options() -> None:
    text = reference.commands()
    assert all(f"## landscape {name}\n" in text for name in ("train", "sample", "import", "sweep"))
    assert "| `--seconds" in text


def test_every_public_name_has_an_entry() -> None:
    text = reference.public_names()
    assert "[](){ #load_data }\n\n::: landscape_app.session.load.load_data\n" in text
    assert "::: landscape_app.physics.fields\n" in text


def test_what_readme_says_to_type_is_there() -> None:
    text = (docs.ROOT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"^make ([a-z-]+)", text, re.MULTILINE)
    assert {"run", "test"} <= set(targets)
    makefile = (docs.ROOT / "Makefile").read_text(encoding="utf-8")
    assert not [target for target in targets if f"\n{target}: " not in makefile]
    commands = re.findall(r"^landscape ([a-z]+)", text, re.MULTILINE)
    assert commands
    assert set(commands) <= {
        one.name or one.callback.__name__ for one in app.registered_commands if one.callback
    }
    # Its Python is run, and its figure held to the text, as a tutorial.
    blocks = re.findall(r"^```python\n.*?^```$", text, re.MULTILINE | re.DOTALL)
    assert blocks
    tutorials = "".join(
        page.read_text(encoding="utf-8") for page in sorted((docs.SOURCE / "tutorials").glob("*.md"))
    )
    assert not [block for block in blocks if block not in tutorials]


def test_readme_is_a_screen_and_a_half() -> None:
    """Of sixty lines each: what is longer belongs to a page of the site."""
    assert len((docs.ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 90


PHYSICS, MODELS = (sorted((reference.PACKAGE / room).rglob("*.py")) for room in ("physics", "models"))


@cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def public_functions(file: Path) -> Iterator[tuple[ast.FunctionDef, str]]:
    """Functions and methods of a module that are not private, with their docstrings."""
    tree = parsed(file)
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    for node in [*tree.body, *(inner for one in classes for inner in one.body)]:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node, ast.get_docstring(node) or ""


def test_what_raises_in_models_physics_and_the_functions_of_scripts_says_so() -> None:
    silent = [
        f"{file.name}: {function.name}"
        for file in (
            *PHYSICS,
            *sorted((reference.PACKAGE / "models").glob("*.py")),
            reference.PACKAGE / "session/api.py",
            reference.PACKAGE / "session/load.py",
        )
        if "    raise " in file.read_text(encoding="utf-8")
        for function, said in public_functions(file)
        if "Raises" not in said
        and "errors as of" not in said
        and any(
            isinstance(node, ast.Raise)
            and isinstance(node.exc, ast.Call)
            and not ast.unparse(node.exc.func).startswith(("NotImplementedError", "AssertionError"))
            for node in ast.walk(function)
        )
    ]
    assert not silent


def test_functions_of_tensors_in_the_physics_room_state_a_shape() -> None:
    """Or name the function whose arguments they take."""
    silent = [
        f"{file.name}: {function.name}"
        for file in PHYSICS
        for function, said in public_functions(file)
        if function.args.args
        and function.args.args[0].arg not in ("self", "cls")
        and any(
            one.annotation is not None and re.search(r"\bTensor\b|ndarray", ast.unparse(one.annotation))
            for one in function.args.args + function.args.kwonlyargs
        )
        and not re.search(r"shape|\(batch|\(n\b|\(replicas|`\w+`", said)
    ]
    assert not silent


def test_links_of_an_included_page_lead_to_pages_of_the_site() -> None:
    places = {docs.ROOT / "CHANGELOG.md": docs.SOURCE / "developers" / "changelog.md"}
    text = (
        "[a](CHANGELOG.md#x) [b](docs/start.md) [c](landscape_app/physics/space.py) [d](LICENSE) [e](https://x.org)\n"
        "```\n[f](LICENSE)\n```\n"
    )
    assert docs.relinked(text, docs.ROOT, docs.SOURCE / "developers", places) == (
        "[a](changelog.md#x) [b](../start.md) [c][landscape_app.physics.space] d [e](https://x.org)\n"
        "```\n[f](LICENSE)\n```\n"
    )


def test_an_insert_that_is_nothing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docs, "ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text("<!-- insert: nothing -->\n", encoding="utf-8")
    with pytest.raises(ValueError, match="inserts nothing, which is neither"):
        docs.page(page, {}, {})
    assert docs.page(page, {"nothing": lambda: "a table"}, {}) == "a table\n"


def test_every_page_has_a_place_in_the_navigation() -> None:
    assert docs.unlisted() == []


def test_what_is_wrong_with_a_site_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<h1 id="top">A</h1><a href="b.html#there">b</a><a href="b.html#gone">b</a><a href="c.html">c</a>'
        '<a href="https://x.org">x</a><script src="https://x.org/y.js"></script>',
        encoding="utf-8",
    )
    (tmp_path / "b.html").write_text(
        '<p id="there">A tip in\n two lines</p><a href="#top">a</a>', encoding="utf-8"
    )
    (tmp_path / "s.css").write_text("@import '//x.org/z.css'", encoding="utf-8")
    assert site_check.faults(tmp_path, ["A tip in two lines", "Another tip"]) == [
        "a.html: b.html#gone leads to no such place of the page",
        "a.html: c.html leads nowhere",
        "b.html: #top leads to no such place of the page",
        "a.html: loads https://x.org/y.js from another host",
        "s.css: loads from another host",
        "no page has the tooltip “Another tip”",
    ]


def test_every_picture_is_there_light_and_dark_and_films_move() -> None:
    known = json.loads(MANIFEST.read_text(encoding="utf-8"))
    assert set(known) == set(SHOWN)
    for name in SHOWN:
        with Image.open(path_of(name, "light")) as light, Image.open(path_of(name, "dark")) as dark:
            assert light.size == dark.size
            assert (getattr(light, "n_frames", 1) > 1) is (name in FILMS)
    # README is read before anything is installed, also over a slow line.
    assert all(
        path_of(name, theme).stat().st_size <= 1_500_000 for name in SHOWN for theme in ("light", "dark")
    )


def test_results_of_experiments_have_their_pictures_and_verdicts() -> None:
    found = results.verdicts()
    assert {path.stem for path in results.RESULTS.glob("*.png")} == set(found)
    assert all(verdict.findings for verdict in found.values())


def test_a_picture_is_old_once_the_code_that_it_shows_does_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.pictures.GUI", tmp_path)
    monkeypatch.setitem(SHOWN, "one", ("one.py",))
    prints = []
    for text in ('"""A."""\nX = 1\n', '"""B."""\nX = 1  # one\n', '"""B."""\nX = 2\n'):
        (tmp_path / "one.py").write_text(text, encoding="utf-8")
        prints.append(fingerprint("one"))
    assert prints[0] == prints[1] != prints[2]


def test_equations_become_mathml() -> None:
    markdown = pytest.importorskip("markdown", reason="needs the extra docs")
    equations = pytest.importorskip("tools.equations", reason="needs the extra docs")
    text = "a $\\lambda_i$ <ij>\n\n$$\nx \\tag{8}\n$$\n\n>>> f(1)\n[1][2]\n"
    html = markdown.markdown(text, extensions=[equations.makeExtension(), "fenced_code"])
    assert "<mi>&#x003BB;</mi>" in html
    assert "&lt;ij&gt;" in html
    assert '<span class="number">(8)</span>' in html
    assert '<code class="language-pycon">&gt;&gt;&gt; f(1)\n[1][2]\n</code>' in html


def test_a_curve_of_few_pixels_keeps_its_colour_beside_images_of_many_greys() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (300, 300, 1)).repeat(3, 2).astype(np.uint8)
    curves = ((11, 128, 104), (31, 98, 214), (194, 89, 10), (122, 75, 181))
    for row, colour in enumerate(curves):
        pixels[row, :100] = colour
    kept = np.asarray(with_palette(Image.fromarray(pixels)).convert("RGB")).astype(int)
    # The palette has 128 colours for 256 greys and these: none need be further off than a step of greys.
    assert np.abs(kept - pixels).max() <= 16

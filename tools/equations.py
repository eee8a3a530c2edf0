"""An extension of Python-Markdown for pages and docstrings: equations become MathML, examples become code.

Browsers draw MathML without a script or a font.
"""

from __future__ import annotations

import re
from typing import Any

from latex2mathml.converter import convert
from markdown import Extension, Markdown
from markdown.inlinepatterns import InlineProcessor
from markdown.preprocessors import Preprocessor

INLINE = r"(?<!\\)\$(?!\s)([^$\n]+?)(?<!\s)\$"
"""An equation within a line, between dollar signs."""

BLOCK = re.compile(r"^\$\$\n(.*?)\n\$\$$", re.MULTILINE | re.DOTALL)
"""An equation of its own, between two lines of two dollar signs."""


def mathml(latex: str, display: str = "inline") -> str:
    r"""The MathML of an equation.

    Args:
        latex: without dollar signs; a number is given by \tag{8}, which is set apart from the equation.
        display: "inline" or "block".

    Raises:
        ValueError: it has a command that is not known, which the reader would see as it stands.

    Example:
        >>> "<msub><mi>&#x003BB;</mi><mi>i</mi></msub>" in mathml(r"\lambda_i")
        True
    """
    tag = re.search(r"\s*\\tag\{([^}]*)\}", latex)
    body = convert(latex.replace(tag.group(0), "") if tag else latex, display=display)
    if "\\" in body:
        raise ValueError(f"no MathML for all of {latex!r}")
    if display == "inline":
        return body
    number = f'<span class="number">({tag.group(1)})</span>' if tag else ""
    return f'<div class="equation">{body}{number}</div>'


EXAMPLE = re.compile(r"^>>> .*(?:\n.*\S.*)*", re.MULTILINE)
"""An example of a docstring, with what it gives, up to an empty line."""


class _Inline(InlineProcessor):
    def handleMatch(self, m: re.Match[str], data: str) -> tuple[Any, int, int]:
        return self.md.htmlStash.store(mathml(m.group(1))), m.start(0), m.end(0)


class _Blocks(Preprocessor):
    def run(self, lines: list[str]) -> list[str]:
        def stored(match: re.Match[str]) -> str:
            return f"\n{self.md.htmlStash.store(mathml(match.group(1), 'block'))}\n"

        return BLOCK.sub(stored, "\n".join(lines)).split("\n")


class _Examples(Preprocessor):
    def run(self, lines: list[str]) -> list[str]:
        return EXAMPLE.sub(lambda match: f"\n```pycon\n{match.group(0)}\n```", "\n".join(lines)).split("\n")


class Equations(Extension):
    """Equations, and signs such as <ij> as they stand: what is written is Markdown, no HTML within lines."""

    def extendMarkdown(self, md: Markdown) -> None:
        """Adds the rules: examples before fenced code is put aside, equations after code."""
        md.preprocessors.register(_Examples(md), "examples", 28)
        md.preprocessors.register(_Blocks(md), "equations", 24)
        md.inlinePatterns.register(_Inline(INLINE, md), "equation", 185)
        md.inlinePatterns.deregister("html")


def makeExtension(**settings: Any) -> Equations:
    """The extension, as Python-Markdown asks for it."""
    return Equations(**settings)

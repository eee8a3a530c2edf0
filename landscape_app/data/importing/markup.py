"""Tables in HTML, and in XML as Excel 2003 writes it: what web pages and instruments save under the ending .xls."""

from __future__ import annotations

from html.parser import HTMLParser

TABLES = frozenset({"table"})
ROWS = frozenset({"tr", "row"})
CELLS = frozenset({"td", "th", "cell"})
HIDDEN = frozenset({"script", "style", "title"})
MOST_SPAN = 1_000
"""Columns and rows that a cell may span."""


def tables_in(text: str) -> list[list[list[str]]]:
    """The tables of a text in HTML or XML, each by its rows of as many cells."""
    parser = _Tables()
    parser.feed(text)
    parser.close()
    found = []
    for rows in parser.tables:
        width = max(map(len, rows), default=0)
        found.append([row + [""] * (width - len(row)) for row in rows])
    return [rows for rows in found if rows]


class _Tables(HTMLParser):
    """Collects the cells of tables; one inside another is a table of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self._open: list[list[list[str]]] = []
        self._spans: list[dict[int, tuple[int, str]]] = []
        self._cell: list[str] | None = None
        self._size = (1, 1)
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in TABLES:
            self._end_cell()
            self.tables.append([])
            self._open.append(self.tables[-1])
            self._spans.append({})
        elif tag in HIDDEN:
            self._hidden += 1
        elif not self._open:
            return
        elif tag in ROWS:
            self._end_cell()
            self._open[-1].append([])
        elif tag in CELLS and self._open[-1]:
            self._end_cell()
            given = {name: value for name, value in attrs if value is not None and value.isdecimal()}
            across = int(given.get("colspan", 1)) + int(given.get("ss:mergeacross", 0))
            self._size = (min(across, MOST_SPAN), min(int(given.get("rowspan", 1)), MOST_SPAN))
            if "ss:index" in given:
                missing = int(given["ss:index"]) - 1 - len(self._open[-1][-1])
                self._open[-1][-1] += [""] * min(max(0, missing), MOST_SPAN)
            self._cell = []
        elif tag == "br" and self._cell is not None:
            self._cell.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag in CELLS or tag in ROWS:
            self._end_cell()
        elif tag in TABLES and self._open:
            self._end_cell()
            self._open.pop()
            self._spans.pop()

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._hidden:
            self._cell.append(data)

    def _end_cell(self) -> None:
        """Writes the cell into its row, once for each column that it spans, and notes the rows that it spans."""
        if self._cell is None:
            return
        row, spans = self._open[-1][-1], self._spans[-1]
        words, self._cell = " ".join("".join(self._cell).split()), None
        self._fill(row, spans)
        across, down = self._size
        for _ in range(max(1, across)):
            if down > 1:
                spans[len(row)] = (down - 1, words)
            row.append(words)
        self._fill(row, spans)

    def _fill(self, row: list[str], spans: dict[int, tuple[int, str]]) -> None:
        """Writes the cells of rows above that span this one too."""
        while len(row) in spans:
            left, words = spans.pop(len(row))
            if left > 1:
                spans[len(row)] = (left - 1, words)
            row.append(words)
            if len(row) > MOST_SPAN:
                break

"""A table as a LaTeX document that compiles as it is, or whose table is copied into a paper: booktabs, longtable, APA style.

Columns are as wide as in Word, so that long quotations do not run off the page. Words are escaped, and nothing that people
said can be a command. A character that pdfLaTeX has no letter for is printed as its code, as in [U+1F600]; XeLaTeX and
LuaLaTeX print it itself if the font has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from qualkit.exporters.heights import cut, row_lines
from qualkit.exporters.printed import Printed, in_words, lines_of
from qualkit.exporters.widths import column_widths
from qualkit.model import Spanner, Table

suffix = ".tex"
is_for_paper = True

_ROOM_CM = 25.7
_LINE_PT = 9.5
"""At this, a line of Latin Modern at 9 pt holds as many characters as it mostly does."""
_PAGE_LINES = 36
"""What of a page is left for the header and rows. Longtable breaks pages between rows only: a longer row would run off it."""
_FEWEST_LINES = 8
_LONGEST_WORD = 24
_BETWEEN = 8
"""A longer word than that may be broken after so many characters."""
_CENTRED, _LEFT = "\\centering", "\\raggedright"
_SIZE_PT = 10.5
"""Latin Modern at 9 pt is as wide as Times at this."""
_MARKS = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    "[": "{[}", "]": "{]}", "*": "{*}", '"': r"\textquotedbl{}", "'": r"{\textquotesingle}", "`": r"\textasciigrave{}",
    "-": "{-}", "\xa0": "~", "\t": " ", "−": r"\ensuremath{-}", "≤": r"\ensuremath{\leq}", "≥": r"\ensuremath{\geq}",
    "≈": r"\ensuremath{\approx}",
    "→": r"\ensuremath{\rightarrow}", "←": r"\ensuremath{\leftarrow}", "↔": r"\ensuremath{\leftrightarrow}",
    "α": r"\ensuremath{\alpha}", "κ": r"\ensuremath{\kappa}", "χ": r"\ensuremath{\chi}", "·": r"\textperiodcentered{}",
    "\u2009": r"\,", "\u202f": r"\,", "\u2011": "{-}",
}  # fmt: skip
_SET = re.compile("[\n -~¡-ĥĨ-ķĹ-ľŁ-ňŊ-ťŨ-ž‘’“”‚„–—…•†‡€™‹›ȘșȚț]")
"""What pdfLaTeX has letters for in the encodings T1 and TS1."""
_CONTROL = re.compile("[\x7f-\x9f\u2028\u2029]")
_HEAD = r"""% A table written by qualkit. It compiles as it is with pdflatex, xelatex or lualatex.
% To put it into a paper, load the packages below and copy what stands between the two marks.
\documentclass[10pt]{article}
\usepackage[a4paper,landscape,margin=2cm]{geometry}
\usepackage{iftex}
\ifPDFTeX
  \usepackage[T1]{fontenc}
  \usepackage[utf8]{inputenc}
  \usepackage{textcomp}
  \IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
  \providecommand{\othercharacter}[2]{[U+#1]\allowbreak}
\else
  \usepackage{fontspec}
  \providecommand{\othercharacter}[2]{#2}
\fi
\usepackage{array,booktabs,longtable,caption}
\captionsetup[longtable]{labelfont=bf,textfont=it,labelsep=newline,justification=raggedright,singlelinecheck=false,skip=6pt}
\setlength{\tabcolsep}{3.5pt}
\setlength{\LTleft}{0pt}
\setlength{\LTright}{0pt plus 1fill}
\setlength{\parindent}{0pt}
\pagestyle{plain}
\begin{document}
"""


def write(table: Table, path: Path) -> None:
    """Write the table as a whole document. Equal tables give equal bytes."""
    write_all([table], path)


def write_all(tables: Sequence[Table], path: Path) -> None:
    """Write tables into one document, each on pages of its own; LaTeX numbers them. See `write`."""
    body = "\n\\clearpage\n".join(f"% ---- table begins\n{fragment(table)}% ---- table ends" for table in tables)
    path.write_text(f"{_HEAD}{body}\n\\end{{document}}\n", encoding="utf-8", newline="\n")


def fragment(table: Table) -> str:
    """The table with its caption and notes, to stand in a document that loads the packages."""
    printed = in_words(table)
    if not printed.headers:
        return ""
    return "\n".join(["\\begingroup\\small", *_longtable(printed), *_notes(printed.notes), "\\par\\endgroup", ""])


def safe(text: str) -> str:
    """Words as LaTeX prints them, on one line; none of them a command."""
    return "".join(_MARKS.get(char) or (char if _SET.match(char) else _other(char)) for char in _CONTROL.sub(" ", text))


def _other(char: str) -> str:
    return f"\\othercharacter{{{ord(char):04X}}}{{{char}}}"


def _longtable(printed: Printed) -> Iterator[str]:
    shares = [width / _ROOM_CM for width in column_widths(printed, room_cm=_ROOM_CM, size_pt=_SIZE_PT)]
    ways = (_CENTRED if is_figure else _LEFT for is_figure in printed.is_figure)
    head, columns = list(_header(printed, shares)), "".join(map(_column, shares, ways))
    yield f"\\begin{{longtable}}{{@{{}}{columns}@{{}}}}"
    yield f"\\caption{{{safe(printed.title)}}}\\\\"
    yield from ("\\toprule", *head, "\\midrule", "\\endfirsthead")
    n = len(printed.headers)
    yield f"\\multicolumn{{{n}}}{{@{{}}l}}{{\\textbf{{Table \\thetable}} (continued)}}\\\\[4pt]"
    yield from ("\\toprule", *head, "\\midrule", "\\endhead", "\\bottomrule", "\\endfoot", "\\bottomrule", "\\endlastfoot")
    yield from _rows(printed, [share * _ROOM_CM for share in shares])
    yield "\\end{longtable}"


def _rows(printed: Printed, widths: Sequence[float]) -> Iterator[str]:
    """The rows; those of one name stay on a page if it has room for them, and a row that no page has room for is cut."""
    room = max(_FEWEST_LINES, _PAGE_LINES - row_lines(printed.headers, widths, _LINE_PT, _length))
    for block in _blocks(printed):
        heights = [row_lines(row, widths, _LINE_PT, _length) for row in block]
        for n, (row, height) in enumerate(zip(block, heights, strict=True)):
            parts = [tuple(row)] if height <= room else cut(row, widths, _LINE_PT, _length, room)
            yield from (" & ".join(map(_cell, part)) + r" \tabularnewline" for part in parts[:-1])
            goes_on = n + 1 < len(block) and sum(heights) <= room
            yield " & ".join(map(_cell, parts[-1])) + (r" \\*" if goes_on else r" \tabularnewline") + r"\addlinespace[3pt]"


def _blocks(printed: Printed) -> list[list[list[str]]]:
    """The rows that belong together."""
    found: list[list[list[str]]] = [[]]
    for row, goes_on in zip(printed.once, printed.goes_on, strict=True):
        found[-1].append(row)
        if not goes_on:
            found.append([])
    return [block for block in found if block]


def _length(text: str) -> int:
    """In how many characters pdfLaTeX prints a text; see `_other`."""
    return sum(1 if char in _MARKS or _SET.match(char) else len(f"[U+{ord(char):04X}]") for char in text)


def _column(share: float, way: str) -> str:
    """A column that is as wide as its share of the line, or several together."""
    return f">{{{way}\\arraybackslash}}p{{\\dimexpr {share:.4f}\\linewidth-2\\tabcolsep\\relax}}"


def _header(printed: Printed, shares: Sequence[float]) -> Iterator[str]:
    if printed.over:
        yield " & ".join(_over(item, sum(shares[item.first : item.last + 1])) for item in printed.over) + r" \tabularnewline"
        yield "".join(f"\\cmidrule(lr){{{item.first + 1}-{item.last + 1}}}" for item in printed.over if item.text)
    yield " & ".join(map(_cell, printed.headers)) + r" \tabularnewline"


def _over(item: Spanner, share: float) -> str:
    if not item.text:
        return ""
    return f"\\multicolumn{{{item.last - item.first + 1}}}{{{_column(share, _CENTRED)}}}{{{safe(item.text)}}}"


def _cell(text: str) -> str:
    return r"\par\vskip2pt ".join(" ".join(map(_word, line.split(" "))) for line in lines_of(text))


def _word(word: str) -> str:
    """A word as LaTeX prints it, which may be broken anywhere if it is longer than a line of a narrow column."""
    if len(word) <= _LONGEST_WORD:
        return safe(word)
    return r"\allowbreak{}".join(safe(word[at : at + _BETWEEN]) for at in range(0, len(word), _BETWEEN))


def _notes(notes: Sequence[str]) -> Iterator[str]:
    for n, note in enumerate(notes):
        yield ("\\textit{Note.} " if n == 0 else "") + r"\par ".join(map(safe, lines_of(note))) + "\n\\par\\smallskip"

"""Paragraphs under headings, such as the methods of a study, in Markdown and Word."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qualkit.exporters import docx_styles, markdown
from qualkit.model import Passage
from qualkit.wording import printable

Parts = Sequence[tuple[str, Sequence[Passage]]]
"""Paragraphs under the headings of parts."""


def as_markdown(title: str, parts: Parts) -> str:
    """A document of parts, each with its heading. Equal parts give equal text."""
    blocks = [f"# {markdown.safe(title)}"]
    for heading, passages in parts:
        blocks.append(f"## {markdown.safe(heading)}")
        blocks += [f"**{markdown.safe(item.heading)}.** {markdown.safe(printable(item.text))}" for item in passages]
    return "\n\n".join(blocks) + "\n"


def write_markdown(title: str, parts: Parts, path: Path) -> None:
    """Write that document."""
    path.write_text(as_markdown(title, parts), encoding="utf-8", newline="\n")


def write_docx(title: str, parts: Parts, path: Path, *, reference: Path | None = None) -> None:
    """The same as a Word document, upright, in the styles of a `reference` where one is given.

    Raises `WriteError` if that is no Word document.
    """
    from docx.shared import Pt

    setting = docx_styles.new_document(title, reference)
    docx_styles.turn_upright(setting)
    document = setting.document
    _add_heading(setting, title, 1)
    for heading, passages in parts:
        _add_heading(setting, heading, 2)
        for item in passages:
            paragraph = document.add_paragraph()
            paragraph.paragraph_format.space_after = Pt(6)
            paragraph.add_run(f"{printable(item.heading)}. ").bold = True
            paragraph.add_run(printable(item.text))
    document.save(str(path))


def _add_heading(setting: docx_styles.Setting, text: str, level: int) -> None:
    """A heading in Word's own style for it, so that it stands in the outline; in bold where a reference has none."""
    from docx.shared import Pt, RGBColor

    style = f"Heading {level}"
    has_style = style in {item.name for item in setting.document.styles}
    paragraph = setting.document.add_paragraph(style=style if has_style else None)
    run = paragraph.add_run(printable(text))
    paragraph.paragraph_format.space_before, paragraph.paragraph_format.space_after = Pt(12 if level > 1 else 0), Pt(6)
    if not has_style or setting.is_own:
        run.bold, run.font.color.rgb = True, RGBColor(0, 0, 0)
        run.font.name = docx_styles.FONT

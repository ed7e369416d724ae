"""The page and the styles of a Word document with tables: our own, or those of a document that an author gives.

Every paragraph of a table is in one of five styles, so that a whole document is restyled in Word at one stroke. A reference
document that has them, by these names, says how they look; what it lacks is made from its `Caption` or its `Normal`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from qualkit.errors import WriteError
from qualkit.wording import printable

NUMBER, TITLE, HEADING, TEXT, NOTE = "Table Number", "Table Title", "Table Heading", "Table Text", "Table Note"
GRIDS = ("APA Table", "Table")
"""Names of a table style that a reference document may have; without one, tables have rules of their own."""

FONT, _SIZE_PT, _TEXT_PT = "Times New Roman", 9, 11
_PAGE_CM, _MARGIN_CM = (29.7, 21.0), 2.0  # A4, landscape
_WIDER = 1.1
"""How much wider than Times the letters of another document may be."""
_CM = 360_000
"""English metric units in a centimetre."""
_KEPT_PARTS = frozenset(
    {
        "styles", "stylesWithEffects", "settings", "webSettings", "fontTable", "theme", "numbering", "header", "footer",
        "footnotes", "endnotes",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A document to write tables into: its page in EMU, width and height, its size of letters, and the names that it had.

    `is_own` says that it is ours, not one that an author gave.
    """

    document: Any
    page: tuple[int, int]
    size_pt: float
    given: frozenset[str]
    grid: str | None
    is_own: bool

    def id_of(self, style: str) -> str:
        """The id of a style, which a document's parts know it by."""
        known: str = self.document.styles[style].style_id
        return known


def new_document(title: str, reference: Path | None) -> Setting:
    """An empty document on landscape A4, or the `reference` emptied: its page, headers, footers and styles.

    Raises `WriteError` if the reference is no Word document.
    """
    document, names = _opened(reference)
    _set_properties(document, title)
    section = document.sections[-1]
    size = document.styles[TEXT].font.size or document.styles["Normal"].font.size
    return Setting(
        document=document,
        page=(section.page_width, section.page_height),
        size_pt=(size.pt if size else _SIZE_PT) * (1 if reference is None else _WIDER),
        given=names,
        grid=next((name for name in GRIDS if name in names), None) if reference is not None else None,
        is_own=reference is None,
    )


def _opened(reference: Path | None) -> tuple[Any, frozenset[str]]:
    """A document that is ready to be written into, and the names of the styles that the reference had."""
    import docx

    ready, names = _ready(reference, None if reference is None else _state(reference))
    return docx.Document(BytesIO(ready)), names


def _state(reference: Path) -> tuple[int, int] | None:
    """What tells one state of a file from another; None if it is not there."""
    return (reference.stat().st_mtime_ns, reference.stat().st_size) if reference.is_file() else None


@lru_cache(maxsize=2)
def _ready(reference: Path | None, _state: tuple[int, int] | None) -> tuple[bytes, frozenset[str]]:
    """The file of such a document, made once for all tables: to add styles takes longer than most tables."""
    document = _blank() if reference is None else _emptied(reference)
    names = frozenset(style.name for style in document.styles)
    _add_styles(document, "Caption" if reference is not None and "Caption" in names else "Normal")
    file = BytesIO()
    document.save(file)
    return file.getvalue(), names


def new_page(setting: Setting, *, is_first: bool, need_cm: float) -> float:
    """Begin a page for a table; the room on it in cm.

    An upright page that is too narrow for what the table needs is turned on its side.
    """
    from docx.enum.section import WD_ORIENT, WD_SECTION

    sections, (width, height) = setting.document.sections, setting.page
    section = sections[0] if is_first else setting.document.add_section(WD_SECTION.NEW_PAGE)
    margins = section.left_margin + section.right_margin
    is_turned = width < height and need_cm > (width - margins) / _CM
    section.page_width, section.page_height = (height, width) if is_turned else (width, height)
    section.orientation = WD_ORIENT.LANDSCAPE if section.page_width > section.page_height else WD_ORIENT.PORTRAIT
    return float((section.page_width - margins) / _CM)


def turn_upright(setting: Setting) -> None:
    """Have text run down an upright page, in letters to be read; another document's own page and letters stay as they are."""
    from docx.enum.section import WD_ORIENT
    from docx.shared import Pt

    section = setting.document.sections[0]
    if section.page_width > section.page_height:
        section.page_width, section.page_height = section.page_height, section.page_width
        section.orientation = WD_ORIENT.PORTRAIT
    if setting.is_own:
        setting.document.styles["Normal"].font.size = Pt(_TEXT_PT)


def _blank() -> Any:
    import docx
    from docx.enum.section import WD_ORIENT
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    document = docx.Document()
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = map(Cm, _PAGE_CM)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(_MARGIN_CM)
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(_SIZE_PT)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(0)
    style.paragraph_format.line_spacing = 1.0
    return document


def _emptied(reference: Path) -> Any:
    import docx
    from docx.opc.exceptions import PackageNotFoundError

    try:
        document = docx.Document(str(reference))
    except (PackageNotFoundError, BadZipFile, KeyError, ValueError, OSError) as error:
        raise WriteError(f"{reference} cannot be used for its styles; give a Word document that is saved as .docx.") from error
    body = document.element.body
    for element in list(body):
        if element is not body.sectPr:
            body.remove(element)
    for key, relation in list(document.part.rels.items()):
        if relation.reltype.rpartition("/")[2] not in _KEPT_PARTS:
            del document.part.rels[key]  # pictures, comments and links of the text that is gone
    if not document.sections:
        document.add_section()
    return document


def _set_properties(document: Any, title: str) -> None:
    """python-docx signs as author "python-docx", 2013; who made the table is for the study to say."""
    properties, now = document.core_properties, datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    properties.author = properties.last_modified_by = properties.comments = properties.keywords = properties.subject = ""
    properties.title = printable(title)[:255]
    properties.created = properties.modified = now
    properties.revision = 1


def _add_styles(document: Any, caption: str) -> None:
    _add_style(document, NUMBER, caption, after=6, is_bold=True, is_italic=False, keeps=True)
    _add_style(document, TITLE, caption, after=6, is_bold=False, is_italic=True, keeps=True)
    for name in (HEADING, TEXT, NOTE):
        _add_style(document, name, "Normal", size=_SIZE_PT)


def _add_style(
    document: Any,
    name: str,
    base: str,
    *,
    size: float | None = None,
    after: float = 0,
    is_bold: bool | None = None,
    is_italic: bool | None = None,
    keeps: bool = False,
) -> None:
    """Make a paragraph style unless there is one of that name; black, without the indents that text may have."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt, RGBColor

    if name in {style.name for style in document.styles}:
        return
    style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = document.styles[base]
    style.font.size = Pt(size) if size else None
    style.font.bold, style.font.italic, style.font.color.rgb = is_bold, is_italic, RGBColor(0, 0, 0)
    layout = style.paragraph_format
    layout.alignment, layout.line_spacing, layout.keep_with_next = WD_ALIGN_PARAGRAPH.LEFT, 1.0, keeps
    layout.first_line_indent = layout.left_indent = layout.space_before = Pt(0)
    layout.space_after = Pt(after)

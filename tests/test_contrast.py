"""Words can be read on every page in both themes, and colours told apart by everybody: computed, not looked at."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pytest

from qualkit.figures import palette
from qualkit.ui import launch

Colour = tuple[float, float, float]

SHEETS = sorted(Path(launch.__file__).parent.glob("*.css"))
READABLE = 4.5
"""Contrast that WCAG 2.2 asks of words (1.4.3, level AA)."""
VISIBLE = 3.0
"""Contrast that it asks of what is not words, such as the ring around what has the focus (1.4.11)."""
TINT = 0.15
"""How much of a chip's colour its own ground has, at most."""


def rgb(code: str) -> Colour:
    return (int(code[1:3], 16) / 255, int(code[3:5], 16) / 255, int(code[5:7], 16) / 255)


def linear(colour: Colour) -> Colour:
    """sRGB to linear light (IEC 61966-2-1)."""
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in colour)
    return (red, green, blue)


def contrast(left: Colour, right: Colour) -> float:
    """Ratio of relative luminances, as WCAG 2.2 defines it."""
    low, high = sorted(0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in map(linear, (left, right)))
    return (high + 0.05) / (low + 0.05)


def mixed(left: Colour, right: Colour, share: float) -> Colour:
    """`color-mix(in srgb, left share, right)`; over a ground, what a colour with that opacity looks like."""
    red, green, blue = (share * a + (1 - share) * b for a, b in zip(left, right, strict=True))
    return (red, green, blue)


def theme(mode: str) -> dict[str, Colour]:
    named = ("primaryColor", "backgroundColor", "secondaryBackgroundColor", "textColor")
    return {name: rgb(str(launch.SETTINGS[f"theme.{mode}.{name}"])) for name in named}


def greys() -> list[tuple[str, int]]:
    """Every share of the text colour that words are drawn with, by sheet."""
    said = re.compile(r"(?:[^-]color|--grey): color-mix\(in srgb, currentColor (\d+)%, transparent\)")
    return [(sheet.name, int(share)) for sheet in SHEETS for share in said.findall(sheet.read_text(encoding="utf-8"))]


def tinted() -> list[tuple[str, str, int]]:
    """Every share of a colour that words are drawn with, the rest being the text colour: sheet, colour or `var(--c)`, share."""
    said = re.compile(
        r"[^-]color: color-mix\(in srgb, (#[0-9a-f]{6}|var\(--c\)) (\d+)%, (?:var\(--st-text-color, )?currentColor\)"
    )
    return [(sheet.name, colour, int(n)) for sheet in SHEETS for colour, n in said.findall(sheet.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_words_and_greyed_words_are_readable(mode: str) -> None:
    colours = theme(mode)
    assert greys()
    for sheet, share in greys():
        for ground in (colours["backgroundColor"], colours["secondaryBackgroundColor"]):
            seen = contrast(mixed(colours["textColor"], ground, share / 100), ground)
            assert seen >= READABLE, f"{sheet}: grey of {share} % has {seen:.2f} on a {mode} page"


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("code", [*palette.COLOURS.values(), "#2f8f8f", "#b8336a"])
def test_words_of_chips_and_remarks_are_readable_on_their_own_tint(mode: str, code: str) -> None:
    colours = theme(mode)
    assert tinted()
    for sheet, colour, share in tinted():
        own = rgb(code if colour == "var(--c)" else colour)
        ground = mixed(own, colours["backgroundColor"], TINT)
        seen = contrast(mixed(own, colours["textColor"], share / 100), ground)
        assert seen >= READABLE, f"{sheet}: {share} % of {code} has {seen:.2f} on a {mode} page"


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_buttons_can_be_read_and_the_ring_around_the_focus_is_seen(mode: str) -> None:
    colours = theme(mode)
    assert contrast((1.0, 1.0, 1.0), colours["primaryColor"]) >= READABLE
    assert contrast(rgb("#2f8f8f"), colours["backgroundColor"]) >= VISIBLE
    sheet = (Path(launch.__file__).parent / "style.css").read_text(encoding="utf-8")
    assert ":focus-visible { outline: 2px solid #2f8f8f" in sheet


def test_no_words_are_faded_but_those_that_wait_are_off_or_are_lifted() -> None:
    faded = {
        selector.strip().split()[-1]
        for sheet in SHEETS
        for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", sheet.read_text(encoding="utf-8"))
        if re.search(r"\bopacity: (0?\.[0-9]+)", body)
    }
    assert faded <= {".q-with", ".q-key.q-with", "kbd", ".qt-text", ".qor-lifted", "button:disabled"}


# ---------------------------------------------------------------- colours for everybody

SEEN_BY = {
    "full colour vision": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
"""Linear light as people see it: Machado, Oliveira & Fernandes 2009, severity 1."""


def oklab(colour: Colour, vision: tuple[Colour, Colour, Colour]) -> Colour:
    """A colour as it is seen, in OKLab (Ottosson 2020)."""
    seen = [sum(weight * value for weight, value in zip(row, linear(colour), strict=True)) for row in vision]
    red, green, blue = (min(max(value, 0.0), 1.0) for value in seen)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def nearest(codes: tuple[str, ...], vision: str) -> float:
    """The least distance in OKLab between any two of the colours."""
    seen = [oklab(rgb(code), SEEN_BY[vision]) for code in codes]
    return min(sum((a - b) ** 2 for a, b in zip(left, right, strict=True)) ** 0.5 for left, right in combinations(seen, 2))


@pytest.mark.parametrize(
    ("vision", "least"), [("full colour vision", 0.09), ("protanopia", 0.06), ("deuteranopia", 0.06), ("tritanopia", 0.077)]
)
def test_every_two_colours_of_topics_are_told_apart_by_everybody(vision: str, least: float) -> None:
    assert nearest(palette.TOPICS, vision) >= least - 0.0005


@pytest.mark.parametrize("vision", SEEN_BY)
def test_facilitator_and_barrier_are_far_apart_for_everybody(vision: str) -> None:
    assert nearest((palette.COLOURS["facilitator"], palette.COLOURS["barrier"]), vision) > 0.15
    assert nearest(tuple(palette.COLOURS.values()), vision) > 0.08

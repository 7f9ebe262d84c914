"""A picture's SVG made a part of a page: ids of its own, marks for the page's script, colours by name.

How a picture looks, on a white page and on a dark one, is in ``simlib.figures``.
"""

import re
from collections.abc import Mapping

from simlib.figures import PALETTE

__all__ = ["declared", "inlined", "options_of"]

_OPTION = "option-"  # begins the id of everything in a picture that belongs to one option
_PLOT_AREA = "plot-area"  # the id of the rectangle between the axes
_COLOUR = re.compile(r"#[0-9a-f]{6}\b")
_NAMES = {colour: name for name, colour in PALETTE.items()}


def inlined(svg: str, prefix: str) -> str:
    """Give the ``<svg>`` element of a picture, so that several can stand in one page.

    Parameters
    ----------
    svg : str
        A whole file, as :func:`simlib.figures.chart_svg` gives it.
    prefix : str
        Begins the ids that are left: those that the picture itself refers to.
    """
    svg = svg[svg.index("<svg ") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<title>.*?</title>", "", svg, count=1, flags=re.DOTALL)
    # The SVG's style sheet would speak to the whole page.
    svg = re.sub(r'<style type="text/css">.*?</style>', "", svg, flags=re.DOTALL)
    svg = re.sub(r">\s+<", "><", svg)
    wanted = set(re.findall(r'(?:url\(#|href="#)([\w.-]+)', svg))
    # Inside tags only: words that look like a colour or an id are somebody's name for something.
    return re.sub(r"<[^<>]+>", lambda tag: _tag(tag[0], prefix, wanted), svg)


def _tag(tag: str, prefix: str, wanted: set[str]) -> str:
    """Give a tag with its id, its references and its colours as the page has them."""
    tag = re.sub(r' id="([^"]*)"', lambda found: _own_id(found[1], prefix, wanted), tag, count=1)
    tag = re.sub(r"(url\(#|href=\"#)([\w.-]+)", rf"\g<1>{prefix}-\g<2>", tag)
    return re.sub(r' style="[^"]*"', lambda found: _style(found[0]), tag)


def _own_id(name: str, prefix: str, wanted: set[str]) -> str:
    """Give an id its prefix the first time it is defined: matplotlib defines a marker anew in each panel."""
    if name.startswith(_OPTION):
        return f' data-option="{name.removeprefix(_OPTION)}"'
    if name == _PLOT_AREA:
        return f' data-part="{_PLOT_AREA}"'
    if name not in wanted:
        return ""
    wanted.discard(name)
    return f' id="{prefix}-{name}"'


def _style(style: str) -> str:
    """Name a style's colours, and leave the font to the page."""
    style = re.sub(r"font-family: [^;\"]*;? ?", "", style)
    return _COLOUR.sub(lambda found: _named(found[0]), style)


def _named(colour: str) -> str:
    """Give a colour by its name, under which the page has another where it is dark."""
    return f"var({_variable(_NAMES[colour])})" if colour in _NAMES else colour


def _variable(name: str) -> str:
    return "--p-" + name.replace("_", "-")


def declared(palette: Mapping[str, str]) -> str:
    """Give named colours as declarations of a style sheet."""
    return "; ".join(f"{_variable(name)}: {colour}" for name, colour in palette.items())


def options_of(picture: str) -> tuple[str, ...]:
    """Give the options that parts of an inlined picture belong to, each once."""
    return tuple(dict.fromkeys(re.findall(r' data-option="([^"]*)"', picture)))

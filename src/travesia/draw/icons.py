"""Our own icons: strokes on a grid of 20 by 20, drawn in the colour of the text beside them.

They never stand alone: a label or an accessible name says the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from xml.etree import ElementTree as ET

from markupsafe import Markup

from travesia.draw.svg import el, join
from travesia.errors import UnknownName

CHANNELS = {
    "web": "web", "site": "web", "website": "web", "app": "app", "mobile": "app", "móvil": "app",
    "mail": "mail", "email": "mail", "e mail": "mail", "correo": "mail", "newsletter": "mail",
    "phone": "phone", "call": "phone", "teléfono": "phone", "sms": "app", "whatsapp": "chat",
    "chat": "chat", "store": "store", "shop": "store", "tienda": "store", "social": "social",
    "search": "search", "seo": "search", "buscador": "search", "ads": "ad", "ad": "ad",
    "sem": "ad", "display": "ad", "indirect": "people", "indirecto": "people", "referral": "people",
    "helpdesk": "help", "help desk": "help", "support": "help", "service": "help",
    "ticket": "ticket", "delivery": "truck", "logistics": "truck", "partner": "truck",
    "physical": "box", "product": "box", "packaging": "box", "qr": "qr", "link": "link",
    "links": "link", "survey": "survey", "review": "review", "reviews": "review", "forum": "forum",
    "community": "forum", "payment": "card", "event": "event", "fair": "event", "press": "press",
    "print": "press", "tv": "tv", "television": "tv", "people": "people", "person": "people",
}  # fmt: skip
"""Which icon a channel wears; any other wears "touch"."""


def names() -> frozenset[str]:
    """Every icon there is (drawn in icons.svg)."""
    return frozenset(_shapes())


def icon(name: str, *, fill: bool = False) -> Markup:
    """A reference to an icon of the page's sprite."""
    _shape(name)
    use = el("use", href=f"#i-{name}")
    return el(
        "svg", use, class_="ic fill" if fill else "ic", viewBox="0 0 20 20", aria_hidden="true"
    )


def glyph(name: str, x: float, y: float, size: float = 16, **attributes: object) -> Markup:
    """An icon drawn in place, for drawings that carry no sprite; (x, y) is its upper left."""
    inner = _shape(name)
    return el(
        "g", inner, class_="glyph", transform=f"translate({x:g} {y:g}) scale({size / 20:g})",
        **attributes,
    )  # fmt: skip


def channel(name: str) -> str:
    """The name of the icon of a channel."""
    return CHANNELS.get(re.sub(r"[\s_-]+", " ", name.casefold()).strip(), "touch")


def sprite(names: Iterable[str]) -> Markup:
    """The icons that a page uses, to stand once at the start of its body."""
    symbols = (
        el("symbol", _shape(name), id=f"i-{name}", viewBox="0 0 20 20")
        for name in sorted(set(names))
    )
    return el("svg", join(symbols), class_="vh", aria_hidden="true", width=0, height=0)


def _shape(name: str) -> Markup:
    found = _shapes().get(name)
    if found is None:
        raise UnknownName("icon", name, _shapes())
    return found


@cache
def _shapes() -> dict[str, Markup]:
    """What is inside each symbol of icons.svg, without its namespace."""
    space = "{http://www.w3.org/2000/svg}"
    root = ET.fromstring((files(__package__) / "icons.svg").read_text("utf-8"))  # noqa: S314 - our own file
    return {
        symbol.attrib["id"]: join(
            el(part.tag.removeprefix(space), **part.attrib) for part in symbol
        )
        for symbol in root.iter(f"{space}symbol")
    }

"""Small pure functions for the shapes that drawings are made of.

Everything returns `Markup`; text given to them is escaped, so names from anybody's data are safe.
Colours are classes (see drawing.css) or CSS variables, so that one drawing serves both themes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files

from markupsafe import Markup, escape

from travesia.draw import tokens
from travesia.draw.curves import num
from travesia.draw.labels import measure

_EMPTY = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta"})


def el(tag: str, *children: object, **attributes: object) -> Markup:
    """An HTML or SVG element.

    `class_` gives `class`, `stroke_width` gives `stroke-width`; None and False leave an attribute
    out, True writes it bare, numbers are rounded to a tenth. Children that are not Markup are
    escaped; None is left out.
    """
    head = "".join(_attribute(*pair) for pair in attributes.items())
    if tag in _EMPTY:
        return Markup(f"<{tag}{head}>")  # noqa: S704 - head is escaped above
    return Markup(f"<{tag}{head}>{join(children)}</{tag}>")  # noqa: S704 - as above


def join(children: Iterable[object]) -> Markup:
    """One piece of markup from several; what is not markup is escaped, None is left out."""
    return Markup("".join([escape(child) for child in children if child is not None]))  # noqa: S704 - every part is escaped


def text(x: float, y: float, content: object, *, kind: str = "", **attributes: object) -> Markup:
    """A text at (x, baseline y). `kind` is a list of classes: b, sec, pain, good, acc, att, ver."""
    return el("text", content, x=x, y=y, class_=f"t12 {kind}".strip(), **attributes)


def bold(content: object) -> Markup:
    """The strong part of a text."""
    return el("tspan", content, class_="b")


def rect(x: float, y: float, width: float, height: float, **attributes: object) -> Markup:
    """A rectangle; negative sizes are none."""
    return el("rect", x=x, y=y, width=max(width, 0), height=max(height, 0), **attributes)


def path(d: str, **attributes: object) -> Markup:
    """A path from its commands."""
    return el("path", d=d, **attributes)


def ribbon(start: tuple[float, float, float], end: tuple[float, float, float]) -> str:
    """Commands of a flow's ribbon; each end is (x, upper y, lower y)."""
    (x0, top0, low0), (x1, top1, low1) = start, end
    middle = num((x0 + x1) / 2)
    return (
        f"M{num(x0)} {num(top0)}C{middle} {num(top0)} {middle} {num(top1)} {num(x1)} {num(top1)}"
        f"V{num(low1)}C{middle} {num(low1)} {middle} {num(low0)} {num(x0)} {num(low0)}Z"
    )


def exit_ribbon(
    x: float, top: float, low: float, length: float, fade: str = "fade-out", **attributes: object
) -> Markup:
    """What leaves: a stub that fades out where it happens (`fade` names a gradient of `fades`)."""
    d = f"M{num(x)} {num(top)}h{num(length)}V{num(low)}H{num(x)}Z"
    return path(d, class_="out", fill=f"url(#{fade})", **attributes)


def fades(prefix: str = "") -> Markup:
    """The gradients that exits fade out with, for an SVG's head. Give each drawing its prefix."""
    return el(
        "defs",
        _fade(f"{prefix}fade-out", "var(--pain)", 0.3, 0),
        _fade(f"{prefix}fade-end", "var(--edge)", 0.16, 0),
        _fade(f"{prefix}fade-in", "var(--edge)", 0, 0.16),
    )


def return_arrow(x_from: float, x_to: float, top: float, depth: float, width: float) -> str:
    """Commands of a line that leaves downwards at `x_from` and comes up again at `x_to`."""
    radius = min(14.0, abs(x_from - x_to) / 2, depth)
    side = math.copysign(radius, x_to - x_from)
    low = num(top + depth)
    bend = num(top + depth - radius)
    return (
        f"M{num(x_from)} {num(top)}V{bend}Q{num(x_from)} {low} {num(x_from + side)} {low}"
        f"H{num(x_to - side)}Q{num(x_to)} {low} {num(x_to)} {bend}V{num(top + 4 + width)}"
    )


def arrow_up(x: float, y: float, size: float, **attributes: object) -> Markup:
    """An arrow's head that points up at (x, y)."""
    half = num(size)
    return path(
        f"M{num(x - size)} {num(y + 1.4 * size)}h{num(2 * size)}l-{half} -{num(1.4 * size)}z",
        **attributes,
    )


def arrow_right(x: float, y: float, size: float, **attributes: object) -> Markup:
    """An arrow's head that points right at (x, y)."""
    d = f"M{num(x - 1.4 * size)} {num(y - size)}v{num(2 * size)}l{num(1.4 * size)} -{num(size)}z"
    return path(d, **attributes)


def chevron(
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    first: bool = False,
    tip: float = 6,
    **attributes: object,
) -> Markup:
    """A stage's arrow; the first one starts straight."""
    half = height / 2
    notch = "" if first else f"l{num(tip)} -{num(half)}"
    d = (
        f"M{num(x)} {num(y)}h{num(width)}l{num(tip)} {num(half)}l-{num(tip)} {num(half)}"
        f"H{num(x)}{notch}Z"
    )
    return path(d, **attributes)


def pill(x: float, y: float, content: str, **attributes: object) -> Markup:
    """A label in a rounded frame, centred on (x, y)."""
    width = measure(content, 12, 600) + 20
    return el(
        "g",
        rect(x - width / 2, y - 12, width, 24, rx=12, class_="pill"),
        text(x, y + 4, content, kind="acc b", text_anchor="middle"),
        **attributes,
    )


def face(
    x: float,
    y: float,
    valence: float,
    *,
    assumed: bool = False,
    radius: float = 10,
    **attributes: object,
) -> Markup:
    """A face from -2 (frustrated) to +2 (delighted); an assumed one is hollow and dashed."""
    step = min(4, max(0, int((valence + 2) / 0.8)))  # five equal bands
    scale = radius / 10
    return el(
        "g",
        el("circle", r=10),
        path(f"M-3.2 -2.6v1.2M3.2 -2.6v1.2{_mouth(valence)}"),
        class_=f"face e{step}{' assumed' if assumed else ''}",
        transform=f"translate({num(x)} {num(y)})" + (f" scale({scale:.2f})" if scale != 1 else ""),
        **attributes,
    )


def _mouth(valence: float) -> str:
    """From a bow downwards to a bow upwards, as far as the valence goes."""
    held = min(2.0, max(-2.0, valence))
    corner = num(3.1 - 0.8 * held)
    return f"M-4 {corner}Q0 {num(3.1 + 1.7 * held)} 4 {corner}"


def scale(low: float, high: float, start: float, end: float) -> tuple[float, float]:
    """(offset, factor) so that `offset + factor * value` maps low..high onto start..end."""
    factor = (end - start) / (high - low) if high != low else 0.0
    return (start - factor * low if factor else (start + end) / 2), factor


def interval_bar(
    width: float,
    value: float,
    low: float,
    high: float,
    *,
    target: float | None = None,
    compared: float | None = None,
    reference: float | None = None,
    kind: str = "",
) -> Markup:
    """A value in its interval on a scale of its own, 16 px high.

    The scale reaches over everything shown with a fifth of air on both sides: such bars compare a
    number with its own target and past, never with the bar beside it.
    """
    marks = [one for one in (value, low, high, target, compared, reference) if one is not None]
    air = (max(marks) - min(marks)) * 0.2 or abs(value) * 0.1 or 1.0
    offset, factor = scale(min(marks) - air, max(marks) + air, 0, width)

    def at(one: float) -> float:
        return offset + factor * one

    return el(
        "svg",
        path(f"M0 8H{num(width)}", class_="track"),
        None if reference is None else path(f"M{num(at(reference))} 3V13", class_="ref"),
        rect(at(low), 5, max(at(high) - at(low), 1), 6, rx=2, class_=f"iv {kind}".strip()),
        None if target is None else path(f"M{num(at(target))} 1V15", class_="target"),
        None if compared is None else el("circle", cx=at(compared), cy=8, r=2.5, class_="past"),
        path(f"M{num(at(value))} 3V13", class_=f"value {kind}".strip()),
        class_="ib",
        viewBox=f"0 0 {num(width)} 16",
        width="100%",
        height=16,
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def hidden_table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Markup:
    """The same data for a reader who cannot see the drawing: the first column heads its row."""
    head = el("tr", *(el("th", name, scope="col") for name in columns))
    body = (el("tr", *(_table_cell(i, cell) for i, cell in enumerate(row))) for row in rows)
    return el("table", el("caption", caption), el("thead", head), el("tbody", *body), class_="vh")


def drawing(width: float, height: float, *body: object, label: str, **attributes: object) -> Markup:
    """The SVG element of a drawing; `label` says in one sentence what it shows."""
    return el(
        "svg",
        *body,
        xmlns="http://www.w3.org/2000/svg",
        width=width,
        height=height,
        viewBox=f"0 0 {num(width)} {num(height)}",
        role="img",
        aria_label=label,
        **attributes,
    )


def figure(svg: Markup, table: Markup | None = None) -> Markup:
    """A drawing that stands alone in a notebook or a report: styles, both themes, its table.

    The styles reach only inside the figure, follow the system's theme, and those of Jupyter and
    VS Code where they differ from it.
    """
    return el("figure", el("style", Markup(_figure_css())), svg, table, class_="travesia")  # noqa: S704 - our own file


@cache
def drawing_css() -> str:
    """The classes that the shapes of this file wear."""
    return (files(__package__) / "drawing.css").read_text("utf-8")


@cache
def _figure_css() -> str:
    light, dark = (
        tokens.css(root=".travesia").split(head, 1)[1].split("}", 1)[0]
        for head in (".travesia{", "[data-theme=dark]{")
    )
    return (
        f"{tokens.css(root='.travesia')}"
        f"{_inside('light', 'true', light)}{_inside('dark', 'false', dark)}"
        f".travesia{{margin:0;padding:16px;overflow:auto;background:var(--surface);"
        f"color:var(--ink);font:400 14px/20px {tokens.SANS};font-variant-numeric:tabular-nums}}"
        f".travesia .vh{{position:absolute;width:1px;height:1px;overflow:hidden;"
        f"clip-path:inset(50%)}}" + drawing_css()
    )


def _inside(theme: str, jupyter: str, declarations: str) -> str:
    """The theme of the page around a figure, where that page says which it is."""
    around = (f"[data-theme={theme}]", f"[data-jp-theme-light={jupyter}]", f".vscode-{theme}")
    return ",".join(f"{one} .travesia" for one in around) + f"{{{declarations}}}"


def _attribute(name: str, value: object) -> str:
    if value is None or value is False:
        return ""
    # SVG has names with capitals (viewBox) and HTML has names with dashes; none has underscores
    key = name.rstrip("_").replace("_", "-")
    if value is True:
        return f" {key}"
    return f' {key}="{escape(num(value) if isinstance(value, float) else value)}"'


def _fade(name: str, colour: str, first: float, last: float) -> Markup:
    stops = (
        el("stop", offset=str(i), style=f"stop-color:{colour};stop-opacity:{one:g}")
        for i, one in enumerate((first, last))
    )
    return el("linearGradient", *stops, id=name)


def _table_cell(column: int, cell: object) -> Markup:
    return el("td", cell) if column else el("th", cell, scope="row")

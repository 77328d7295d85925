"""The design's tokens: one table for pages, drawings and charts, in light and dark.

Whoever needs a colour takes it from here: as a CSS variable (`var("ink")`, declared by `css()`),
or as a plain hexadecimal value for charts that know no CSS (`colour("ink", "dark")`).
"""

from __future__ import annotations

import re
import zlib
from typing import Literal

from travesia.errors import UnknownName

Theme = Literal["light", "dark"]

COLOURS: dict[str, tuple[str, str]] = {
    "paper": ("#FAFAF7", "#0E1720"),
    "surface": ("#FFFFFF", "#15212C"),
    "line": ("#E3E6E2", "#253442"),
    "hair": ("#C9CFCC", "#3A4C5C"),
    "control": ("#85919B", "#5F7383"),
    "ink": ("#16202B", "#E8EEF2"),
    "ink2": ("#51606F", "#9FB0BE"),
    "sea": ("#0B6E82", "#4CC0D1"),
    "soft": ("#E2F1F3", "#12333B"),
    "onsea": ("#FFFFFF", "#0E1720"),
    "pain": ("#B4420F", "#F08A5D"),
    "attention": ("#7F570B", "#E2B24A"),
    "good": ("#2F7D4F", "#6CC08B"),
    "hover": ("#F4F5F2", "#1A2833"),
    "wash": ("#0E95BC", "#0E95BC"),
    "edge": ("#1F5666", "#A5D5DF"),
    # emotion from -2 to +2, with its own lighter steps in the dark, and the ink of a face on each
    "v1": ("#B35806", "#E07B2A"),
    "v2": ("#F1A340", "#F1B465"),
    "v3": ("#E5E7EB", "#C3CCD4"),
    "v4": ("#67A9CF", "#7FBBDD"),
    "v5": ("#2166AC", "#5B9BDB"),
    "f1": ("#FFFFFF", "#0E1720"),
    "f2": ("#16202B", "#0E1720"),
    "f3": ("#16202B", "#0E1720"),
    "f4": ("#16202B", "#0E1720"),
    "f5": ("#FFFFFF", "#0E1720"),
    # where a node stands along the journey, and what follows it (one hue, stepped)
    "n1": ("#9CCAD2", "#2D6672"),
    "n2": ("#74B3BF", "#377D8A"),
    "n3": ("#4E9BAA", "#4095A3"),
    "n4": ("#2C8396", "#46ABBA"),
    "n5": ("#0B6E82", "#4CC0D1"),
}
"""Name: (light, dark). In CSS each is `--name`."""

STAGE_ENDS = (("#DCEEF1", "#70B2BF"), ("#123039", "#256573"))
"""The first and the last stage's colour, light and dark: one hue, stepped in lightness."""

CATEGORIES = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#D55E00",
    "#56B4E9",
    "#7A8690",
    "#F0E442",
)
"""Okabe-Ito, for bars beside a label; never alone, never for icons or text."""

SHADOW = (
    "0 8px 24px rgb(22 32 43/.12),0 1px 2px rgb(22 32 43/.08)",
    "0 8px 24px rgb(0 0 0/.5)",
)
WEIGHTS = (400, 500, 600)
SANS = 'Inter,system-ui,-apple-system,"Segoe UI",Roboto,sans-serif'

_CHANNEL_COLOURS = {
    "web": 0,
    "app": 0,
    "mobile": 0,
    "mail": 1,
    "email": 1,
    "newsletter": 1,
    "store": 2,
    "shop": 2,
    "physical": 2,
    "social": 3,
    "phone": 4,
    "call": 4,
    "chat": 5,
    "helpdesk": 5,
    "help desk": 5,
    "support": 5,
    "search": 6,
    "indirect": 6,
    "": 6,
}


def var(name: str) -> str:
    """The CSS reference of a token: `var(--ink)`."""
    return f"var(--{_known(name)})"


def colour(name: str, theme: Theme = "light") -> str:
    """The hexadecimal value of a token in one theme."""
    return COLOURS[_known(name)][theme == "dark"]


def category(name: str, channel: str = "") -> str:
    """A category's colour: the same on every page, because only its name decides.

    Known channels have colours of their own; any other name is given one by its checksum.
    """
    key = re.sub(r"[\s_-]+", " ", (channel or name).casefold()).strip()
    found = _CHANNEL_COLOURS.get(key)
    return CATEGORIES[zlib.crc32(key.encode()) % 7 if found is None else found]


def stages(count: int, theme: Theme = "light") -> list[str]:
    """The colours of so many stages in order."""
    first, last = STAGE_ENDS[theme == "dark"]
    return [_mix(first, last, i / max(count - 1, 1)) for i in range(count)]


def css(stages_shown: int = 7, root: str = ":root") -> str:
    """Both themes as CSS variables on `root`.

    `data-theme` on `root` decides; without it, the system's preference does.
    """
    light, dark = (_declarations(theme, stages_shown) for theme in ("light", "dark"))
    return (
        f"{root}{{color-scheme:light;{light}}}"
        f"{root}[data-theme=dark]{{color-scheme:dark;{dark}}}"
        f"@media(prefers-color-scheme:dark){{"
        f"{root}:not([data-theme=light]){{color-scheme:dark;{dark}}}}}"
    )


def print_css(stages_shown: int = 7, root: str = ":root") -> str:
    """The light theme on white, for paper, whatever theme the screen shows."""
    light = _declarations("light", stages_shown)
    white = "--paper:#FFFFFF;--line:#D5D9D5;--hair:#AEB6B3;--ink2:#434F5B;--shadow:none"
    return f"{root}:not(#_){{color-scheme:light;{light}{white}}}"  # stronger than any theme


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _known(name: str) -> str:
    if name not in COLOURS:
        raise UnknownName("token", name, COLOURS)
    return name


def _declarations(theme: Theme, stages_shown: int) -> str:
    dark = theme == "dark"
    tokens = {name: pair[dark] for name, pair in COLOURS.items()}
    tokens |= {f"s{i}": value for i, value in enumerate(stages(stages_shown, theme))}
    tokens |= {f"c{i}": value for i, value in enumerate(CATEGORIES)}
    tokens |= {"shadow": SHADOW[dark], "washp": "4%" if dark else "3%"}
    return "".join(f"--{name}:{value};" for name, value in tokens.items())


def _channels(value: str) -> tuple[int, int, int]:
    return int(value[1:3], 16), int(value[3:5], 16), int(value[5:7], 16)


def _mix(one: str, other: str, share: float) -> str:
    """A colour between two of the same hue; sRGB is near enough to even steps for those."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def _luminance(value: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(value))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

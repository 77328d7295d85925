"""The pattern language: a small regular language over touchpoints.

    cart -> purchase                  purchase right after cart
    cart -> .* -> purchase            later, whatever comes between
    cart => purchase                  the same, shorter
    cart =>(<=2d) purchase            within two days of the cart
    [cart | wishlist] ->(>=1h) visit  one of several, then a visit at least an hour later
    start -> [^purchase]* -> end      a whole journey without purchase
    (search -> product){2,}           two or more times in a row
    "Take in charge ticket"           names with spaces stand in quotes

`->` is "right after", `=>` is "later". A bound on an arrow holds between the last interaction of
what is left of it and the first of what is right of it; where a part between two arrows is
empty, both bounds hold. Matching is unanchored unless `start` or `end` say so.

A pattern becomes a Glushkov automaton: one position a symbol, edges that carry the bounds. Where
there are no bounds it is made deterministic, and a row costs one look-up an interaction. Else the
kernel keeps the set of active positions (and, for `=>` with a bound, the most favourable time at
which the gap began: the latest for <=, the earliest for >=), so it is linear in the events.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from travesia.engines.blocks import Block, Rows
from travesia.engines.scope import Vocabulary
from travesia.errors import InvalidValue
from travesia.record.durations import duration, microseconds

if TYPE_CHECKING:
    from lark import Lark, Tree

MOST_POSITIONS = 250
MOST_STATES = 1000
FOREVER = np.iinfo(np.int64).max

_GRAMMAR = r"""
?choice: sequence ("|" sequence)*
sequence: term (arrow term)*
arrow: NEXT BOUND? | LATER BOUND?
term: atom quantifier?
quantifier: STAR | PLUS | MAYBE | "{" INT "}" -> exactly | "{" INT "," INT? "}" -> between
?atom: name | any | one_of | none_of | start | end | "(" choice ")"
name: BARE | QUOTED
any: "."
one_of: "[" name ("|" name)* "]"
none_of: "[" "^" name ("|" name)* "]"
start: "start"
end: "end"
NEXT: "->"
LATER: "=>"
STAR: "*"
PLUS: "+"
MAYBE: "?"
BOUND: /\(\s*[<>]=[^)]*\)/
BARE: /[^\W\d][\w:\/.]*(?:-(?!>)[\w:\/.]+)*/
QUOTED: /"(?:[^"\\]|\\.)+"/
INT: /\d+/
%ignore /\s+/
"""


@dataclass(frozen=True, slots=True)
class Bound:
    """How far apart two interactions may be, in microseconds."""

    least: int = 0
    most: int = FOREVER

    def __and__(self, other: Bound) -> Bound:
        return Bound(max(self.least, other.least), min(self.most, other.most))


Symbol = tuple[Literal["one", "none", "start", "end", "gap"], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Part:
    """What Glushkov's construction knows of a part of a pattern.

    Attributes:
        first: positions it can begin at.
        last: positions it can end at, with the bounds of the arrows passed since.
        empty: it can match nothing.
    """

    first: tuple[int, ...]
    last: tuple[tuple[int, Bound], ...]
    empty: bool


@dataclass(slots=True)
class Automaton:
    """Positions and edges under construction."""

    symbols: list[Symbol] = field(default_factory=list)
    edges: dict[tuple[int, int], Bound] = field(default_factory=dict)
    first: tuple[int, ...] = ()
    last: tuple[int, ...] = ()
    empty: bool = False

    def position(self, symbol: Symbol) -> int:
        """A new position for a symbol."""
        if len(self.symbols) == MOST_POSITIONS:
            raise InvalidValue(
                f"The pattern has more than {MOST_POSITIONS} places.",
                "Write * or + instead of large counts.",
            )
        self.symbols.append(symbol)
        return len(self.symbols) - 1

    def link(self, last: tuple[tuple[int, Bound], ...], first: tuple[int, ...], by: Bound) -> None:
        """Edges from every end to every beginning."""
        for source, passed in last:
            for target in first:
                self.edges[source, target] = passed & by


@dataclass(frozen=True, slots=True)
class States:
    """A deterministic automaton: one look-up an interaction.

    Attributes:
        class_of: code -> its class; then of the start and the end.
        table: the next state, by state and class; 0 is where rows begin.
        accepting: bool a state.
    """

    class_of: npt.NDArray[np.int32]
    table: npt.NDArray[np.int32]
    accepting: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Compiled:
    """An automaton over the codes of one vocabulary, as arrays for the kernel.

    Attributes:
        accepts: bool (positions, codes + 2); the last two columns are the start and the end.
        gap: bool a position: it waits inside a `=>`.
        sources, targets, least, most: an entry an edge.
        first, last: bool a position.
        empty: it matches every row without looking.
        states: the same as a table of states, where there are no bounds.
    """

    accepts: npt.NDArray[np.bool_]
    gap: npt.NDArray[np.bool_]
    sources: npt.NDArray[np.int32]
    targets: npt.NDArray[np.int32]
    least: npt.NDArray[np.int64]
    most: npt.NDArray[np.int64]
    first: npt.NDArray[np.bool_]
    last: npt.NDArray[np.bool_]
    empty: bool
    states: States | None = None

    @property
    def single(self) -> bool:
        """It is one interaction, which needs no automaton."""
        return self.first.size == 1 and not self.sources.size and not self.accepts[0, -2:].any()


def check(text: str) -> str:
    """The pattern, if it can be read.

    Raises:
        InvalidValue: it cannot, with the place where it stops being one.
    """
    automaton(text)
    return text


@cache
def automaton(text: str) -> Automaton:
    """The automaton of a pattern, before names become codes."""
    built = Automaton()
    try:
        whole = _choice(_tree(text), built)
    except RecursionError:
        raise InvalidValue("The pattern is nested too deeply.", "Drop parentheses.") from None
    built.first = whole.first
    built.last = tuple(position for position, _ in whole.last)
    built.empty = whole.empty
    return built


def occurrences(block: Block, compiled: Compiled, nth: int = 1, begin: Rows | None = None) -> Rows:
    """The interaction that completes the pattern for the nth time, an entry a row.

    Counts from 1, from the last when negative; rows are looked at from `begin` on (-1: not at
    all). -1 where there is none.
    """
    from travesia.record.pattern_kernels import find_accepted, find_pattern, find_states

    first = block.start if begin is None else begin
    if compiled.empty:
        return first
    if compiled.single:
        hits: Rows = find_accepted(first, block.stop, block.touchpoint, compiled.accepts[0], nth)
        return hits

    def find(wanted: Rows) -> tuple[Rows, Rows]:
        found: tuple[Rows, Rows]
        if compiled.states is not None:
            states = compiled.states
            found = find_states(
                first,
                block.start,
                block.stop,
                block.touchpoint,
                states.class_of,
                states.table,
                states.accepting,
                wanted,
            )
            return found
        found = find_pattern(
            first,
            block.start,
            block.stop,
            block.touchpoint,
            block.time,
            compiled.accepts,
            compiled.gap,
            compiled.sources,
            compiled.targets,
            compiled.least,
            compiled.most,
            compiled.first,
            compiled.last,
            wanted,
        )
        return found

    if nth > 0:
        return find(np.full(block.rows, nth, np.int32))[0]
    counts = find(np.zeros(block.rows, np.int32))[1]
    # a row with too few completions asks for one that cannot come
    from_front = counts + np.int32(nth + 1)
    return find(np.where(from_front > 0, from_front, -1).astype(np.int32))[0]


def names_in(text: str) -> tuple[str, ...]:
    """The touchpoints that a pattern names, in their order."""
    symbols = automaton(text).symbols
    return tuple(dict.fromkeys(name for _, names in symbols for name in names))


def compile_pattern(text: str, vocabulary: Vocabulary) -> Compiled:
    """The automaton over the codes of a vocabulary.

    Raises:
        InvalidValue: the pattern cannot be read.
        UnknownName: a touchpoint that does not exist.
    """
    built = automaton(text)
    size = len(vocabulary)
    accepts = np.zeros((len(built.symbols), size + 2), bool)
    for position, (kind, names) in enumerate(built.symbols):
        codes = vocabulary.codes(names)
        if kind in ("none", "gap"):
            accepts[position, :size] = True
            accepts[position, codes] = False
        elif kind == "one":
            accepts[position, codes] = True
        else:
            accepts[position, size if kind == "start" else size + 1] = True
    edges = list(built.edges.items())
    bounded = any(bound != Bound() for bound in built.edges.values())
    return Compiled(
        accepts,
        np.array([kind == "gap" for kind, _ in built.symbols], bool),
        np.array([source for (source, _), _ in edges], np.int32),
        np.array([target for (_, target), _ in edges], np.int32),
        np.array([bound.least for _, bound in edges], np.int64),
        np.array([bound.most for _, bound in edges], np.int64),
        _chosen(built.first, len(built.symbols)),
        _chosen(built.last, len(built.symbols)),
        built.empty,
        None if bounded else determined(built, accepts),
    )


def determined(built: Automaton, accepts: npt.NDArray[np.bool_]) -> States | None:
    """The automaton as a table of states, by the subset construction; None if it grows too large.

    States are sets of positions as bits of a whole number. The search is unanchored: the first
    positions can be entered at every interaction.
    """
    kinds, class_of = np.unique(accepts.T, axis=0, return_inverse=True)
    accepted = [_bits(np.flatnonzero(kind)) for kind in kinds]
    follow = [0] * len(built.symbols)
    for source, target in built.edges:
        follow[source] |= 1 << target
    first, last = _bits(built.first), _bits(built.last)
    number = {0: 0}
    rows: list[list[int]] = []
    for positions in iter(lambda: next(islice(number, len(rows), None), None), None):
        reached = first
        for place in _places(positions):
            reached |= follow[place]
        rows.append([number.setdefault(reached & one, len(number)) for one in accepted])
        if len(number) > MOST_STATES:
            return None
    accepting = np.array([positions & last != 0 for positions in number], bool)
    return States(class_of.reshape(-1).astype(np.int32), np.array(rows, np.int32), accepting)


def _bits(places: Iterable[int]) -> int:
    bits = 0
    for place in places:
        bits |= 1 << int(place)
    return bits


def _places(bits: int) -> Iterator[int]:
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def quoted(name: str) -> str:
    """A touchpoint's name as a pattern writes it."""
    bare = _parser().get_terminal("BARE").pattern.to_regexp()
    plain = re.fullmatch(bare, name) and name not in ("start", "end")
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return name if plain else f'"{escaped}"'


@cache
def _parser() -> Lark:
    from lark import Lark

    return Lark(_GRAMMAR, start="choice", parser="lalr", maybe_placeholders=False)


def _tree(text: str) -> Tree[Any]:
    from lark.exceptions import UnexpectedInput

    try:
        return _parser().parse(text)
    except UnexpectedInput as error:
        at_end = getattr(getattr(error, "token", None), "type", "") == "$END"
        place = len(text) + 1 if at_end else (error.pos_in_stream or 0) + 1
        raise InvalidValue(
            f"Cannot read the pattern {text!r} at character {place}.",
            "Write it like: cart => purchase, or start -> [^purchase]* -> end; "
            'names with spaces in "quotes".',
        ) from None


def _choice(tree: Tree[Any], built: Automaton) -> Part:
    if tree.data != "choice":
        return _sequence(tree, built)
    parts = [_sequence(one, built) for one in tree.children]
    return Part(
        tuple(position for part in parts for position in part.first),
        tuple(end for part in parts for end in part.last),
        any(part.empty for part in parts),
    )


def _sequence(tree: Tree[Any], built: Automaton) -> Part:
    whole = _term(tree.children[0], built)
    for arrow, term in zip(tree.children[1::2], tree.children[2::2], strict=True):
        kind, bound = _arrow(arrow)
        if kind == "=>":
            whole = _later(whole, _term(term, built), bound, built)
        else:
            whole = _then(whole, _term(term, built), bound, built)
    return whole


def _then(left: Part, right: Part, bound: Bound, built: Automaton) -> Part:
    built.link(left.last, right.first, bound)
    passed = tuple((position, before & bound) for position, before in left.last)
    return Part(
        left.first + right.first if left.empty else left.first,
        right.last + passed if right.empty else right.last,
        left.empty and right.empty,
    )


def _later(left: Part, right: Part, bound: Bound, built: Automaton) -> Part:
    """Left, a gap of anything that remembers when left ended, right."""
    if left.empty or right.empty:
        raise InvalidValue(
            "Both sides of => need at least one interaction.",
            "Write + instead of *, or leave the part out.",
        )
    gap = built.position(("gap", ()))
    built.link(left.last, (gap,), Bound())
    built.edges[gap, gap] = Bound()
    built.link(((gap, Bound()),), right.first, bound)
    built.link(left.last, right.first, bound)
    return Part(left.first, right.last, empty=False)


def _term(tree: Tree[Any], built: Automaton) -> Part:
    atom, *quantifier = tree.children
    least, most = _counts(quantifier[0]) if quantifier else (1, 1)
    if most == 0:
        return Part((), (), empty=True)
    part = _atom(atom, built)
    for _ in range(1, max(least, 1)):
        part = _then(part, _atom(atom, built), Bound(), built)
    if most is None:
        # one more round from the end of the last copy back to its own beginning
        again = _atom(atom, built)
        built.link(again.last, again.first, Bound())
        part = _then(part, replace(again, empty=True), Bound(), built)
    else:
        for _ in range(max(least, 1), most):
            part = _then(part, replace(_atom(atom, built), empty=True), Bound(), built)
    return replace(part, empty=part.empty or least == 0)


def _atom(tree: Tree[Any], built: Automaton) -> Part:
    kinds: dict[str, Literal["one", "none", "start", "end"]] = {
        "name": "one",
        "one_of": "one",
        "none_of": "none",
        "any": "none",
        "start": "start",
        "end": "end",
    }
    if tree.data not in kinds:
        return _choice(tree, built)
    leaves = [tree] if tree.data == "name" else tree.children
    names = tuple(_name(str(leaf.children[0])) for leaf in leaves)
    position = built.position((kinds[tree.data], names))
    return Part((position,), ((position, Bound()),), empty=False)


def _name(written: str) -> str:
    """A name as it is; in quotes, a backslash stands before a quote or a backslash."""
    return re.sub(r"\\(.)", r"\1", written[1:-1]) if written.startswith('"') else written


def _arrow(tree: Tree[Any]) -> tuple[str, Bound]:
    kind, *bound = tree.children
    if not bound:
        return str(kind), Bound()
    written = str(bound[0])[1:-1].strip()
    size = microseconds(duration(written[2:].strip()))
    return str(kind), Bound(most=size) if written.startswith("<") else Bound(least=size)


def _counts(tree: Tree[Any]) -> tuple[int, int | None]:
    numbers = [int(str(child)) for child in tree.children if str(child).isdigit()]
    if tree.data == "exactly":
        return numbers[0], numbers[0]
    if tree.data == "between":
        least, most = numbers[0], numbers[1] if len(numbers) > 1 else None
        if most is not None and most < least:
            raise InvalidValue(
                f"The count {{{least},{most}}} ends before it begins.",
                f"Write {{{most},{least}}}.",
            )
        return least, most
    return {"*": (0, None), "+": (1, None), "?": (0, 1)}[str(tree.children[0])]


def _chosen(positions: tuple[int, ...], size: int) -> npt.NDArray[np.bool_]:
    out = np.zeros(size, bool)
    out[list(positions)] = True
    return out

"""Which touchpoint an event is: matchers over the distinct values of columns, never over rows."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fnmatch import translate
from typing import TYPE_CHECKING, Any

from travesia.errors import InvalidValue, UnknownName
from travesia.record.touchpoints import Matcher, Touchpoint

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from travesia.record.catalogue import Catalogue
    from travesia.record.events import Events

OWN_NAMES = ("touchpoint", "event")
"""Both name the touchpoint's own column in a matcher, unless a further column has that name."""


@dataclass(frozen=True, slots=True)
class Try:
    """Whether a text satisfies a matcher; remembers every text it has seen."""

    matcher: Matcher
    seen: dict[str, bool]

    def __call__(self, text: str) -> bool:
        """Whether this text satisfies it."""
        known = self.seen.get(text)
        if known is None:
            known = self.seen[text] = _satisfies(self.matcher, text)
        return known


class Recogniser:
    """Recognises events as the first touchpoint whose matchers they satisfy."""

    def __init__(self, touchpoints: Iterable[Touchpoint]) -> None:
        self.keys: list[str] = []
        self.tests: list[dict[str, Try]] = []
        for one in touchpoints:
            _check(one)
            self.keys.append(one.key)
            matchers = one.match or {"touchpoint": _by_name(one)}
            self.tests.append({column: Try(each, {}) for column, each in matchers.items()})

    @property
    def columns(self) -> frozenset[str]:
        """The columns looked at, beside the touchpoint's own."""
        named = {column for tests in self.tests for column in tests}
        return frozenset(named - set(OWN_NAMES))

    def mapping(self, names: Iterable[str]) -> dict[str, str]:
        """Name -> key, for the names that some touchpoint matches by name alone."""
        by_name = [
            place for place, tests in enumerate(self.tests) if set(OWN_NAMES).issuperset(tests)
        ]
        found = {name: self._first(by_name, name) for name in names}
        return {name: self.keys[place] for name, place in found.items() if place < len(self.keys)}

    def over(self, events: Events) -> Events:
        """The events with the touchpoints' keys in place of the names that are recognised."""
        further = {column.name: column.kind for column in events.columns}
        for column in self.columns:
            if column not in further:
                known = (*OWN_NAMES, *further)
                raise UnknownName("column", column, known, "the events the catalogue looks at")
            if further[column] == "time":
                raise InvalidValue(
                    f"A matcher looks at {column!r}, which holds times.",
                    "Match texts and numbers; use the lens when() for times.",
                )
        own = {name for name in OWN_NAMES if name not in further}
        return replace(events, batches=self._renamed(events.batches, own))

    def _renamed(
        self, batches: Iterator[pa.RecordBatch], own: set[str]
    ) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            place = batch.schema.get_field_index("touchpoint")
            yield batch.set_column(place, "touchpoint", self._recognised(batch, own))

    def _recognised(self, batch: pa.RecordBatch, own: set[str]) -> pa.DictionaryArray:
        import numpy as np

        columns = _Columns(batch, own)
        names, codes = columns.texts("touchpoint")
        by_name = [place for place, tests in enumerate(self.tests) if own.issuperset(tests)]
        first = [self._first(by_name, name) for name in names]
        chosen: npt.NDArray[np.int64] = np.array(first, dtype=np.int64)[codes]
        for place in sorted(set(range(len(self.keys))) - set(by_name)):
            better = chosen > place
            for column, test in self.tests[place].items():
                better &= columns.satisfying(column, test)
            chosen[better] = place
        return _dictionary(self.keys, names, chosen, codes)

    def _first(self, places: list[int], name: str) -> int:
        """The first of these touchpoints that the name satisfies, else how many there are."""
        fitting = (one for one in places if all(test(name) for test in self.tests[one].values()))
        return next(fitting, len(self.keys))


class _Columns:
    """The columns of a batch as distinct texts and the position of each row's among them."""

    def __init__(self, batch: pa.RecordBatch, own: set[str]) -> None:
        self.batch, self.own = batch, own
        self.known: dict[str, tuple[list[str], npt.NDArray[np.int64]]] = {}

    def satisfying(self, column: str, test: Try) -> npt.NDArray[np.bool_]:
        import numpy as np

        texts, codes = self.texts("touchpoint" if column in self.own else column)
        return np.array([test(text) for text in texts], dtype=bool)[codes]

    def texts(self, column: str) -> tuple[list[str], npt.NDArray[np.int64]]:
        if column not in self.known:
            self.known[column] = _distinct(self.batch.column(column))
        return self.known[column]


def open_recognised(source: Any, catalogue: Catalogue | None, **names: Any) -> Events:
    """Open a source (see `tv.read`); with a catalogue, under its names.

    The further columns that the catalogue's matchers look at are read as well.

    Raises:
        UnknownName: an option or a column that does not exist.
    """
    from travesia.record.formats import open_events

    known = inspect.signature(open_events).parameters
    for name in names:
        if name not in known:
            options = [
                *(one for one in known if one not in ("as_before", "kinds")),
                "catalogue",
                "engine",
            ]
            raise UnknownName("option", name, options, "tv.read")
    if catalogue is None:
        return open_events(source, **names)
    asked = names.get("dimensions", ())
    dimensions = [asked] if isinstance(asked, str) else [*asked]
    named = {"channel", "value", *dimensions, *names.get("attributes", ())}
    if asked != "*":
        names["dimensions"] = (*dimensions, *sorted(catalogue.columns - named))
    return catalogue.recognise(open_events(source, **names))


def _distinct(array: pa.Array) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Distinct values as texts ("" is missing; a whole number has no point), and their codes."""
    import numpy as np
    import pyarrow as pa

    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    values = array.dictionary.to_pylist()
    texts = [f"{value:.15g}" if isinstance(value, float) else str(value) for value in values]
    codes = array.indices.cast(pa.int64()).fill_null(len(texts)).to_numpy(zero_copy_only=False)
    return [*texts, ""], np.asarray(codes, dtype=np.int64)


def _dictionary(
    keys: list[str],
    names: list[str],
    chosen: npt.NDArray[np.int64],
    codes: npt.NDArray[np.int64],
) -> pa.DictionaryArray:
    """Keys where a touchpoint was chosen, else the event's own name; only those used, each once."""
    import numpy as np
    import pyarrow as pa

    kept = chosen == len(keys)
    values: dict[str, int] = {}

    def placed(texts: list[str], positions: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
        """The place in the new dictionary of the text at each position."""
        used, back = np.unique(positions, return_inverse=True)
        places = [values.setdefault(texts[one], len(values)) for one in used]
        return np.array(places, dtype=np.int32)[back]

    places = np.empty(len(codes), dtype=np.int32)
    places[~kept] = placed(keys, chosen[~kept])
    places[kept] = placed(names, codes[kept])
    return pa.DictionaryArray.from_arrays(pa.array(places), pa.array(list(values), pa.string()))


def _by_name(touchpoint: Touchpoint) -> Matcher:
    """What recognises a touchpoint that says nothing of it: its key and its names, in any case."""
    name = touchpoint.name
    texts = {text for text in (touchpoint.key, name.es, name.en, name.any) if text}
    return Matcher(regex="(?i)^(?:" + "|".join(sorted(map(re.escape, texts))) + r")\Z")


def _satisfies(matcher: Matcher, text: str) -> bool:
    return (
        (matcher.equals is None or text == matcher.equals)
        and (matcher.one_of is None or text in matcher.one_of)
        and (matcher.glob is None or re.match(translate(matcher.glob), text) is not None)
        and (matcher.regex is None or re.search(matcher.regex, text) is not None)
    )


def _check(touchpoint: Touchpoint) -> None:
    for column, matcher in touchpoint.match.items():
        where = f"The matcher of {column!r} of touchpoint {touchpoint.key!r}"
        if matcher == Matcher():
            raise InvalidValue(f"{where} is empty.", "Give equals, in, glob or regex.")
        try:
            re.compile(matcher.regex or "")
        except re.error as error:
            raise InvalidValue(
                f"{where} is no regular expression: {error}.", "Mend it, or use glob."
            ) from error

"""Journeys: what customers went through, and the lenses they are looked at with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from travesia.engines.blocks import Block, NoColumns, Owners, frozen
from travesia.engines.groups import Grouping, grouping
from travesia.engines.local import Local
from travesia.engines.partials import Partial
from travesia.engines.passes import Engine, Fold, Marker, answers
from travesia.engines.scope import TOUCHPOINT, Scope, Vocabulary, moment
from travesia.errors import InvalidValue
from travesia.record.conditions import Condition, Scalar, equalities, joined
from travesia.record.events import SetAside
from travesia.record.lens_text import parse_chain
from travesia.record.lenses import (
    CHAIN,
    Anchor,
    Between,
    Collapse,
    Group,
    Lens,
    Matching,
    Sample,
    Split,
    Step,
    What,
    When,
    Who,
    chain_text,
)
from travesia.record.snapshot import Piece, Snapshot

if TYPE_CHECKING:
    from travesia.record.catalogue import Catalogue

Answer = TypeVar("Answer", covariant=True)  # noqa: PLC0105 - reads as what it is


class Askable(Protocol[Answer]):
    """What journeys need of a question."""

    @property
    def by(self) -> str | None:
        """The column it is answered by."""
        ...

    def passes(self, scope: Scope, done: Sequence[Partial]) -> Fold | None:
        """The next pass, given the partials of the passes done."""
        ...

    def answer(self, journeys: Journeys, grouping: Grouping, partials: Sequence[Partial]) -> Answer:
        """The answer that the partials amount to."""
        ...


class Journeys:
    """Customers' paths over touchpoints, seen through lenses. A value: it never changes.

    Lenses return new Journeys over the same data; they act in the order written.
    """

    def __init__(
        self, snapshot: Snapshot, lenses: Sequence[Lens] = (), engine: Engine | None = None
    ) -> None:
        self._snapshot = snapshot
        self._engine = engine or Local()
        self.lenses = tuple(lenses)

    # Lenses

    def who(self, condition: Condition | str | None = None, /, **equal: Any) -> Journeys:
        """Keep customers, whole: those who satisfy, or any of whose interactions does.

        Args:
            condition: `tv.col("value") > 100`, its text form, or `tv.Within(question, ...)`.
            **equal: columns and their value, or a list of values.
        """
        return self._through(Who(condition=_condition(condition, equal)))

    def what(self, condition: Condition | str | None = None, /, **equal: Any) -> Journeys:
        """Keep interactions that satisfy; a journey with none left disappears."""
        return self._through(What(condition=_condition(condition, equal)))

    def when(self, start: date | str | None = None, end: date | str | None = None) -> Journeys:
        """Keep the stretch of each journey inside [start, end); naive times are in the zone."""
        return self._through(When(start=_written(start), end=_written(end)))

    def matching(self, pattern: str) -> Journeys:
        """Keep journeys that contain the pattern, such as `cart => purchase`."""
        return self._through(Matching(pattern=pattern))

    def between(self, a: str | Anchor, b: str | Anchor) -> Journeys:
        """Keep the first stretch from anchor a to anchor b, both included."""
        return self._through(Between(a=_anchor(a), b=_anchor(b)))

    def split(
        self, *, gap: str | timedelta | None = None, after: str | None = None, by: str | None = None
    ) -> Journeys:
        """Make several journeys of one.

        Args:
            gap: visits: a new one after a longer pause.
            after: cycles: a new one after this touchpoint (or "one | another").
            by: one journey for each value of this column (an order, a ticket).
        """
        return self._through(Split(gap=gap, after=after, by=by))

    def collapse(self) -> Journeys:
        """Keep one of each run of equal touchpoints, the first."""
        return self._through(Collapse())

    def group(self, mapping: Mapping[str, str], others: str | None = None) -> Journeys:
        """Rename touchpoints: several become one, or each its stage; the rest become `others`."""
        return self._through(Group(mapping=dict(mapping), others=others))

    def sample(self, share: float, seed: int = 0) -> Journeys:
        """Keep a share of the customers, chosen by hash: the same ones every time."""
        return self._through(Sample(share=share, seed=seed))

    def through(self, lenses: str | Iterable[Lens | Mapping[str, Any]]) -> Journeys:
        """Add a whole chain: its text form, its JSON form, or lenses."""
        chain = parse_chain(lenses) if isinstance(lenses, str) else CHAIN.validate_python(lenses)
        return self._through(*chain)

    def with_lenses(self, lenses: Sequence[Lens]) -> Journeys:
        """The same data through these lenses, and no others."""
        return Journeys(self._snapshot, lenses, self._engine)

    # Asking

    @overload
    def ask(self, question: Askable[Answer], /) -> Answer: ...
    @overload
    def ask(self, question: Sequence[Askable[Answer]], /) -> list[Answer]: ...
    def ask(
        self, question: Askable[Answer] | Sequence[Askable[Answer]], /
    ) -> Answer | list[Answer]:
        """Ask a question, or several that share their passes over the data."""
        single = not isinstance(question, list | tuple)
        several: Sequence[Any] = [question] if single else list(question)  # type: ignore[arg-type]
        for one in several:
            if isinstance(one, type) or not hasattr(one, "passes"):
                raise InvalidValue(f"{one!r} is not a question.", "Ask one such as tv.Flow().")
        asked = [(one, grouping(self.scope, one.by)) for one in several]
        found = answers(asked, self.scope, self.sources, self._engine)
        answered: list[Answer] = [
            one.answer(self, group, partials)
            for (one, group), partials in zip(asked, found, strict=True)
        ]
        return answered[0] if single else answered

    def marked(self, marker: Marker) -> pa.Table:
        """The journeys that a marker chooses.

        Returns:
            `customer`, `start`, `end` (timestamps) and `interactions`, a row a journey, ordered
            by the hash of the customer.
        """
        found = list(self._engine.each(self.sources, Marked(marker)))
        return pa.concat_tables(found) if found else Marked.schema(self.key_type).empty_table()

    # Keeping

    def save(self, directory: str | Path) -> Journeys:
        """Write the journeys to a directory and read them from there from now on.

        Lenses are kept as they are: what is written is the data behind them.

        Raises:
            StoreBusy: another process is writing there.
        """
        from travesia.record import store

        return Journeys(store.save(self._snapshot, _place(directory)), self.lenses, self._engine)

    def append(self, source: Any, **names: Any) -> Journeys:
        """Add events; late ones land in their place. Takes the same options as `tv.read`.

        What is not named is read as the first source was: its columns, where the new source has
        them, its time zone, and its way of writing times, where that understands the new ones.
        Journeys read with a catalogue need it here again.

        Saved journeys publish the new state atomically; this value keeps the old one.

        Raises:
            InputError: the source cannot be read.
            StoreBusy: another process is writing.
        """
        from travesia.record import store
        from travesia.record.recognition import open_recognised

        kinds = self._snapshot.columns
        catalogue = names.pop("catalogue", None)
        names.setdefault("dimensions", tuple(one.name for one in kinds if not one.attribute))
        names.setdefault("attributes", tuple(one.name for one in kinds if one.attribute))
        names.setdefault("timezone", self._snapshot.zone)
        names |= {
            "as_before": self._snapshot.read_as,
            "kinds": {one.name: one.kind for one in kinds},
        }
        events = open_recognised(source, catalogue, **names)
        return Journeys(store.append(self._snapshot, events), self.lenses, self._engine)

    def compact(self) -> Journeys:
        """Merge all generations of every partition; answers do not change."""
        from travesia.record import store

        return Journeys(store.compact(self._snapshot), self.lenses, self._engine)

    def with_attributes(self, table: Any, customer: str = "customer") -> Journeys:
        """Describe customers with the columns of a table (anything that offers Arrow).

        Args:
            table: a row a customer.
            customer: its column with the customer's id.
        """
        from travesia.record import store

        given = pa.table(table)
        described = store.with_attributes(
            self._snapshot,
            given.rename_columns(
                ["customer" if name == customer else name for name in given.column_names]
            ),
        )
        return Journeys(described, self.lenses, self._engine)

    # What they are

    @cached_property
    def scope(self) -> Scope:
        """What is known of the whole, after the lenses."""
        return self._bound[0]

    @property
    def snapshot(self) -> Snapshot:
        """The data behind the lenses."""
        return self._snapshot

    @property
    def touchpoints(self) -> tuple[str, ...]:
        """The touchpoints' names, in order of first appearance (or as grouped)."""
        return self.scope.touchpoints.listed

    @property
    def columns(self) -> Mapping[str, str]:
        """Further columns and what they hold: "text", "number" or "time"."""
        return self.scope.columns

    @property
    def key_type(self) -> pa.DataType:
        """The type of customers' ids: string or int64."""
        pieces = self._snapshot.pieces
        return pieces[0].batch.schema.field("key").type if pieces else pa.string()

    @property
    def customers(self) -> int:
        """How many customers are left."""
        return self._counts[0]

    @property
    def rows(self) -> int:
        """How many journeys are left: customers, or their visits or cycles after `split`."""
        return self._counts[1]

    @property
    def events(self) -> int:
        """How many interactions are left."""
        return self._counts[2]

    @property
    def since(self) -> datetime:
        """When observation begins (UTC)."""
        return moment(self.scope.since)

    @property
    def until(self) -> datetime:
        """When observation ends (UTC)."""
        return moment(self.scope.until)

    @property
    def set_aside(self) -> SetAside:
        """Rows of the source that could not be used, with reasons and examples."""
        return self._snapshot.set_aside

    @property
    def said(self) -> tuple[tuple[str, str], ...]:
        """What was recognised when the source was read, as (what, how)."""
        return self._snapshot.said

    @property
    def text(self) -> str:
        """The lenses as text, which `through` reads."""
        return chain_text(self.lenses)

    def to_json(self) -> list[Any]:
        """The lenses as JSON, which `through` reads."""
        found: list[Any] = CHAIN.dump_python(self.lenses, mode="json")
        return found

    def to_arrow(self) -> pa.Table:
        """The journeys as a table: customer, touchpoint (list of strings), time (list)."""
        found = list(self._engine.each(self.sources, Written(self.scope.touchpoints)))
        return pa.concat_tables(found) if found else Written.schema(self.key_type).empty_table()

    def __repr__(self) -> str:
        lenses = f".{self.text}" if self.lenses else ""
        facts = self._snapshot
        return (
            f"<Journeys of {facts.customers:,} customers over "
            f"{len(facts.vocabularies[TOUCHPOINT]):,} touchpoints, "
            f"{facts.events:,} interactions>{lenses}"
        )

    def __len__(self) -> int:
        return self.rows

    # Inside

    def _through(self, *lenses: Lens) -> Journeys:
        seen = Journeys(self._snapshot, (*self.lenses, *lenses), self._engine)
        _ = seen.scope  # names that do not exist are told at once
        return seen

    @cached_property
    def _bound(self) -> tuple[Scope, tuple[Step, ...]]:
        scope = _scope(self._snapshot)
        steps = []
        for lens in self.lenses:
            steps.append(lens.bind(scope))
            scope = lens.scope(scope)
        return scope, tuple(steps)

    @property
    def sources(self) -> list[PieceSource | NoSource]:
        """Where blocks come from: values that open anywhere."""
        steps = self._bound[1]
        vocabularies = _scope(self._snapshot).vocabularies
        return [
            PieceSource(piece, self._snapshot.attributes.get(piece.partition), vocabularies, steps)
            for piece in self._snapshot.pieces
        ] or [NoSource(self.columns)]

    @cached_property
    def _counts(self) -> tuple[int, int, int]:
        if not self.lenses:
            facts = self._snapshot
            return facts.customers, facts.customers, facts.events
        found = list(self._engine.each(self.sources, counted))
        totals = np.array(found, np.int64).reshape(-1, 3).sum(axis=0)
        return int(totals[0]), int(totals[1]), int(totals[2])


def read(
    source: Any,
    *,
    customer: str | None = None,
    touchpoint: str | None = None,
    time: str | None = None,
    order: str | None = None,
    channel: str | None = None,
    value: str | None = None,
    dimensions: Sequence[str] | str = (),
    attributes: Sequence[str] = (),
    timezone: str = "UTC",
    catalogue: Catalogue | None = None,
    engine: Engine | None = None,
    **options: Any,
) -> Journeys:
    """Read events into journeys.

    Args:
        source: paths or globs of CSV, TSV, JSONL, Parquet, XES (also compressed), or any object
            that offers Arrow (pandas, Polars, PyArrow, DuckDB).
        customer: the column of customers' ids; usual names are recognised when not named.
        touchpoint: the column that says what happened.
        time: the column that says when.
        order: a column that decides between equal times.
        channel: the column of the medium (web, mail, store, ...).
        value: the column of what the interaction was worth.
        dimensions: further columns of interactions; "*" for all.
        attributes: further columns that describe the customer; the last known value counts.
        timezone: IANA zone of times without one, and of days and weeks.
        catalogue: recognises events as its touchpoints while they are read; the columns that its
            matchers look at are kept.
        engine: where questions run; this machine's threads by default.
        **options: of the format: delimiter, encoding, quote, time_format, lifecycle.

    Raises:
        InputError: the source cannot be read.
        UnknownName: a column that does not exist.
    """
    from travesia.record.build import build
    from travesia.record.recognition import open_recognised

    events = open_recognised(
        source,
        catalogue,
        customer=customer,
        touchpoint=touchpoint,
        time=time,
        order=order,
        channel=channel,
        value=value,
        dimensions=dimensions,
        attributes=attributes,
        timezone=timezone,
        **options,
    )
    return Journeys(build(events), engine=engine)


def open_journeys(
    directory: str | Path, *, verify: bool = False, engine: Engine | None = None
) -> Journeys:
    """Open saved journeys, memory-mapped.

    Args:
        directory: where they were saved.
        verify: read every file and compare it with the checksum of what was written. Without it,
            rows are looked at when they are first used, and only for what cannot be.
        engine: where questions run; this machine's threads by default.

    Raises:
        NotAStore: there are none in this directory.
        StoreDamaged: a file is missing or not what was written.
    """
    from travesia.record import store

    return Journeys(store.open_snapshot(_place(directory), verify=verify), engine=engine)


# Blocks of the record: values that know where their data is


@dataclass(frozen=True)
class PieceSource:
    """A piece, and the steps its block goes through."""

    piece: Piece
    attributes: pa.Table | None
    vocabularies: Mapping[str, Vocabulary]
    steps: tuple[Step, ...]

    def __call__(self) -> Block:
        """Open the block and look at it through the steps."""
        block = self._block()
        for step in self.steps:
            block = step(block)
        return block

    def _block(self) -> Block:
        piece = self.piece
        size, live, offsets = piece.batch.num_rows, piece.live, piece.offsets
        owners = Owners(piece.keys, piece.hashes, self._attribute)
        group = frozen(np.zeros(size, np.int32))
        every = frozen(np.arange(size, dtype=np.int32))
        block = Block(offsets[:-1], offsets[1:], every, piece.columns, owners, group)
        return block if live is None else block.take(live.astype(np.intp))

    def _attribute(self, name: str) -> npt.NDArray[np.generic]:
        keys = self.piece.keys
        table = self.attributes
        if table is None:
            return self._described(pa.nulls(len(keys), pa.string()), name)
        where = pc.index_in(keys, value_set=table.column("key"))
        return self._described(table.column(name).take(where), name)

    def _described(self, values: Any, name: str) -> npt.NDArray[np.generic]:
        if isinstance(values, pa.ChunkedArray):
            values = values.combine_chunks()
        if name in self.vocabularies:
            texts = values.cast(pa.string()).fill_null("")
            codes = pc.index_in(texts, value_set=self.vocabularies[name].names)
            return np.asarray(codes.to_numpy())
        if pa.types.is_timestamp(values.type):
            missing = np.iinfo(np.int64).min
            return np.asarray(values.cast(pa.int64()).fill_null(missing).to_numpy())
        return np.asarray(values.cast(pa.float64()).fill_null(np.nan).to_numpy())


@dataclass(frozen=True)
class NoSource:
    """The source of journeys of nothing: one block without rows."""

    kinds: Mapping[str, str]

    def __call__(self) -> Block:
        """A block without rows."""
        none = frozen(np.empty(0, np.int32))
        hashes = frozen(np.empty(0, np.uint64))
        owners = Owners(pa.array([], pa.string()), hashes, NoColumns(self.kinds).__getitem__)
        return Block(none, none, none, NoColumns(self.kinds), owners, none)


@dataclass(frozen=True, slots=True)
class Marked:
    """The rows of a block that a marker chooses, as a table."""

    marker: Marker

    @staticmethod
    def schema(key: pa.DataType) -> pa.Schema:
        """The table's columns."""
        at = pa.timestamp("us", "UTC")
        return pa.schema({"customer": key, "start": at, "end": at, "interactions": pa.int64()})

    def __call__(self, block: Block) -> pa.Table:
        """Look at one block."""
        chosen = block.keep(self.marker.mark(block))
        at = pa.timestamp("us", "UTC")
        return pa.table(
            {
                "customer": chosen.keys(),
                "start": pa.array(chosen.time[chosen.start]).cast(at),
                "end": pa.array(chosen.time[chosen.stop - 1]).cast(at),
                "interactions": pa.array((chosen.stop - chosen.start).astype(np.int64)),
            }
        )


@dataclass(frozen=True, slots=True)
class Written:
    """The rows of a block as a table of lists."""

    vocabulary: Vocabulary

    @staticmethod
    def schema(key: pa.DataType) -> pa.Schema:
        """The table's columns."""
        return pa.schema(
            {
                "customer": key,
                "touchpoint": pa.list_(pa.string()),
                "time": pa.list_(pa.timestamp("us", "UTC")),
            }
        )

    def __call__(self, block: Block) -> pa.Table:
        """Look at one block."""
        sizes = (block.stop - block.start).astype(np.int64)
        ends = np.cumsum(sizes)
        flat = np.arange(int(sizes.sum())) + np.repeat(block.start - (ends - sizes), sizes)
        offsets = pa.array(np.concatenate([[0], ends]).astype(np.int32))
        names = self.vocabulary.names.take(pa.array(block.touchpoint[flat]))
        times = pa.array(block.time[flat]).cast(pa.timestamp("us", "UTC"))
        return pa.table(
            {
                "customer": block.keys(),
                "touchpoint": pa.ListArray.from_arrays(offsets, names),
                "time": pa.ListArray.from_arrays(offsets, times),
            }
        )


def counted(block: Block) -> tuple[int, int, int]:
    """Keys, rows and interactions of a block."""
    keys = np.count_nonzero(np.bincount(block.owner)) if block.rows else 0
    return int(keys), block.rows, int((block.stop - block.start).sum(dtype=np.int64))


def _scope(snapshot: Snapshot) -> Scope:
    vocabularies = {
        name: Vocabulary(names, TOUCHPOINT if name == TOUCHPOINT else f"{name} value")
        for name, names in snapshot.vocabularies.items()
    }
    return Scope(
        vocabularies,
        {column.name: column.kind for column in snapshot.columns},
        frozenset(column.name for column in snapshot.columns if column.attribute),
        snapshot.since,
        snapshot.until,
        snapshot.zone,
        snapshot.events,
        snapshot.customers,
        ordered=snapshot.ordered,
        snapshot=snapshot.number,
    )


def _condition(
    condition: Condition | str | None, equal: Mapping[str, Scalar | Iterable[Scalar]]
) -> Condition:
    from travesia.record.condition_text import parse

    given = parse(condition) if isinstance(condition, str) else condition
    if given is not None and not isinstance(given, Condition):
        raise InvalidValue(
            f"{given!r} is not a condition.", 'Write country="ES" or tv.col("value") > 100.'
        )
    return joined([*([] if given is None else [given]), *equalities(equal)])


def _place(directory: str | Path) -> Path:
    if not isinstance(directory, str | Path) or "\0" in str(directory):
        raise InvalidValue(
            f"{directory!r} is not the path of a directory.", 'Write it like "shop-journeys".'
        )
    return Path(directory)


def _written(when: date | str | None) -> str | None:
    return when.isoformat() if isinstance(when, date) else when


def _anchor(place: str | Anchor) -> Anchor:
    return Anchor(at=place) if isinstance(place, str) else place

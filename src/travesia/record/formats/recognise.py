"""Which column is which, where nobody said: by export shape, by name, and times by their values."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from travesia.errors import InputError
from travesia.locale import texts
from travesia.record.events import ColumnKind
from travesia.record.formats.feeds import clipped, unusable

_ = texts("record")

Role = Literal["customer", "touchpoint", "time", "order", "channel", "value"]
NEEDED: tuple[Role, ...] = ("customer", "time", "touchpoint")
ROLES: tuple[Role, ...] = ("customer", "touchpoint", "time", "order", "channel", "value")
# Never guessed from a name alone unless the column also holds the right kind.
KIND: dict[Role, ColumnKind] = {"order": "number", "value": "number", "channel": "text"}


@dataclass(frozen=True, slots=True)
class Shape:
    """How a well-known tool exports its events: the columns it has, and what they mean.

    Several columns for a role mean the first that is filled in each row, where they exist.
    """

    name: str
    has: tuple[str, ...]
    columns: Mapping[Role, tuple[str, ...]] = field(default_factory=dict)


SHAPES = (
    Shape(
        "Google Analytics 4",
        ("user_pseudo_id", "event_name", "event_timestamp"),
        {
            "customer": ("user_pseudo_id",),
            "touchpoint": ("event_name",),
            "time": ("event_timestamp",),
        },
    ),
    Shape(
        "Amplitude",
        ("amplitude_id", "event_type", "event_time"),
        {"customer": ("amplitude_id",), "touchpoint": ("event_type",), "time": ("event_time",)},
    ),
    Shape(
        "Amplitude",
        ("user_id", "event_type", "event_time"),
        {"customer": ("user_id",), "touchpoint": ("event_type",), "time": ("event_time",)},
    ),
    Shape(
        "Mixpanel",
        ("event", "properties.distinct_id", "properties.time"),
        {
            "customer": ("properties.distinct_id",),
            "touchpoint": ("event",),
            "time": ("properties.time",),
        },
    ),
    Shape(
        "Mixpanel",
        ("event", "distinct_id", "time"),
        {"customer": ("distinct_id",), "touchpoint": ("event",), "time": ("time",)},
    ),
    *(
        Shape(
            "Segment",
            (identifier, kind, time),
            {
                "customer": ("userId", "anonymousId"),
                "touchpoint": ("event", "name", "type"),
                "time": ("timestamp", "originalTimestamp"),
            },
        )
        for identifier in ("anonymousId", "userId")
        for kind in ("type", "event")
        for time in ("timestamp", "originalTimestamp")
    ),
)

# Best first. Compared without case, accents and signs: "Customer ID" is customer_id.
NAMES: dict[Role, str] = {
    "customer": (
        "case:concept:name customer_id customer customer_key customer_no customer_number cust_id "
        "id_cliente cliente_id cliente codigo_cliente numero_cliente num_cliente client_id client "
        "user_id userid user id_usuario usuario_id usuario visitor_id id_visitante visitante "
        "distinct_id person_id persona_id id_persona contact_id id_contacto member_id socio_id "
        "id_socio account_id account id_cuenta cuenta_id anonymous_id user_pseudo_id profile_id "
        "subscriber_id patient_id paciente_id case_id id_caso case caso incident_id ticket_id "
        "id_ticket session_id"
    ),
    "touchpoint": (
        "touchpoint touch_point punto_de_contacto punto_contacto concept:name event_name event "
        "nombre_evento evento activity activity_name actividad nombre_actividad action accion "
        "interaction interaccion event_type activity_type tipo_evento tipo_de_evento "
        "tipo_actividad action_type interaction_type step paso"
    ),
    "time": (
        "time:timestamp timestamp event_timestamp event_time event_datetime datetime date_time "
        "fecha_hora fecha_y_hora fechahora fecha_evento occurred_at happened_at ts time "
        "marca_de_tiempo marca_temporal momento event_date date fecha created_at creado_en "
        "fecha_creacion received_at sent_at data_stamp date_stamp time_stamp invoice_date "
        "order_date purchase_date fecha_factura fecha_pedido fecha_compra start_time "
        "start_timestamp complete_timestamp hora"
    ),
    "order": (
        "sequence sequence_number seq event_sequence event_index event_order secuencia orden order"
    ),
    "channel": "channel canal marketing_channel channel_name medium medio utm_medium",
    "value": (
        "value revenue amount valor importe ingresos order_value dollar_value purchase_value "
        "amount_usd importe_total monto"
    ),
}
# Where no name fits whole: how it may end.
ENDINGS: dict[Role, tuple[str, ...]] = {
    "customer": ("customerid", "clienteid", "userid", "clientid", "visitorid", "caseid"),
    "touchpoint": (
        "activitytype",
        "eventtype",
        "eventname",
        "activity",
        "actividad",
        "touchpoint",
        "evento",
    ),
    "time": ("timestamp", "datetime", "eventtime", "date", "time", "fecha", "fechahora"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """The columns of one role, how they were found, and what else it could have been."""

    columns: tuple[str, ...]
    how: str = ""
    others: tuple[str, ...] = ()


def recognise(
    kinds: Mapping[str, ColumnKind],
    named: Mapping[Role, tuple[str, ...]],
    is_time: Callable[[str], bool],
    where: str,
    left_out: Mapping[str, str] | None = None,
) -> dict[Role, Found]:
    """The columns of every role: as named, else by the export's shape, else by name.

    Raises:
        InputError: if customer, touchpoint or time cannot be told.
    """
    found: dict[Role, Found] = {
        role: Found(columns, _("as named")) for role, columns in named.items()
    }
    shape = shape_of(kinds)
    roles: tuple[Role, ...] = (*NEEDED, "order", "channel", "value")
    for role in roles:
        if role in found:
            continue
        taken = {column for one in found.values() for column in one.columns}
        free = {name: kind for name, kind in kinds.items() if name not in taken}
        one = _by_shape(role, shape, free) or _by_name(role, free)
        if one is None and role == "time":
            one = _by_ending(role, _dates(free, is_time)) or _by_values(free, is_time)
        elif one is None:
            one = _by_ending(role, free)
        if one is not None:
            found[role] = one
        elif role in NEEDED:
            _refuse_unusable(role, left_out or {}, where)
            raise _untold(role, tuple(kinds), where)
    return found


def shape_of(kinds: Mapping[str, ColumnKind]) -> Shape | None:
    """The tool whose export has these columns."""
    return next((shape for shape in SHAPES if all(column in kinds for column in shape.has)), None)


def folded(name: str) -> str:
    """A name without case, accents and signs."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return re.sub(r"[^a-z0-9]", "", plain)


def _by_shape(role: Role, shape: Shape | None, free: Mapping[str, ColumnKind]) -> Found | None:
    if shape is None:
        return None
    columns = tuple(name for name in shape.columns.get(role, ()) if name in free)
    return Found(columns, _("as {tool} exports it", tool=shape.name)) if columns else None


def _by_name(role: Role, free: Mapping[str, ColumnKind]) -> Found | None:
    ranks = {folded(name): rank for rank, name in reversed(list(enumerate(_ranking(role))))}
    fitting = [name for name in _of_kind(role, free) if folded(name) in ranks]
    fitting.sort(key=lambda name: ranks[folded(name)])
    return _first(fitting, _("by its name")) if fitting else None


def _by_ending(role: Role, free: Mapping[str, ColumnKind]) -> Found | None:
    for ending in ENDINGS.get(role, ()):
        if fitting := [name for name in free if folded(name).endswith(ending)]:
            return _first(fitting, _("by how its name ends"))
    return None


def _dates(free: Mapping[str, ColumnKind], is_time: Callable[[str], bool]) -> dict[str, ColumnKind]:
    """Columns that hold times, or by their name must: response_time is a duration."""
    sure = ("timestamp", "datetime")
    return {n: kind for n, kind in free.items() if folded(n).endswith(sure) or is_time(n)}


def _by_values(free: Mapping[str, ColumnKind], is_time: Callable[[str], bool]) -> Found | None:
    fitting = [name for name in free if is_time(name)]
    return Found((fitting[0],), _("the only column of times")) if len(fitting) == 1 else None


def _first(fitting: list[str], how: str) -> Found:
    return Found((fitting[0],), how, tuple(fitting[1:]))


def _ranking(role: Role) -> list[str]:
    return NAMES[role].split()


def _of_kind(role: Role, free: Mapping[str, ColumnKind]) -> list[str]:
    return [name for name, kind in free.items() if KIND.get(role, kind) == kind]


def _refuse_unusable(role: Role, left_out: Mapping[str, str], where: str) -> None:
    """A column that was left out, though it is called like the one that is missing."""
    usual, endings = {folded(name) for name in _ranking(role)}, ENDINGS.get(role, ())
    for name, why in left_out.items():
        if folded(name) in usual or folded(name).endswith(endings):
            raise unusable(where, name, why)


def _untold(role: Role, columns: tuple[str, ...], where: str) -> InputError:
    shown = ", ".join(repr(clipped(column, 40)) for column in columns[:30])
    more = f" and {len(columns) - 30} more" if len(columns) > 30 else ""
    repair = f'Name it, such as {role}="{clipped(columns[0], 40)}".'
    if any(re.fullmatch(r"[\d.,:/ -]+", column) for column in columns):
        repair = "That looks like a row: let the first line name the columns."
    return InputError(
        f"{where}: no column is called like a {role}. There are {shown}{more}.",
        repair,
    )

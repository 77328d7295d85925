"""Which column is which, where nobody said."""

from __future__ import annotations

import pytest

from travesia.errors import InputError, UnknownName
from travesia.record.formats.recognise import recognise, shape_of

NEVER = {"is_time": lambda _name: False, "where": "events.csv"}


def found(columns: str, **named: str) -> dict[str, tuple[str, ...]]:
    kinds = {}
    for column in columns.split():
        name, _, kind = column.partition("=")
        kinds[name] = kind or "text"
    roles = recognise(kinds, {role: (name,) for role, name in named.items()}, **NEVER)
    return {role: one.columns for role, one in roles.items()}


@pytest.mark.parametrize(
    "columns",
    [
        "user_id event timestamp",
        "CustomerID Touchpoint InvoiceDate",
        "case:concept:name concept:name time:timestamp",
        "incident_id incident_activity_type data_stamp",
        "cliente evento fecha",
        "id_cliente acción fecha_y_hora",
        "código_cliente punto_de_contacto marca_de_tiempo",
        "visitor_id action ts",
        "anonymous_id event_name created_at",
        "distinct_id activity datetime",
    ],
)
def test_usual_names_are_recognised(columns):
    customer, touchpoint, time = columns.split()
    roles = found(columns)
    assert roles["customer"] == (customer,)
    assert roles["touchpoint"] == (touchpoint,)
    assert roles["time"] == (time,)


def test_the_best_name_wins_and_the_others_are_said():
    kinds = dict.fromkeys(["session_id", "customer_id", "event", "action", "date", "ts"], "text")
    roles = recognise(kinds, {}, **NEVER)
    assert (roles["customer"].columns, roles["customer"].others) == (
        ("customer_id",),
        ("session_id",),
    )
    assert roles["touchpoint"].others == ("action",)
    assert roles["time"].columns == ("ts",)


def test_named_columns_are_not_taken_twice():
    assert found("user_id event action time", customer="event")["touchpoint"] == ("action",)


@pytest.mark.parametrize("name", ["channel", "canal", "utm_medium"])
def test_channels_are_recognised_if_unmistakable(name):
    assert found(f"user_id event time {name}")["channel"] == (name,)


def test_values_and_orders_must_be_numbers():
    base = "user_id event time"
    assert found(f"{base} importe=number seq=number")["value"] == ("importe",)
    assert found(f"{base} importe=number seq=number")["order"] == ("seq",)
    assert not {"value", "order"} & set(found(f"{base} value order"))


def test_what_cannot_be_told_names_the_columns_and_the_repair():
    with pytest.raises(InputError) as caught:
        found("age event time")
    assert "no column is called like a customer" in caught.value.what
    assert "'age', 'event', 'time'" in caught.value.what
    assert caught.value.repair == 'Name it, such as customer="age".'


def test_a_file_without_a_header_says_so(write, read):
    with pytest.raises(InputError) as caught:
        read(write("17,visit,2024-01-01\n18,buy,2024-01-02\n"))
    assert caught.value.repair == "That looks like a row: let the first line name the columns."


def test_money_is_a_number(write, read):
    text = "user_id;event;time;importe\na;x;2024-01-01;1.234,50 €\n"
    assert read(write(text)).column("value") == [1234.5]


@pytest.mark.parametrize(
    ("columns", "tool"),
    [
        ("event_date event_timestamp event_name user_id user_pseudo_id", "Google Analytics 4"),
        ("amplitude_id user_id event_type event_time", "Amplitude"),
        ("user_id event_type event_time", "Amplitude"),
        ("event properties.distinct_id properties.time", "Mixpanel"),
        ("anonymousId userId event type timestamp originalTimestamp", "Segment"),
    ],
)
def test_exports_are_known_by_their_columns(columns, tool):
    shape = shape_of(dict.fromkeys(columns.split(), "text"))
    assert shape is not None
    assert shape.name == tool


def test_ga4_counts_microseconds(write, read, at):
    row = '{"user_pseudo_id":"1.2","event_name":"page_view","event_timestamp":"1704103200000000"}\n'
    got = read(write(row, "ga4.jsonl"))
    assert got.rows == [
        {"customer": "1.2", "touchpoint": "page_view", "time": at("2024-01-01T10:00")}
    ]
    assert got.said["customer"] == "column 'user_pseudo_id', as Google Analytics 4 exports it"


def test_mixpanel_counts_seconds(write, read, at):
    row = '{"event":"Sign up","properties":{"distinct_id":"d","time":1704103200}}\n'
    assert read(write(row, "mix.jsonl")).rows == [
        {"customer": "d", "touchpoint": "Sign up", "time": at("2024-01-01T10:00")}
    ]


def test_segment_names_the_first_that_is_filled(write, read, at):
    rows = (
        '{"anonymousId":"an","userId":null,"type":"page","name":"Home",'
        '"timestamp":"2024-01-01T10:00:00Z"}\n'
        '{"anonymousId":"an","userId":"us","type":"track","event":"Paid",'
        '"originalTimestamp":"2024-01-01T11:00:00Z"}\n'
        '{"anonymousId":"an","type":"identify","timestamp":"2024-01-01T12:00:00Z"}\n'
        '{"type":"identify","timestamp":"2024-01-01T12:00:00Z"}\n'
    )
    got = read(write(rows, "segment.jsonl"))
    assert got.column("customer") == ["an", "us", "an"]
    assert got.column("touchpoint") == ["Home", "Paid", "identify"]
    assert got.column("time") == [at(f"2024-01-01T{hour}:00") for hour in (10, 11, 12)]
    assert got.counts == {"no customer": 1}


def test_the_only_column_of_dates_is_the_time(write, read, at):
    got = read(write("user_id,event,incident\na,x,7/22/2012\nb,y,7/2/2012\n"))
    assert got.column("time")[0] == at("2012-07-22")
    assert got.said["time"] == "column 'incident', the only column of times"


def test_durations_are_no_times(write, read):
    text = "user_id,event,response_time,happened\na,x,12,2024-01-01\nb,y,7,2024-01-02\n"
    assert read(write(text)).said["time"] == "column 'happened', the only column of times"


def test_dimensions_may_be_all_others(write, read):
    text = "user_id,event,time,canal,city,spent\na,x,2024-01-01,web,Jerez,5\n"
    got = read(write(text), dimensions="*", attributes="city")
    assert [(c.name, c.kind, c.attribute) for c in got.events.columns] == [
        ("channel", "text", False),
        ("spent", "number", False),
        ("city", "text", True),
    ]


def test_channel_and_value_may_be_asked_for_as_dimensions(write, read):
    text = "user_id,event,time,canal,paid\na,x,2024-01-01,web,5\n"
    got = read(write(text), dimensions=["channel", "value"], value="paid")
    assert got.rows[0]["channel"] == "web"
    assert got.rows[0]["value"] == 5.0
    with pytest.raises(UnknownName, match="'value'"):
        read(write(text), dimensions=["channel", "value"])


def test_a_column_asked_for_by_its_own_name_keeps_it(write, read):
    text = "user_id,event,time,medium\na,x,2024-01-01,web\n"
    assert [c.name for c in read(write(text), dimensions=["medium"]).events.columns] == ["medium"]


@pytest.mark.parametrize("role", ["customer", "touchpoint", "time", "channel", "value"])
def test_unknown_columns_name_the_nearest(write, read, role):
    with pytest.raises(UnknownName, match="Did you mean 'user_id'"):
        read(write("user_id,event,time\na,x,2024-01-01\n"), **{role: "usr_id"})


@pytest.mark.parametrize("option", ["dimensions", "attributes"])
def test_unknown_further_columns_name_the_nearest(write, read, option):
    with pytest.raises(UnknownName, match="Did you mean 'city'"):
        read(write("user_id,event,time,city\na,x,2024-01-01,y\n"), **{option: ["citty"]})

"""XES: attributes of traces and events, lifecycles, and what is not well-formed."""

from __future__ import annotations

import gzip
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from travesia.errors import InvalidValue, UnknownFormat, UnknownName, UnreadableSource
from travesia.record.events import Column, SetAside
from travesia.record.formats.xes import XesFeed

LOG = """<?xml version="1.0" encoding="UTF-8"?>
<!-- a comment with <trace> and "quotes" -->
<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
  <extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
  <global scope="trace"><string key="concept:name" value="no trace"/></global>
  <global scope="event"><date key="time:timestamp" value="1970-01-01T00:00:00Z"/></global>
  <string key="concept:name" value="the log"/>
  {traces}
</log>
"""
EVENT = """<event>
  <string key="concept:name" value="{name}"/>
  <date key="time:timestamp" value="{time}"/>
  <string key="lifecycle:transition" value="{transition}"/>
</event>"""


def event(name="visit", time="2024-01-01T10:00:00.000+01:00", transition="complete") -> str:
    return EVENT.format(name=name, time=time, transition=transition)


def trace(name: str, *events: str, more: str = "") -> str:
    return f'<trace><string key="concept:name" value="{name}"/>{more}{"".join(events)}</trace>'


def log(*traces: str) -> str:
    return LOG.format(traces="\n".join(traces))


def test_events_carry_their_traces_name(write, read, at):
    found = read(write(log(trace("a", event(), event("cart")), trace("b", event())), "log.xes"))
    assert found.column("customer") == ["a", "a", "b"]
    assert found.column("touchpoint") == ["visit", "cart", "visit"]
    assert found.column("time") == [at("2024-01-01T09:00")] * 3


def test_attributes_of_traces_describe_the_customer_in_their_types(write, read, at):
    more = """<int key="age" value="42"/><float key="spent" value="1.5"/>
      <boolean key="vip" value="true"/><date key="since" value="2020-01-01T00:00:00Z"/>"""
    found = read(write(log(trace("a", event(), more=more)), "log.xes"))
    assert found.events.columns == (
        Column("case:age", "number", attribute=True),
        Column("case:spent", "number", attribute=True),
        Column("case:vip", "text", attribute=True),
        Column("case:since", "time", attribute=True),
    )
    assert list(found.rows[0].values())[3:] == [42.0, 1.5, "true", at("2020-01-01")]


def test_attributes_may_come_after_the_events(write, read):
    text = f'<trace>{event()}<string key="concept:name" value="late"/></trace>'
    assert read(write(log(text), "log.xes")).column("customer") == ["late"]


def test_attributes_of_events_are_dimensions_by_name(write, read):
    found = read(write(log(trace("a", event())), "log.xes"), dimensions=["lifecycle:transition"])
    assert found.column("lifecycle:transition") == ["complete"]


def test_nested_attributes_are_no_columns(write, read):
    nested = '<string key="x" value="1"><string key="concept:name" value="inner"/></string>'
    text = trace("a", event().replace("</event>", nested + "</event>"), more=nested)
    found = read(write(log(text), "log.xes"), dimensions="*")
    assert found.column("customer") == ["a"]
    assert found.column("touchpoint") == ["visit"]
    assert found.column("x") == ["1"]


def test_references_become_letters(write, read):
    name = "A &amp; B &lt;c&gt; &quot;d&quot; &#233;&#xE9; &amp;lt; &#38;amp;"
    found = read(write(log(trace("a", event(name))), "log.xes"))
    assert found.column("touchpoint") == ['A & B <c> "d" éé &lt; &amp;']


def test_lifecycle_keeps_one_transition(write, read):
    text = log(trace("a", event(transition="start"), event(transition="Complete")))
    found = read(write(text, "log.xes"), lifecycle="complete")
    assert found.size == 1
    assert found.said["lifecycle"] == "only 'complete': 1 of 2 events"
    assert found.counts == {}


def test_all_transitions_are_kept_and_said_otherwise(write, read):
    text = log(trace("a", event(transition="start"), event(transition="complete")))
    found = read(write(text, "log.xes"))
    assert found.size == 2
    assert found.said["lifecycle"] == "all transitions are kept: complete, start"


def test_lifecycle_needs_transitions(write, read):
    with pytest.raises(InvalidValue, match="lifecycle="):
        read(write("user_id,event,time\na,b,2024-01-01\n"), lifecycle="complete")


def test_missing_times_names_and_traces_are_counted(write, read):
    nameless = '<event><date key="time:timestamp" value="2024-01-01T10:00:00Z"/></event>'
    timeless = '<event><string key="concept:name" value="visit"/></event>'
    text = log(
        trace("a", event(), nameless, timeless, event(time="later")),
        f"<trace>{event()}</trace>",
    )
    found = read(write(text, "log.xes"))
    assert found.size == 1
    assert found.counts == {
        "no touchpoint": 1,
        "no time": 1,
        "time not understood": 1,
        "no customer": 1,
    }
    assert found.examples["no customer"][0].startswith("log.xes event 5: case:concept:name=None")
    assert found.events.set_aside.rows_read == 5


def test_an_empty_log_holds_no_events(write, read):
    with pytest.raises(UnreadableSource, match="holds no events"):
        read(write(log(), "log.xes"))


def test_a_gzipped_log_is_unpacked(write, read):
    packed = gzip.compress(log(trace("a", event())).encode())
    assert read(write(packed, "log.xes.gz")).size == 1


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "UTF-16"])
def test_the_declared_encoding_is_used(write, read, encoding):
    text = log(trace("josé", event())).replace("UTF-8", encoding)
    assert read(write(text, "log.xes", encoding=encoding)).column("customer") == ["josé"]


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ("<event></trace>", "closes what was not opened"),
        ("<event", "is cut off"),
        ("<event><string key=a value='b'/></event>", "not well-formed"),
        ("<event><string key='a' value='b/></event>", "not well-formed"),
    ],
)
def test_what_is_not_well_formed_names_its_line(write, read, broken, why):
    text = log(trace("a", event())).replace("</log>", broken)
    with pytest.raises(UnreadableSource, match=why) as caught:
        read(write(text, "log.xes"))
    assert "line 1" in caught.value.what
    assert len(str(caught.value).splitlines()) == 2


def test_a_truncated_log_is_cut_off(write, read):
    text = log(*(trace(f"c{n}", event()) for n in range(50)))
    with pytest.raises(UnreadableSource, match="is cut off"):
        read(write(text[: len(text) * 2 // 3], "log.xes"))


def test_other_xml_is_no_log(write, read):
    with pytest.raises(UnknownFormat, match="<html>"):
        read(write("<?xml version='1.0'?><html><p/></html>", "log.xes"))


def test_own_entities_are_refused(write, read):
    text = '<!DOCTYPE log [<!ENTITY x "y">]>' + log().partition("?>")[2]
    with pytest.raises(UnreadableSource, match="DOCTYPE"):
        read(write(text, "log.xes"))


def test_a_column_may_first_come_far_down(write, read):
    late = event().replace("</event>", '<string key="note" value="late"/></event>')
    text = log(*[trace(f"c{n}", event()) for n in range(8000)], trace("z", late))
    path = write(text, "log.xes")
    assert read(path, dimensions=["note"]).column("note")[-1] == "late"
    assert read(path).said["left out"] == "note: not in the first traces"
    with pytest.raises(UnknownName):
        read(path, dimensions=["nota"])


@pytest.mark.parametrize("block", [1, 50, 333])
def test_blocks_cut_anywhere_give_the_same_events(write, block):
    traces = [trace(f"c{n}", event(), event("b")) for n in range(5)]
    path = write(log("<!-- > -->", *traces, "<![CDATA[ <trace> ]]>"), "log.xes")
    assert _events(XesFeed(path, block=block)) == _events(XesFeed(path))


def _events(feed):
    names = ["case:concept:name", "concept:name", "time:timestamp"]
    chunks = feed.read(names, SetAside())
    return [tuple(row.values()) for chunk in chunks for row in chunk.batch.to_pylist()]


VALUES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6)
CELLS = st.dictionaries(st.sampled_from(["concept:name", "time:timestamp", "a & b"]), VALUES)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELLS, st.lists(CELLS, max_size=3)), min_size=1, max_size=4))
def test_any_log_is_read_as_a_tree_would(write, traces):
    root = etree.Element("log")
    for cells, events in traces:
        one = etree.SubElement(root, "trace")
        for target, values in [
            (one, cells),
            *((etree.SubElement(one, "event"), e) for e in events),
        ]:
            for key, value in values.items():
                etree.SubElement(target, "string", key=key, value=value)
    path = write(etree.tostring(root, encoding="utf-8"), "log.xes")
    names = ["case:concept:name", "case:a & b", "concept:name", "time:timestamp", "a & b"]
    chunks = XesFeed(path).read(names, SetAside())
    found = [row for chunk in chunks for row in chunk.batch.to_pylist()]
    assert found == [
        {
            "case:concept:name": cells.get("concept:name"),
            "case:a & b": cells.get("a & b"),
            **{name: one.get(name) for name in names[2:]},
        }
        for cells, events in traces
        for one in events
    ]


def test_the_help_desk_is_read_as_a_tree_would(real, read):
    path = real("helpdesk/helpdesk.xes.gz")
    found = read(path, dimensions=["org:resource"])
    with gzip.open(path) as file:
        tree = etree.parse(file)
    names = tree.xpath("//event/string[@key='concept:name']/@value")
    staff = tree.xpath("//event/string[@key='org:resource']/@value")
    assert found.column("touchpoint") == names
    assert found.column("org:resource") == staff
    sizes = [len(one) for one in tree.xpath("//trace") if len(one)]
    assert len(Counter(found.column("customer"))) == len(sizes) == 4580
    assert found.counts == {}

"""From events to the page, with nothing made by hand."""

from lxml import html

import travesia as tv
from travesia.locale import language
from travesia.maps.draft import draft
from travesia.maps.measure import measure
from travesia.maps.page import render

PATHS = (
    ["visit", "cart", "purchase", "delivery"],
    ["visit", "cart", "visit", "cart", "purchase", "delivery"],
    ["visit", "search", "visit"],
    ["visit"],
)


def events():
    import pyarrow as pa

    rows = [
        (f"c{i}", name, 1_767_225_600_000_000 + i * 3_600_000_000 + place * 600_000_000)
        for i in range(60)
        for place, name in enumerate(PATHS[i % len(PATHS)])
    ]
    customers, names, times = zip(*rows, strict=True)
    time = pa.array(times, pa.timestamp("us", "UTC"))
    return pa.table({"customer": customers, "touchpoint": names, "time": time})


def test_drafted_and_measured_journeys_become_a_page():
    journeys = tv.read(events(), customer="customer", touchpoint="touchpoint", time="time")
    with language("en"):
        drawn = draft(journeys, goal="purchase")
        found = measure(drawn, journeys)
        page = html.document_fromstring(render(drawn, found, "en"))
    known = {name for name, one in found.values.items() if one.value is not None}
    group = {one.get("data-for"): one.get("data-group") for one in page.xpath("//template")}
    reached = {group[one] for one in page.xpath("//button/@data-cell")}
    assert len(known) > 20
    assert [name for name in known if group[name] not in reached] == []
    assert "60 customers" in page.xpath("string(//section[contains(@class,'frame')])")
    assert page.xpath("//div[contains(@class,'row fl')]")
    assert page.xpath("//template//ul[@class='cu']/li/b[starts-with(.,'c')]")
    assert "tv." in page.xpath("string(//template[@data-question]/code)")

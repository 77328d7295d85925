"""Real data that nobody here made: all of it opens, and adds up."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("helpdesk/helpdesk.xes.gz", {}, (21_348, {})),
        ("service_desk/incident_log.csv.gz", {}, (39_911, {})),
        (
            "online_retail/online_retail.parquet",
            {"touchpoint": "Description"},
            (406_829, {"no customer": 135_080}),
        ),
        ("cdnow/CDNOW_master.txt", {"touchpoint": "number_of_cds"}, (69_659, {})),
        (
            "nps/botanic_nps.csv",
            {"customer": "id", "touchpoint": "nps", "time": "t", "time_format": "s"},
            (6_846, {"no touchpoint": 152, "no time": 1}),
        ),
        ("complaints/uwv_complaints.csv", {"touchpoint": "ComplaintTheme_EN"}, (289, {})),
        (
            "complaints/telecom_complaints.csv",
            {"touchpoint": "incident type"},
            (6_505, {"no customer": 82}),
        ),
        ("complaints/telecom_bills.csv", {"touchpoint": "status"}, (9_462, {})),
    ],
)
def test_real_files_open(real, read, name, options, expected):
    found = read(real(name), **options)
    assert (found.size, found.counts) == expected
    assert found.events.set_aside.rows_read == found.size + found.events.set_aside.rows


def test_the_retailers_customers_are_whole_numbers(real, read):
    found = read(
        real("online_retail/online_retail.parquet"),
        touchpoint="Description",
        value="UnitPrice",
        attributes="Country",
        timezone="Europe/London",
    )
    assert found.rows[0]["customer"] == 17850
    assert found.rows[0]["value"] == 2.55
    assert len({row["customer"] for row in found.rows}) == 4372


def test_the_garden_speaks_french(real, read):
    found = read(
        real("nps/botanic_nps.csv"),
        customer="id",
        touchpoint="nps",
        time="t",
        time_format="s",
        dimensions=["explication"],
    )
    assert "le délai d'attente" in found.rows[1]["explication"]


def test_telecom_dates_have_the_month_first(real, read, at):
    found = read(real("complaints/telecom_complaints.csv"), touchpoint="incident type")
    assert found.column("time")[0] == at("2012-07-22")
    assert found.said["time format"] == "month/day/year"

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from travesia.draw import words
from travesia.locale import language

NB = "\u00a0"


@pytest.fixture(params=["es", "en"])
def speaking(request):
    with language(request.param):
        yield request.param


def said(spoken, function, *values, **options):
    with language(spoken):
        return function(*values, **options).replace(NB, " ")


@pytest.mark.parametrize(
    ("value", "es", "en"),
    [
        (1234, "1.234", "1,234"),
        (12480, "12.480", "12,480"),
        (-4.6, "−4,6", "−4.6"),
        (0.123, "0,12", "0.12"),
        (312.7, "313", "313"),
        (float("nan"), "—", "—"),
    ],
)
def test_numbers(value, es, en):
    assert said("es", words.number, value) == es
    assert said("en", words.number, value) == en


def test_mexico_groups_with_commas():
    assert words.number(1234, region="es_MX") == "1,234"


@pytest.mark.parametrize(
    ("value", "es", "en"),
    [
        (0.288, "28,8 %", "28.8%"),
        (0, "0 %", "0%"),
        (1, "100 %", "100%"),
        (0.00001, "< 0,1 %", "< 0.1%"),
        (0.99999, "> 99,9 %", "> 99.9%"),
    ],
)
def test_shares(value, es, en):
    assert said("es", words.share, value) == es
    assert said("en", words.share, value) == en


def test_intervals_avoid_a_dash_beside_a_sign():
    assert said("es", words.share_interval, 0.274, 0.303) == "27,4–30,3 %"
    assert said("es", words.interval, -1.66, -1.34) == "−1,7 a −1,3"
    assert said("en", words.interval, -1.66, 0.5) == "−1.66 to 0.50"
    assert said("en", words.interval, 4.1, 4.3) == "4.1–4.3"
    assert said("es", words.share_interval, 0.9991, 0.99999) == "99,9–100 %"


def test_intervals_of_durations_share_a_unit_where_one_serves():
    day = 86400
    assert said("es", words.duration_interval, 4.1 * day, 4.3 * day) == "4,1–4,3 d"
    assert said("en", words.duration_interval, 52, 200) == "52 s to 3 min 20 s"
    assert said("es", words.duration_interval, 380 * day, 900 * day) == "1,0–2,5 años"


def test_changes_carry_their_sign():
    assert said("es", words.points, 0.031) == "+3,1 pp"
    assert said("en", words.points, -0.012) == "−1.2 pp"
    assert said("en", words.points, 0.0) == "0.0 pp"


@pytest.mark.parametrize(
    ("seconds", "es", "en"),
    [
        (0.42, "0,4 s", "0.4 s"),
        (38, "38 s", "38 s"),
        (59.9999, "1 min", "1 min"),
        (100, "1 min 40 s", "1 min 40 s"),
        (12000, "3 h 20 min", "3 h 20 min"),
        (187200, "2 d 4 h", "2 d 4 h"),
        (40 * 86400, "40 d", "40 d"),
        (23.7 * 3600, "1 d", "1 d"),
        (30242079, "1 año", "1 year"),
        (400 * 86400, "1 año 1 mes", "1 year 1 month"),
        (-100, "−1 min 40 s", "−1 min 40 s"),
    ],
)
def test_durations(seconds, es, en):
    assert said("es", words.duration, timedelta(seconds=seconds)) == es
    assert said("en", words.duration, seconds) == en


@given(st.floats(0, 4e9))
def test_no_unit_ever_reaches_the_next(seconds):
    said_in = said("en", words.duration, seconds).split()
    for count, unit in zip(said_in[::2], said_in[1::2], strict=True):
        limit = {"s": 60, "min": 60, "h": 24, "d": 62, "month": 12, "months": 12}.get(unit, 1e9)
        assert float(count.replace(",", "")) < limit


def test_dates_leave_out_the_current_year():
    today = date(2026, 7, 1)
    assert said("es", words.day, date(2026, 6, 30), today) == "30 jun"
    assert said("es", words.day, date(2025, 6, 30), today) == "30 jun 2025"
    assert said("en", words.day, date(2025, 6, 30)) == "30 Jun 2025"


def test_periods_are_months_where_they_can_be():
    assert said("es", words.period, date(2026, 1, 1), date(2026, 6, 30)) == "ene–jun 2026"
    assert said("es", words.period, date(2026, 1, 1), date(2026, 1, 31)) == "ene 2026"
    today = date(2026, 12, 1)
    assert said("es", words.period, date(2026, 10, 23), date(2026, 11, 19), today) == (
        "23 oct–19 nov"
    )


def test_money_leaves_out_cents_that_say_nothing():
    assert said("es", words.money, 164.9, "EUR") == "164,90 €"
    assert said("es", words.money, 38400.2, "EUR") == "38.400 €"
    assert said("en", words.money, 164.9, "EUR") == "€164.90"


def test_ages_units_and_lists():
    assert said("es", words.ago, timedelta(hours=3)) == "hace 3 horas"
    assert said("es", words.unit, 4.2, "day") == "4,2 días"
    assert said("en", words.unit, 1, "day", 0) == "1 day"
    assert said("es", words.listed, ["web", "correo", "tienda"]) == "web, correo y tienda"
    assert said("es", words.clock, datetime(2026, 6, 30, 8, 10, tzinfo=UTC)) == "08:10"


@given(st.floats(-1e9, 1e9))
def test_no_hyphen_stands_for_a_minus(value):
    assert "-" not in words.number(value)
    assert "-" not in words.money(value, "EUR")

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html
from markupsafe import Markup

from travesia.draw import curves, icons, labels, svg
from travesia.draw.svg import el
from travesia.errors import UnknownName

XS = st.lists(st.floats(0, 5000), min_size=1, max_size=12, unique_by=round)


def test_text_is_escaped_and_markup_is_not():
    assert el("p", "<b>", Markup("<i>")) == "<p>&lt;b&gt;<i></p>"


def test_attributes_are_escaped_renamed_and_left_out():
    found = el("rect", class_="a", stroke_width=1.25, data_cell='"x"', hidden=None, open=True)
    assert found == '<rect class="a" stroke-width="1.2" data-cell="&#34;x&#34;" open></rect>'


def test_void_elements_do_not_close():
    assert el("br") == "<br>"


@given(st.text())
def test_whatever_the_text_the_page_parses_to_it(content):
    clean = "".join(one for one in content if one.isprintable() or one == " ")
    found = html.fragment_fromstring(el("p", clean, title=clean))
    assert (found.text or "") == clean
    assert found.get("title") == clean


@given(XS, st.data())
def test_the_curve_never_overshoots(xs, data):
    xs = sorted(xs)
    ys = data.draw(st.lists(st.floats(-100, 100), min_size=len(xs), max_size=len(xs)))
    points = list(zip(xs, ys, strict=True))
    numbers = [float(one) for one in re.findall(r"-?\d+(?:\.\d+)?", curves.curve(points))]
    drawn = list(zip(numbers[::2], numbers[1::2], strict=True))
    for i in range(len(points) - 1):
        low, high = sorted((ys[i], ys[i + 1]))
        for _, y in drawn[1 + 3 * i : 4 + 3 * i]:
            assert low - 0.06 <= y <= high + 0.06


@given(XS, st.data())
def test_the_curve_passes_through_its_points(xs, data):
    ys = data.draw(st.lists(st.floats(-100, 100), min_size=len(xs), max_size=len(xs)))
    points = list(zip(sorted(xs), ys, strict=True))
    numbers = [float(one) for one in re.findall(r"-?\d+(?:\.\d+)?", curves.curve(points))]
    drawn = list(zip(numbers[::2], numbers[1::2], strict=True))[::3]
    for found, wanted in zip(drawn, points, strict=True):
        assert found == pytest.approx(wanted, abs=0.06)


def test_a_straight_line_stays_straight():
    assert curves.curve([(0, 0), (3, 3), (6, 6)]) == "M0 0C1 1 2 2 3 3C4 4 5 5 6 6"


def test_a_band_goes_forth_above_and_back_below():
    assert curves.band([0, 3], [1, 1], [5, 5]) == "M0 1C1 1 2 1 3 1L3 5C2 5 1 5 0 5Z"


def test_a_part_of_a_curve_is_bent_as_the_whole():
    points = [(0, 0), (3, 9), (6, 0), (9, 4)]
    whole = curves.curve(points)
    parts = [curves.curve(points, i, i + 1).partition("C")[2] for i in range(3)]
    assert whole == "M0 0" + "".join("C" + part for part in parts)


def test_the_middle_of_a_curve_lies_on_it():
    assert curves.middle([(0, 0), (4, 8)], 0) == (2, 4)


@pytest.mark.parametrize("draw", [curves.curve, curves.line])
def test_nothing_draws_nothing(draw):
    assert draw([]) == ""


@given(st.floats(-1e6, 1e6), st.floats(0, 1e5), st.floats(0, 1e5), st.booleans())
def test_every_mark_of_an_interval_bar_is_inside(value, below, above, with_target):
    target = value + 3 if with_target else None
    bar = svg.interval_bar(120, value, value - below, value + above, target=target)
    root = etree.fromstring(bar)
    xs = [float(m) for p in root.iter("path") for m in re.findall(r"M([\d.-]+)", p.get("d"))]
    assert all(-0.1 <= x <= 120.1 for x in xs)


@pytest.mark.parametrize(
    ("valence", "step"), [(-2, 0), (-1.5, 0), (-0.5, 1), (0.3, 2), (0.6, 3), (1.3, 4), (9, 4)]
)
def test_a_face_shows_one_of_five_equal_bands(valence, step):
    assert f"face e{step}" in svg.face(0, 0, valence)


def test_tabular_figures_are_equally_wide():
    assert len({round(labels.measure(digit * 4), 6) for digit in "0123456789"}) == 1


def test_bold_is_wider():
    assert labels.measure("Puntos de contacto", 12, 600) > labels.measure("Puntos de contacto", 12)


@given(st.text(max_size=60), st.floats(20, 200))
def test_a_fitted_label_fits(content, width):
    assert labels.measure(labels.fit(content, width)) <= width


def test_a_label_that_fits_is_left_alone():
    assert labels.fit("Pago", 80) == "Pago"


def test_wrapping_keeps_words_and_shortens_the_last_line():
    rows = labels.wrap("Mostrar el envío desde la ficha de producto y en la cesta", 120, 2)
    assert len(rows) == 2
    assert rows[1].endswith("…")
    assert labels.wrap("Pago", 120, 2) == ["Pago"]


def test_a_hidden_table_heads_rows_and_columns():
    table = html.fragment_fromstring(svg.hidden_table("Flow", ["from", "n"], [["<a>", 3]]))
    assert table.xpath("string(//th[@scope='row'])") == "<a>"
    assert table.xpath("count(//th[@scope='col'])") == 2


def test_a_figure_keeps_its_styles_to_itself():
    style = html.fragment_fromstring(svg.figure(svg.drawing(1, 1, label="x"))).findtext("style")
    assert ":root" not in style


def test_the_sprite_holds_each_icon_once():
    root = etree.fromstring(icons.sprite(["web", "mail", "web"]))
    assert [one.get("id") for one in root] == ["i-mail", "i-web"]


@pytest.mark.parametrize("name", sorted(icons.names()))
def test_every_icon_draws_something(name):
    assert len(etree.fromstring(icons.sprite([name]))[0])


def test_every_channel_has_its_icon():
    assert set(icons.CHANNELS.values()) <= icons.names()
    assert icons.channel("Help_desk") == icons.channel("help desk") == "help"
    assert icons.channel("Carrier pigeon") == "touch"


def test_an_unknown_icon_is_named():
    with pytest.raises(UnknownName, match="Did you mean 'mail'"):
        icons.icon("mial")

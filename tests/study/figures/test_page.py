"""The page around an answer."""

import re

import pytest
from lxml import html

from study.figure_shapes import walks
from study.random_journeys import journeys_of
from travesia.locale import language
from travesia.study.describe import Describe
from travesia.study.figures.page import page
from travesia.study.flow import Flow
from travesia.study.funnel import Funnel

SHOP = walks((50, "visit > cart > buy"), (30, "visit > <b>x</b> > cart"))


@pytest.fixture(scope="module")
def shop():
    return journeys_of(SHOP)


QUESTIONS = [Flow(), Funnel(["visit", "cart"]), Describe()]


@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda one: one.kind)
def test_it_needs_nothing_from_elsewhere(shop, asked):
    written = page(shop.ask(asked))
    addresses = re.findall(r"https?://[^\"'\s)<]+", written)
    assert set(addresses) <= {"http://www.w3.org/2000/svg"}
    assert "<script" not in written


@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda one: one.kind)
def test_it_shows_the_whole_table_once(shop, asked):
    answer = shop.ask(asked)
    found = html.document_fromstring(page(answer))
    (table,) = found.xpath("//section//table")
    assert len(list(table.iter("tr"))) == answer.table.num_rows + 1
    assert found.xpath("//table[@class='vh']") == []


def test_it_says_what_was_asked_in_its_language(shop):
    with language("es"):
        found = html.document_fromstring(page(shop.who(channel="web").ask(Describe())))
    assert found.get("lang") == "es"
    (code,) = found.xpath("//footer/code/text()")
    assert code == "journeys.who(channel == 'web').ask(Describe())"
    assert found.xpath("//h1/text()") == ["Puntos de contacto y cuántos clientes pasaron por ellos"]


def test_names_stay_text(shop):
    found = html.document_fromstring(page(shop.ask(Flow())))
    assert "<b>x</b>" in found.xpath("//section//td/text() | //section//th/text()")

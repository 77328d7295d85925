"""The page of a map, read as a browser reads it."""

import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from lxml import html

import travesia.locale
from travesia.locale.text import Text
from travesia.maps.document import (
    Action,
    Cell,
    Contact,
    Emotion,
    JourneyMap,
    Lane,
    Measured,
    Measurement,
    Note,
    Opportunity,
    PainPoint,
    Persona,
    Stage,
    Step,
    Thought,
)
from travesia.maps.drawing_words import _name
from travesia.maps.page import render
from travesia.record.touchpoints import Owner, Touchpoint

FIXTURES = Path(__file__).parent / "fixtures"
PO = Path(travesia.locale.__file__).parent / "es" / "page.po"


@cache
def aurora() -> tuple[JourneyMap, Measurement]:
    return (
        JourneyMap.load(FIXTURES / "aurora_fictional.map.yaml"),
        Measurement.load(FIXTURES / "aurora_fictional.measurement.yaml"),
    )


@cache
def text_of(language: str) -> str:
    return render(*aurora(), language)


@cache
def page(language: str):
    return html.document_fromstring(text_of(language))


LANGUAGES = pytest.mark.parametrize("language", ["es", "en"])


def grown(steps: int, stages: int = 3, name: str = "Step {}") -> JourneyMap:
    """A map with so many steps, each with a thought."""
    keys = [f"s{i}" for i in range(steps)]
    return JourneyMap(
        title="Grown",
        stages=tuple(Stage(key=f"stage{i}", name=f"Stage {i}") for i in range(stages)),
        steps=tuple(
            Step(key=key, name=name.format(i), stage=f"stage{i * stages // steps}")
            for i, key in enumerate(keys)
        ),
        lanes=(Lane(key="actions", role="action"),),
        cells=tuple(
            Cell(step=key, lane="actions", items=(Action(text=f"does {key}"),)) for key in keys
        ),
    )


@LANGUAGES
def test_every_measured_number_is_a_button_once_or_stands_beside_one(language):
    found = page(language)
    pressed = found.xpath("//button/@data-cell")
    assert len(pressed) == len(set(pressed))
    group = {one.get("data-for"): one.get("data-group") for one in found.xpath("//template")}
    reached = {group[one] for one in pressed}
    assert all(group[name] in reached for name in aurora()[1].values)


@LANGUAGES
def test_every_number_has_its_panel(language):
    found = page(language)
    opened = set(found.xpath("//@data-cell")) | set(found.xpath("//@data-open"))
    assert opened <= set(found.xpath("//template/@data-for"))


@LANGUAGES
def test_the_table_says_the_numbers_of_the_drawing(language):
    found = page(language)
    table = found.xpath("string(//table)")
    drawn = found.xpath("//section[contains(@class,'map')]//button[@data-cell]")
    assert len(drawn) > 60
    for button in drawn:
        figures = re.findall(r"\d[\d.,]*\d|\d", button.text_content())
        assert all(figure in table for figure in figures), button.text_content()


@LANGUAGES
def test_nothing_is_fetched_from_elsewhere(language):
    text = text_of(language).replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"""(src|href|action)\s*=\s*["']?(https?:)?//""", text)
    assert not re.search(r"url\(\s*[\"']?(?!data:|#)", text)
    assert "@import" not in text


@LANGUAGES
def test_ids_are_unique_and_references_lead_somewhere(language):
    found = page(language)
    ids = found.xpath("//@id")
    assert len(ids) == len(set(ids))
    targets = {one[1:] for one in found.xpath("//@href") if one.startswith("#")}
    assert targets <= set(ids)


@LANGUAGES
def test_headings_never_skip_a_level(language):
    levels = [int(one.tag[1]) for one in page(language).xpath("//h1|//h2|//h3|//h4")]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@LANGUAGES
def test_the_page_has_its_landmarks_and_language(language):
    found = page(language)
    assert found.get("lang") == language
    assert found.xpath("//main[@aria-label]")
    assert found.xpath("//header")
    assert found.xpath("//*[@role='dialog'][@hidden]")


@LANGUAGES
def test_every_button_and_picture_has_a_name(language):
    for one in page(language).xpath("//button|//a"):
        assert one.get("aria-label") or one.text_content().strip()
    for one in page(language).xpath("//svg[not(ancestor-or-self::*[@aria-hidden])]"):
        assert one.get("aria-label")


def test_no_english_is_left_in_the_spanish_page():
    said = " ".join(
        page("es").xpath(
            "//body//text()[not(ancestor::script or ancestor::code or ancestor::p[@class='note'])]"
        )
    )
    said += " ".join(page("es").xpath("//@aria-label|//@title"))
    with PO.open("rb") as file:
        texts = [(str(one.id), str(one.string)) for one in read_po(file) if one.id]
    english = [one for one, other in texts if one != other and len(re.sub(r"\{.*?\}", "", one)) > 9]
    left = [one for one in english if re.sub(r"\{.*?\}", "", one).strip() in said]
    assert left == []


def test_every_text_of_the_page_is_translated():
    with PO.open("rb") as file:
        assert [one.id for one in read_po(file) if one.id and not one.string] == []


def test_the_languages_hold_the_same_numbers():
    def cells(language):
        return page(language).xpath("//button/@data-cell")

    assert cells("es") == cells("en")


def test_paper_repeats_the_map_without_buttons():
    found = page("es")
    paper = found.xpath("//div[@class='paper']")[0]
    assert paper.get("aria-hidden") == "true"
    assert not paper.xpath(".//button")
    assert len(paper.xpath(".//div[@class='page']")) == 2
    assert len(paper.xpath(".//div[@class='tfoot']")) == 2


def test_peak_and_trough_are_those_of_the_whole_map_on_every_sheet():
    paper = page("en").xpath("//div[@class='paper']")[0]
    marks = [one.text_content() for one in paper.xpath(".//span[contains(@class,'at mark')]//b")]
    assert [one.split()[0] for one in marks] == ["First", "Peak", "Trough", "Last"]


def test_the_frame_names_the_worst_pain_and_the_next_action():
    frame = page("en").xpath("string(//section[contains(@class,'frame')])")
    assert "Delivery cost at the end" in frame
    assert "Show delivery cost on the product page" in frame
    assert "28.8%" in frame


def test_what_is_assumed_is_dashed_and_what_is_unknown_is_a_gap():
    lane = page("en").xpath("//div[contains(@class,'row em')]")[0]
    assert len(lane.xpath(".//*[@class='mood assumed']")) == 1
    assert len(lane.xpath(".//*[@class='mood']")) == 2
    assert "nobody asks here" in lane.text_content()


def test_the_panel_tells_all_that_is_behind_a_number():
    panel = page("en").xpath("//template[@data-for='metric-paga.value']")[0]
    said = panel.text_content()
    for part in ("28.8%", "27.4–30.3%", "1,123", "3,894", "do not buy within 7 days"):
        assert part in said
    asked = panel.xpath("string(.//@data-asked)")
    assert "tv.Flow()" in page("en").xpath("string(//template[@data-question=$name])", name=asked)
    assert len(panel.xpath(".//ul[@class='cu']/li")) == 4
    assert panel.xpath(".//svg[@role='img']")


EVIL = "</script></template><script>alert(1)</script><img src=x onerror=alert(2)>\"'&{part}"


ROLES = ("action", "touchpoint", "thought", "emotion", "pain", "opportunity", "custom")


def test_what_people_write_stays_text():
    drawn = JourneyMap(
        title=EVIL,
        goal=EVIL,
        owner=Owner(person=EVIL, department=EVIL),
        personas=(Persona(key="p", name=EVIL, headline=EVIL),),
        frame={"persona": "p", "scenario": EVIL},
        channels={EVIL: EVIL},
        touchpoints=(Touchpoint(key=EVIL, channel=EVIL),),
        stages=(Stage(key=EVIL, name=EVIL, goal=EVIL),),
        steps=(Step(key="s", name=EVIL, stage=EVIL, duration=EVIL),),
        lanes=tuple(Lane(key=role, role=role, label=EVIL, hint=EVIL) for role in ROLES),
        cells=(
            Cell(step="s", lane="action", items=(Action(text=EVIL),)),
            Cell(step="s", lane="touchpoint", items=(Contact(touchpoint=EVIL),)),
            Cell(step="s", lane="thought", items=(Thought(text=EVIL, source=EVIL),)),
            Cell(step="s", lane="emotion", items=(Emotion(valence=1, verbatim=EVIL),)),
            Cell(step="s", lane="pain", items=(PainPoint(title=EVIL),)),
            Cell(step="s", lane="opportunity", items=(Opportunity(title=EVIL),)),
            Cell(step="s", lane="custom", items=(Note(text=EVIL, image=EVIL, link=EVIL),)),
        ),
    )  # fmt: skip
    found = html.document_fromstring(render(drawn, None, "en"))
    assert len(found.xpath("//script")) == 2
    assert not found.xpath("//@onerror")
    assert not found.xpath("//img")
    assert found.text_content().count("alert(1)") > 10


def test_links_that_run_code_are_not_made():
    drawn = grown(1, 1).model_copy(
        update={
            "lanes": (Lane(key="n", role="custom"),),
            "cells": (
                Cell(
                    step="s0",
                    lane="n",
                    items=(
                        Note(text="a", link="javascript:alert(1)"),
                        Note(text="b", link="https://example.org/"),
                        Note(text="c", image="https://example.org/a.png"),
                    ),
                ),
            ),
        }
    )
    found = html.document_fromstring(render(drawn, None, "en"))
    links = found.xpath("//section[contains(@class,'map')]//a/@href")
    assert links == ["https://example.org/"]
    assert not found.xpath("//img")


@LANGUAGES
def test_a_map_that_nobody_measured_says_what_to_do(language):
    found = html.document_fromstring(render(aurora()[0], None, language))
    assert not found.xpath("//div[contains(@class,'row fl')]")
    assert found.xpath("//button[@data-cell]")
    assert not re.search(r"\b(nan|None)\b", found.xpath("string(//main)"))


@LANGUAGES
def test_an_empty_map_is_a_page(language):
    found = html.document_fromstring(render(JourneyMap(title="Empty"), None, language))
    assert found.xpath("string(//h1)") == "Empty"


@LANGUAGES
@pytest.mark.parametrize("reason", ["no data", "thin", "gone"])
def test_numbers_that_cannot_be_told_are_dashes_with_their_reason(language, reason):
    drawn, measured = aurora()
    blank = {
        key: Measured(value=None, unit=one.unit, n=7, reason=reason)
        for key, one in measured.values.items()
    }
    thin = measured.model_copy(update={"values": blank})
    found = html.document_fromstring(render(drawn, thin, language))
    buttons = found.xpath("//section[contains(@class,'map')]//button[@data-cell]")
    assert {re.sub(r"n\s7$", "", one.text_content()) for one in buttons} <= {"—", ""}
    assert "None" not in found.text_content()


@pytest.mark.parametrize(("steps", "shown"), [(3, 0), (15, 0), (16, 1), (40, 1)])
def test_long_maps_have_a_minimap(steps, shown):
    found = html.document_fromstring(render(grown(steps), None, "en"))
    assert len(found.xpath("//nav[contains(@class,'mini')]")) == shown
    assert len(found.xpath("//section[contains(@class,'map')]//p[@dir='auto']")) == steps


def test_the_touchpoints_that_do_not_fit_are_folded_away():
    keys = [f"t{i}" for i in range(60)]
    contacts = tuple(Contact(touchpoint=key) for key in keys)
    drawn = grown(1, 1).model_copy(
        update={
            "lanes": (Lane(key="t", role="touchpoint"),),
            "cells": (Cell(step="s0", lane="t", items=contacts),),
            "touchpoints": tuple(Touchpoint(key=key) for key in keys),
        }
    )
    found = html.document_fromstring(render(drawn, None, "es"))
    lane = found.xpath("//section[contains(@class,'map')]//div[contains(@class,'row tps')]")[0]
    assert len(lane.xpath(".//div[contains(@class,'card')]")) == 60
    assert len(lane.xpath(".//details//div[contains(@class,'card')]")) == 56
    assert lane.xpath("string(.//summary)") == "56 más"


def test_empty_lanes_are_left_out_and_named_kindly():
    drawn = grown(2, 1).model_copy(
        update={"lanes": (Lane(key="actions", role="action"), Lane(key="th", role="thought"))}
    )
    found = html.document_fromstring(render(drawn, None, "en"))
    assert not found.xpath("//div[contains(@class,'row ths')]")
    assert "Nobody has written these yet: thoughts" in found.xpath("string(//p[@class='todo'])")


def test_words_run_in_the_direction_of_their_script():
    drawn = grown(2, 1, name="رحلة {} 🥾")
    found = html.document_fromstring(render(drawn, None, "en"))
    assert _name("رحلة") == "\u2068رحلة\u2069"
    assert _name("Route") == "Route"
    names = found.xpath("//section[contains(@class,'map')]//b[@dir='auto'][contains(.,'🥾')]")
    assert [one.text_content() for one in names] == ["رحلة 0 🥾", "رحلة 1 🥾"]


def test_text_of_a_map_is_shown_in_the_language_asked_for():
    drawn = JourneyMap(title=Text(es="Mapa", en="Map"))
    assert "<title>Mapa" in render(drawn, None, "es")
    assert "<title>Map " in render(drawn, None, "en")


def test_the_future_is_a_ghost_beside_the_present():
    drawn, measured = aurora()
    cells = tuple(
        Cell(step=step.key, lane="emotions", items=(Emotion(valence=1),)) for step in drawn.steps
    )
    future = drawn.model_copy(update={"state": "to-be", "cells": cells})
    found = html.document_fromstring(render(drawn, measured, "en", future=future))
    lane = found.xpath("//section[contains(@class,'map')]//div[contains(@class,'row em')]")[0]
    assert len(lane.xpath(".//*[@class='ghost']")) == 1
    assert len(lane.xpath(".//*[@class='better']")) == 2
    assert "to-be +1.0" in found.xpath("string(//table)")

"""Every pair of colours that meets on a page can be told apart (WCAG 2.2)."""

import pytest

from travesia.draw import tokens
from travesia.errors import UnknownName

THEMES = ("light", "dark")
TEXTS = ("ink", "ink2", "sea", "pain", "attention", "good")
GROUNDS = ("paper", "surface", "hover")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("name", TEXTS)
def test_text_can_be_read_on_every_ground(name, ground, theme):
    assert tokens.contrast(tokens.colour(name, theme), tokens.colour(ground, theme)) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("name", "ground"), [("sea", "soft"), ("ink", "soft"), ("onsea", "sea")])
def test_text_can_be_read_on_coloured_grounds(name, ground, theme):
    assert tokens.contrast(tokens.colour(name, theme), tokens.colour(ground, theme)) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("count", [1, 3, 5, 7])
def test_stage_names_can_be_read_on_their_stage(count, theme):
    ink = tokens.colour("ink", theme)
    assert all(tokens.contrast(ink, one) >= 4.5 for one in tokens.stages(count, theme))


@pytest.mark.parametrize("theme", THEMES)
def test_secondary_text_on_a_stage_is_mixed_dark_enough(theme):
    ink = tokens.colour("ink", theme)
    for stage in tokens.stages(7, theme):
        assert tokens.contrast(tokens._mix(stage, ink, 0.88), stage) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", ["control", "sea", "pain", "good", "attention", "ink2", "n5"])
def test_graphics_stand_out(name, theme):
    for ground in ("paper", "surface"):
        assert tokens.contrast(tokens.colour(name, theme), tokens.colour(ground, theme)) >= 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("step", range(1, 6))
def test_the_mouth_of_every_face_can_be_seen(step, theme):
    fill, stroke = tokens.colour(f"v{step}", theme), tokens.colour(f"f{step}", theme)
    assert tokens.contrast(fill, stroke) >= 3


@pytest.mark.parametrize("theme", THEMES)
def test_stages_step_in_one_direction(theme):
    steps = [tokens._luminance(one) for one in tokens.stages(7, theme)]
    assert steps == sorted(steps, reverse=theme == "light")


def test_contrast_is_that_of_the_standard():
    assert tokens.contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert tokens.contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


def test_a_category_keeps_its_colour():
    assert tokens.category("Checkout", "web") == tokens.category("Cart", "WEB")
    assert tokens.category("Kiosk") == tokens.category("kiosk ")
    assert tokens.category("x", "carrier pigeon") in tokens.CATEGORIES


def test_both_themes_declare_the_same_variables():
    css = tokens.css(5)
    light, dark = css.split("[data-theme=dark]")[0], css.split("[data-theme=dark]")[1]
    for name in (*tokens.COLOURS, "s4", "shadow"):
        assert f"--{name}:" in light
        assert f"--{name}:" in dark


def test_an_unknown_token_is_named():
    with pytest.raises(UnknownName, match="ink"):
        tokens.var("inck")

"""Numbers inside texts are written as the language does."""

import pytest

from travesia.locale import language, texts

TEXTS = {
    "Times come from {share:.1%} of the customers.": (
        "Los tiempos proceden del 28,8\u00a0% de los clientes."
    ),
    "Scores are on the scale {low:g} to {high:g}.": "Las notas van de -2 a 2,5.",
}


@pytest.mark.parametrize("english", TEXTS)
def test_spanish_has_its_own_signs(english):
    with language("es"):
        assert texts("study")(english, share=0.288, low=-2, high=2.5) == TEXTS[english]


def test_english_keeps_its_signs():
    assert texts("study")("Times come from {share:.1%} of the customers.", share=0.288) == (
        "Times come from 28.8% of the customers."
    )


def test_words_in_texts_are_left_as_they_are():
    with language("es"):
        found = texts("study")("Looked at through {lenses}.", lenses="sample(0.5)")
    assert found == "Visto a través de sample(0.5)."


@pytest.mark.parametrize(
    ("count", "english", "spanish"),
    [
        (0, "0 customers", "0 clientes"),
        (1, "1 customer", "1 cliente"),
        (2, "2 customers", "2 clientes"),
        (1234, "1,234 customers", "1.234 clientes"),
    ],
)
def test_one_is_singular(count, english, spanish):
    said = {}
    for each in ("en", "es"):
        with language(each):
            said[each] = texts("study").plural("{n} customer", "{n} customers", count)
    assert said == {"en": english, "es": spanish}


def test_a_count_can_be_written_otherwise():
    with language("es"):
        found = texts("study").plural("{n} customer", "{n} customers", 2, n="dos")
    assert found == "dos clientes"

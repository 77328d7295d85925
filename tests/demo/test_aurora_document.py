"""The page of Aurora's truths is what the docs show, in both languages."""

from __future__ import annotations

import ast
import re

import pytest

from travesia.demo import Finding
from travesia.demo.document import document
from travesia.demo.truths import TRUTHS
from travesia.locale import language


@pytest.mark.parametrize(
    ("tongue", "page"), [("en", "docs/aurora.md"), ("es", "docs/aurora_es.md")]
)
def test_the_docs_show_the_document(project, tongue, page):
    with language(tongue):
        assert (project / page).read_text() == document()


@pytest.mark.parametrize("truth", TRUTHS, ids=lambda truth: truth.key)
def test_a_truth_is_told_in_spanish(truth):
    with language("es"):
        assert truth.name != truth.title
        assert not re.search(r"[{}]", truth.shown)
        assert all(finding.shown != finding.what for finding in truth.findings)


@pytest.mark.parametrize("truth", TRUTHS, ids=lambda truth: truth.key)
def test_a_truth_has_parameters_and_ranges(truth):
    assert truth.parameters
    assert all(finding.low < finding.high for finding in truth.findings)


@pytest.mark.parametrize("truth", TRUTHS, ids=lambda truth: truth.key)
def test_a_question_is_python_that_ends_in_its_answer(truth):
    for finding in truth.findings:
        assert isinstance(ast.parse(finding.question).body[-1], ast.Expr)


def test_a_question_without_an_answer_is_refused():
    with pytest.raises(TypeError, match="expression"):
        Finding("nothing", "a = 1", 0, 1).answer(None)

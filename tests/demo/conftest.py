"""Aurora at its full size, generated once for all tests of the demo."""

from __future__ import annotations

import pytest

from travesia.demo import Aurora
from travesia.demo import aurora as generate
from travesia.record.journeys import Journeys


@pytest.fixture(scope="session")
def aurora() -> Aurora:
    return generate()


@pytest.fixture(scope="session")
def journeys(aurora: Aurora) -> Journeys:
    return aurora.journeys()

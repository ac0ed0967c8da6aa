"""A short round of every campaign; `make hostile` runs them for an hour."""

import os
from random import Random

import pytest

from tests.hostile.campaigns import CAMPAIGNS

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@pytest.mark.parametrize("name", CAMPAIGNS)
@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_is_lost(name, seed):
    assert CAMPAIGNS[name](Random(seed)) > 0

"""A short round of every campaign; `make hostile` runs them for an hour."""

import os
from pathlib import Path
from random import Random

import pytest

from tests.hostile.campaigns import CAMPAIGNS

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


CORPUS = (Path(__file__).parent / "corpus.txt").read_text().splitlines()
"""Rounds that failed once, by campaign and seed; whoever mends one adds it."""


@pytest.mark.parametrize("kept", CORPUS)
def test_what_failed_once(kept):
    name, _, seed = kept.partition(": ")
    assert CAMPAIGNS[name](Random(seed)) > 0


@pytest.mark.parametrize("name", CAMPAIGNS)
@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_is_lost(name, seed):
    assert CAMPAIGNS[name](Random(seed)) > 0

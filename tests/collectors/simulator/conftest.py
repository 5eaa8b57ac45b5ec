"""Worlds without the demo's own stories, unless a test wants them."""

from __future__ import annotations

import pytest

from collectors.simulator import Timing, World, plan
from tests.collectors.simulator.scene import NOW, Scene, Stage


@pytest.fixture
def stage() -> Stage:
    def build(*, agents: int = 12, seed: int = 1, token: str = "", with_stories: bool = False) -> Scene:
        cluster = plan.make(seed=seed, agents=agents, net=88)
        return Scene(World(cluster, anchor=NOW, timing=Timing(), with_stories=with_stories), token=token)

    return build


@pytest.fixture
def scene(stage: Stage) -> Scene:
    return stage()

"""A Docker engine for the tests that need one; where none answers they are skipped, and the reason is told."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PULL_SECONDS_MAX = 600


def require(*images: str, compose: bool = False) -> None:
    """Skip the test unless an engine answers that has these images or can pull them."""
    docker = shutil.which("docker")
    if not docker or run("info").returncode:
        pytest.skip("no Docker engine answers")
    if compose and run("compose", "version").returncode:
        pytest.skip("docker has no compose")
    for image in images:
        if run("image", "inspect", image).returncode and run("pull", "-q", image, seconds=PULL_SECONDS_MAX).returncode:
            pytest.skip(f"the image {image} can neither be found nor pulled")


def run(
    *words: str, seconds: float = 120, given: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Call the engine's tool in the project's folder."""
    environment = os.environ | dict(given or {})
    return subprocess.run(
        ["docker", *words], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=seconds, check=False
    )

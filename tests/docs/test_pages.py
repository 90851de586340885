"""The documentation stays true: generated pages are current, and what pages name is there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.domain.transitions import mermaid
from reconciler.settings import MEANINGLESS, Settings
from worker.contract import ErrorCode

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
WRITTEN = [page for page in PAGES if "reference" not in page.parts]
"""Pages whose words are all chosen by hand."""
OTHER_VARIABLES = {
    "ALLOW_PLAINTEXT_MASTER",
    "CAMBER_LOCAL_BANNER",
    "CAMBER_LOCAL_HOME",
    "CAMBER_LOCAL_SCHEDULER",
    "COMPOSE_SECRETS",
    "CONFORMANCE_CAMBER_BIN",
    "CONFORMANCE_SPEND_CREDITS",
    "NAME_FILE",
    "RECONCILER_CRASH_POINT",
    "SUPABASE_DB_URL",
    "TEST_DATABASE",
}
"""Variables that are read by something else than `Settings`."""
WORKER_VARIABLES = set(re.findall(r'"([A-Z_]+)"', (ROOT / "worker" / "settings.py").read_text("utf-8")))
NOTICES = set(re.findall(r'^    ([A-Z_]+) = "', (ROOT / "worker" / "fields" / "field.py").read_text("utf-8"), re.M))
LIMITS = {"RLIMIT_AS", "RLIMIT_DATA"}
"""Names of the kernel, not of variables."""
HOSTS = {"127.0.0.1", "USER", "host", "keepachangelog.com", "objects.example.com"}
LINK = re.compile(r"\]\(([^)\s]+)\)")
TARGET = re.compile(r"(?:^|`|&& )make ([a-z]+)\b", re.MULTILINE)
VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
HOST = re.compile(r"\b[a-z]+(?:\+[a-z]+)?://(?:[^\s/@`]*@)?([A-Za-z0-9.-]+)")
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|root|home|tmp|Users|mnt)/")
REGISTRY = re.compile(r"\b(?:pypi|pythonhosted|npmjs|dockerhub|ghcr|quay)\b", re.IGNORECASE)


def by_name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def test_generated_pages_are_current() -> None:
    check = [sys.executable, "docs/generate.py", "--check"]

    done = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, done.stdout), f"run docs/generate.py: {done.stdout}{done.stderr}"


def test_the_states_of_the_readme_are_those_of_the_table() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")

    section = readme.partition("<!-- states:begin -->\n")[2].partition("\n<!-- states:end -->")[0]

    assert mermaid() == section


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text("utf-8")) if "://" not in link]

    dead = [link for link in links if not _leads_somewhere(page, link)]

    assert [] == dead


def _leads_somewhere(page: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    return target.exists() and (not anchor or anchor in _anchors(target))


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_every_make_target_that_a_page_names_is_real(page: Path) -> None:
    real = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))

    named = set(TARGET.findall(page.read_text("utf-8")))

    assert set() == named - real


@pytest.mark.parametrize("page", WRITTEN, ids=by_name)
def test_every_variable_that_a_page_names_is_read_by_something(page: Path) -> None:
    known = {name.upper() for name in Settings.model_fields} | set(MEANINGLESS) | OTHER_VARIABLES | set(ErrorCode)
    known |= WORKER_VARIABLES | NOTICES | LIMITS

    named = set(VARIABLE.findall(page.read_text("utf-8")))

    assert set() == {name for name in named if name not in known and name.removesuffix("_FILE") not in known}


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_no_page_names_a_machines_paths_or_a_registry(page: Path) -> None:
    text = page.read_text("utf-8")

    assert [] == MACHINE_PATH.findall(text) + REGISTRY.findall(text)
    assert set() == set(HOST.findall(text)) - HOSTS


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_every_page_is_reached_from_an_index(page: Path) -> None:
    indexes = [ROOT / "README.md", ROOT / "docs" / "README.md"]

    linked = {
        (index.parent / link.partition("#")[0]).resolve()
        for index in indexes
        for link in LINK.findall(index.read_text("utf-8"))
    }

    assert page in linked | {ROOT / "README.md"}

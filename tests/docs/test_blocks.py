"""What stands in the code blocks of the pages works as it stands: each language by what reads it."""

import ast
import json
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import typer
import yaml
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from reconciler.cli import app
from tests.docs.test_pages import PAGES, ROOT, by_name

BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
LANGUAGES = {"sh", "sql", "python", "json", "toml", "yaml", "text", "mermaid", "dockerfile", "ini"}
CALL = re.compile(r"(?:^|[\s;&(])(?:\.venv/bin/)?reconciler ((?:[a-z-]+)[^\n;|&#]*)", re.MULTILINE)
IN_TOOLS = re.compile(
    r"(?:run --rm|exec)\b[^\n]*? (?:tools|daemon|deploy/reconciler --)(?: reconciler)? ([a-z-]+[^\n;|&#]*)"
)
EXPLAINED = re.compile(r"(?:SELECT|UPDATE|INSERT|DELETE|WITH)\b", re.IGNORECASE)
FILES = re.compile(r"(?<![\w/.])((?:deploy|worker|docs|tests|reconciler)/[\w./-]*\w)")


def blocks(language: str | None = None) -> list[Any]:
    """Every block of the language, named by its page and number."""
    found = []
    for page in PAGES:
        for number, (indent, name, body) in enumerate(BLOCK.findall(page.read_text("utf-8"))):
            if language in (None, name):
                plain = re.sub(f"^{indent}", "", body, flags=re.MULTILINE)
                found.append(pytest.param(plain if language else name, id=f"{by_name(page)}-{number}"))
    return found


@pytest.mark.parametrize("name", blocks())
def test_a_block_is_of_a_language_that_is_checked(name: str) -> None:
    assert name in LANGUAGES


@pytest.mark.parametrize("body", blocks("sh"))
def test_a_shell_can_read_it_and_every_command_and_option_exists(body: str) -> None:
    done = subprocess.run(["bash", "-n"], input=body, capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, done.stderr)
    assert [] == [problem for call in calls(body) for problem in problems(call)]


@pytest.mark.parametrize("body", blocks("text"))
def test_every_command_of_a_transcript_exists(body: str) -> None:
    prompts = "\n".join(line[2:] for line in body.replace("\\\n", " ").splitlines() if line.startswith("$ "))

    assert [] == [problem for call in calls(prompts) for problem in problems(call)]


def calls(body: str) -> Iterator[str]:
    joined = re.sub(r"(?:^|\s)#[^\n]*", "", body.replace("\\\n", " "))
    yield from CALL.findall(joined)
    yield from IN_TOOLS.findall(joined)


def problems(call: str) -> list[str]:
    """What of the call the program does not know."""
    words = shlex.split(call)
    command: Any = typer.main.get_command(app)
    context = command.make_context("reconciler", [], resilient_parsing=True)
    while hasattr(command, "get_command") and words and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        if found is None:
            return [f"there is no command {words[0]!r}"]
        command, words = found, words[1:]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    known |= {"--help", "--install-completion"}
    given = [word.partition("=")[0] for word in words if word.startswith("--") and word != "--"]
    return [f"{call.strip()}: there is no {option}" for option in given if option not in known]


def test_a_slip_in_a_page_is_found() -> None:
    assert problems("jobs --stauts failed")
    assert problems("frobnicate ID")
    assert list(calls("docker compose run --rm tools status --jsn"))
    assert not problems("schemas add --shipped --activate")


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    named = set(FILES.findall(re.sub(r"\]\([^)]*\)", "", page.read_text("utf-8"))))

    named -= {"deploy/reconciler"}  # a deployment of Kubernetes
    assert set() == {name for name in named if not (ROOT / name).exists() and not list(ROOT.glob(f"{name}*"))}


def test_the_database_can_read_every_statement(database_url: str) -> None:
    """Planned, and not carried out: tables, columns and functions must be there."""
    engine = create_engine(database_url, poolclass=NullPool)
    wrong = []
    with engine.connect() as connection:
        for block in blocks("sql"):
            for sql in statements(block.values[0].replace("'...'", f"'{uuid4()}'")):
                try:
                    with connection.begin_nested():
                        if EXPLAINED.match(sql):
                            connection.exec_driver_sql(f"EXPLAIN {sql}".replace("%", "%%"))
                except DBAPIError as error:
                    wrong.append((block.id, sql, str(error.orig).partition("\n")[0]))
    engine.dispose()

    assert [] == wrong


def statements(body: str) -> list[str]:
    """The statements of a block. A semicolon within quotes ends none."""
    bare = re.sub(r"--[^\n]*", "", body)
    return [part.strip() for part in re.split(r";(?=(?:[^']*'[^']*')*[^']*$)", bare) if part.strip()]


@pytest.mark.parametrize("body", blocks("python"))
def test_python_can_read_it(body: str) -> None:
    ast.parse(body)


@pytest.mark.parametrize("body", blocks("json"))
def test_it_is_json(body: str) -> None:
    json.loads(body)


@pytest.mark.parametrize("body", blocks("toml"))
def test_it_is_toml(body: str) -> None:
    tomllib.loads(body)


@pytest.mark.parametrize("body", blocks("yaml"))
def test_it_is_yaml(body: str) -> None:
    assert yaml.safe_load(body)

"""What a log may not show: secrets in any quotes, values of variables, rows that an error quotes."""

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from loguru import logger as loguru_logger
from sqlalchemy.exc import IntegrityError

from reconciler.cli.run import _secrets
from reconciler.logs import UNTOLD, logger, redact, set_up
from reconciler.settings import Database, Settings, load
from reconciler.store.runs import StaleLease

PLANTED = 'k9"x\\z é/planted'


@pytest.fixture(params=["json", "human"])
def style(request: pytest.FixtureRequest) -> Iterator[str]:
    """Logging in one of its styles, to the STDERR that the test captures."""
    set_up("INFO", request.param, ["short", PLANTED])
    yield request.param
    loguru_logger.remove()
    loguru_logger.add(sys.stderr)
    set_up("INFO", request.param)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("'CAMBER_API_KEY': 'sk-secret-1'", "'CAMBER_API_KEY': '[redacted]'"),
        ('{"password": "hush hush, hush", "x": 1}', '{"password": "[redacted]", "x": 1}'),
        (r'{"a": "{\"password\": \"hu\\\"sh\", \"x\": 1}"}', r'{"a": "{\"password\": \"[redacted]\", \"x\": 1}"}'),
        (r'{"password": "hu\"sh\\", "x": "y"}', '{"password": "[redacted]", "x": "y"}'),
        ("Authorization: Bearer hush-abcdef", "Authorization: [redacted]"),
        ('"Authorization": "Bearer hush abcdef"', '"Authorization": "[redacted]"'),
        ("sent Bearer hush-abcdef.x= to it", "sent Bearer [redacted] to it"),
        ("DO_SPACES_SECRET_KEY=hush, then", "DO_SPACES_SECRET_KEY=[redacted], then"),
        ("password: 'hush and cut", "password: '[redacted]'"),
        ("postgresql://user:hu@sh@host/db", "postgresql://[redacted]@host/db"),
        ("GET /k?X-Amz-Signature=hush&X-Amz-Date=hush", "GET /k[redacted]"),
        ("AGE-SECRET-KEY-1HUSH", "[redacted]"),
    ],
)
def test_secrets_are_hidden_wholly_in_any_quotes(text: str, shown: str) -> None:
    assert shown == redact(text)
    assert shown == redact(redact(text))


@pytest.mark.parametrize("text", ["CAMBER_API_KEY: must be set where it is needed", "a token is missing", "the keys"])
def test_words_about_secrets_are_no_secrets(text: str) -> None:
    assert text == redact(text)


def test_known_secrets_are_hidden_wherever_they_stand(style: str, capfd: pytest.CaptureFixture[str]) -> None:
    extra = {"plain": PLANTED, "deep": {"list": [f"a{PLANTED}b"]}, "api_key": "unknown-yet", "kept": "short", "n": 3}
    logger.bind(**extra).info("said " + json.dumps({"x": PLANTED}))
    said = capfd.readouterr().err

    assert "planted" not in said
    assert "unknown-yet" not in said
    assert "short" in said
    if style == "json":
        line = json.loads(said)
        assert (line["plain"], line["deep"], line["n"]) == ("[redacted]", {"list": ["a[redacted]b"]}, 3)


@pytest.mark.usefixtures("style")
def test_a_traceback_shows_lines_and_no_values(capfd: pytest.CaptureFixture[str]) -> None:
    def fail(text: str) -> None:
        upper = text.upper()
        raise ValueError(len(upper))

    try:
        fail("value of a local variable")
    except ValueError:
        logger.exception("It failed")
    said = capfd.readouterr().err

    assert "raise ValueError(len(upper))" in said
    assert "VALUE OF A LOCAL" not in said
    assert f"ValueError: {UNTOLD}" in said


@pytest.mark.parametrize("wrapped", [False, True])
def test_of_a_database_error_only_one_line_is_told(
    style: str, capfd: pytest.CaptureFixture[str], *, wrapped: bool
) -> None:
    driver = psycopg.errors.UniqueViolation("duplicate key\nDETAIL:  Key (text)=(words on the page)")
    error: Exception = IntegrityError("INSERT", {"text": "words on the page"}, driver)
    error.__cause__ = driver
    try:
        if wrapped:
            raise RuntimeError("the duty failed") from error
        raise error
    except (RuntimeError, IntegrityError):
        logger.exception("It failed")
    said = capfd.readouterr().err

    assert "IntegrityError 23505: duplicate key" in said
    assert "words on the page" not in said
    assert wrapped == (f"RuntimeError: {UNTOLD}" in said)
    if style == "json" and not wrapped:
        assert json.loads(said)["exception"] == "IntegrityError 23505: duplicate key"


FOREIGN: dict[str, Callable[[], object]] = {
    "value": lambda: float("Asha Verma, 14 March"),
    "key": lambda: dict[str, str]()["Asha Verma, 14 March"],
    "file": lambda: Path("Asha Verma, 14 March.pdf").read_bytes(),
    "json": lambda: json.loads('{"Asha Verma": 14 March}'),
    "unicode": lambda: b"Asha Verma \xff".decode("utf-8"),
    "settings": lambda: Database.model_validate({"DATABASE_URL": "Asha Verma, 14 March"}),
    "note": lambda: _noted("Asha Verma, 14 March"),
    "cause": lambda: _caused("Asha Verma, 14 March"),
    "database": lambda: _raise(psycopg.errors.InvalidTextRepresentation('invalid input for uuid: "Asha Verma"')),
}


def _raise(error: Exception) -> None:
    raise error


def _noted(text: str) -> None:
    error = RuntimeError("x")
    error.add_note(text)
    raise error


def _caused(text: str) -> None:
    try:
        int(text)
    except ValueError as error:
        raise StaleLease("the lease is gone") from error


@pytest.mark.usefixtures("style")
@pytest.mark.parametrize("kind", FOREIGN)
def test_no_words_of_a_document_come_in_by_an_exception_of_somebody_else(
    capfd: pytest.CaptureFixture[str], kind: str
) -> None:
    """They quote what they failed on. Where it was and of what kind is told; the words of our own errors are ours."""
    try:
        FOREIGN[kind]()
    except Exception:  # noqa: BLE001 - whatever it is
        logger.exception("It failed")
    said = capfd.readouterr().err

    # The source's own lines stand in a traceback.
    shown = "\n".join(line for line in said.replace("\\n", "\n").splitlines() if "lambda" not in line)
    assert "Asha" not in shown
    assert "It failed" in said
    assert kind == "database" or "Traceback" in said
    assert (kind == "cause") == ("StaleLease: the lease is gone" in said)
    assert (kind == "file") == ("No such file or directory" in said)


@pytest.mark.usefixtures("style")
def test_what_a_thread_dies_of_and_what_libraries_say_is_redacted_too(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise ValueError(PLANTED)

    thread = threading.Thread(target=fail, name="woken dispatch")
    thread.start()
    thread.join()
    logging.getLogger("some.library").log(35, "said %s", PLANTED)
    logging.getLogger("other.library").warning("password=%s", "hush")
    said = capfd.readouterr().err

    assert "planted" not in said
    assert "hush" not in said
    assert "Thread failed" in said
    assert all(word in said for word in ("woken dispatch", "some.library", "other.library"))


@pytest.mark.usefixtures("style")
def test_a_tick_that_is_left_out_is_not_told_and_one_that_fails_is(capfd: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("apscheduler.scheduler").warning("maximum number of running instances reached")
    logging.getLogger("apscheduler.scheduler").error("the job store is gone")
    said = capfd.readouterr().err

    assert "maximum number" not in said
    assert "the job store is gone" in said


def test_the_daemon_hides_its_settings_and_the_databases_password() -> None:
    settings = load(_settings("postgresql://u:p%40ss-word@h/db?password=other-word"))

    assert {"p@ss-word", "other-word", "the-secret-key", "the-access-key", "the-api-key"} <= set(_secrets(settings))
    assert isinstance(settings, Settings)


def test_a_failed_daemon_ends_though_threads_live_on() -> None:
    program = (
        "import threading, sys; from unittest import mock; from reconciler.cli import run\n"
        "threading.Thread(target=threading.Event().wait).start()\n"
        "run.set_up('INFO', 'json')\n"
        "with mock.patch.object(run, 'assemble', side_effect=OSError('broken')): run._run(mock.Mock(camber_bin='x'))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)

    assert done.returncode == 1
    assert json.loads(done.stderr)["event"] == "Daemon failed"
    assert f"OSError: {UNTOLD}" in done.stderr


def _settings(url: str) -> dict[str, str]:
    keys = {"DO_SPACES_ACCESS_KEY": "the-access-key", "DO_SPACES_SECRET_KEY": "the-secret-key"}
    store = {"DO_SPACES_ENDPOINT": "https://o.example", "DO_SPACES_REGION": "r", "DO_SPACES_BUCKET": "b"}
    return {"DATABASE_URL": url, "CAMBER_API_KEY": "the-api-key", **keys, **store}

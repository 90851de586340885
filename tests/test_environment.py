"""Variables whose values stand in files of their own."""

import os
from pathlib import Path

import pytest

from reconciler.environment import VALUE_BYTES_MAX
from reconciler.settings import SettingsError, load, load_database
from tests.test_settings import GUIDE

NOTHING = Path(os.devnull)
URL = "postgresql://daemon:hush@db.example/rythmiq"


def test_a_value_is_read_from_the_file_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "url").write_text(f"{URL}\n")
    (tmp_path / "key").write_text("hush-from-a-file")
    files = {"DATABASE_URL_FILE": str(tmp_path / "url"), "DO_SPACES_SECRET_KEY_FILE": str(tmp_path / "key")}
    given = {name: value for name, value in GUIDE.items() if name not in ("SUPABASE_DB_URL", "DO_SPACES_SECRET_KEY")}

    settings = load(given | files, NOTHING)

    assert URL == settings.database_url.get_secret_value()
    assert settings.do_spaces_secret_key.get_secret_value() == "hush-from-a-file"
    assert load_database(files, NOTHING).database_url == settings.database_url


def test_the_file_may_be_named_in_the_dotenv_and_holds_for_the_old_name_too(tmp_path: Path) -> None:
    (tmp_path / "url").write_text(URL)
    dotenv = tmp_path / ".env"
    dotenv.write_text(f"SUPABASE_DB_URL_FILE={tmp_path / 'url'}\n")

    assert URL == load_database({}, dotenv).database_url.get_secret_value()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file or directory"),
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (b"\xff\xfehush", "is no text"),
        (b"h" * (VALUE_BYTES_MAX + 1), "has more than"),
    ],
    ids=["missing", "empty", "blank", "binary", "huge"],
)
def test_a_file_that_cannot_be_used_is_named_without_its_content(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    file = tmp_path / "url"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(SettingsError) as refusal:
        load_database({"DATABASE_URL_FILE": str(file)}, NOTHING)

    assert f"DATABASE_URL_FILE: {file}: {reason}" in str(refusal.value)
    assert "hush" not in str(refusal.value)


def test_a_value_that_is_given_both_ways_is_refused(tmp_path: Path) -> None:
    (tmp_path / "url").write_text(URL)

    with pytest.raises(SettingsError, match="DATABASE_URL: is set, and DATABASE_URL_FILE too"):
        load_database({"DATABASE_URL": URL, "DATABASE_URL_FILE": str(tmp_path / "url")}, NOTHING)

"""Settings: the names of the platform guide work, and wrong ones are named all at once without their values."""

import os
from pathlib import Path

import pyrage
import pytest

from reconciler.settings import SettingsError, load, meaningless
from reconciler.settings.values import RECIPIENTS_MAX
from tests.world import RECIPIENT

NOTHING = Path(os.devnull)
GUIDE = {
    "EXECUTION_BACKEND": "camber",
    "CAMBER_API_KEY": "0123456789abcdef0123456789abcdef01234567",
    "CAMBER_API_URL": "https://api.camber.example",
    "CAMBER_APP_NAME": "rythmiq-worker-v2",
    "WEBHOOK_SECRET": "hush-webhook",
    "SUPABASE_URL": "https://project.supabase.example",
    "SUPABASE_SERVICE_ROLE_KEY": "hush-service-role",
    "SUPABASE_DB_URL": "postgresql://postgres:hush-password@db.example:5432/postgres",
    "DO_SPACES_ENDPOINT": "https://sgp1.digitaloceanspaces.com",
    "DO_SPACES_REGION": "sgp1",
    "DO_SPACES_BUCKET": "documents",
    "DO_SPACES_ACCESS_KEY": "hush-access",
    "DO_SPACES_SECRET_KEY": "hush-secret",
    "SERVICE_ENV": "production",
}


def test_the_platform_guides_names_start_the_daemon_unchanged() -> None:
    settings = load(GUIDE, NOTHING)

    assert settings.service_env == "production"
    assert settings.do_spaces_secret_key.get_secret_value() == "hush-secret"
    assert settings.database_url.get_secret_value() == GUIDE["SUPABASE_DB_URL"]


def test_names_that_mean_nothing_any_more_are_listed_with_the_reason_and_without_the_value() -> None:
    listed = meaningless(GUIDE, NOTHING)

    expected = {"CAMBER_API_URL", "CAMBER_APP_NAME", "WEBHOOK_SECRET", "SUPABASE_URL", "SUPABASE_SERVICE_ROLE_KEY"}
    assert expected == set(listed)
    assert all(reason and "hush" not in reason for reason in listed.values())


def test_every_bad_variable_is_named_at_once_with_what_was_expected_and_no_value() -> None:
    bad = GUIDE | {
        "SUPABASE_DB_URL": "mysql://hush-password@db",
        "RUN_SLOTS": "hush-many",
        "DO_SPACES_ENDPOINT": "hush-nowhere",
        "AGE_RECIPIENTS": "hush-recipient",
        "RUN_ENVIRONMENT": "docker",
    }
    del bad["DO_SPACES_BUCKET"]

    with pytest.raises(SettingsError) as refusal:
        load(bad, NOTHING)

    message = str(refusal.value)
    names = ("DATABASE_URL", "RUN_SLOTS", "DO_SPACES_ENDPOINT", "AGE_RECIPIENTS", "RUN_ENVIRONMENT", "DO_SPACES_BUCKET")
    assert all(f"{name}:" in message for name in names)
    assert "'install' or 'archive'" in message
    assert "hush" not in message


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"SETTLE_SECONDS": "10", "CREATE_LIMIT_SECONDS": "60"}, "SETTLE_SECONDS"),
        ({"OUTBOX_RETENTION_SECONDS": "60"}, "OUTBOX_RETENTION_SECONDS"),
        ({"RUN_ENVIRONMENT": "archive"}, "RUN_ARCHIVE_KEY"),
        ({"RUN_LINGER_SECONDS": "9"}, "RUN_LINGER_SECONDS"),
        ({"RUN_LINGER_SECONDS": "60", "RUN_SECONDS": "120", "RUN_TARGET_SECONDS": "60"}, "RUN_SECONDS"),
        ({"CAMBER_API_KEY": ""}, "CAMBER_API_KEY"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(wrong: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        load(GUIDE | wrong, NOTHING)


def test_contradictions_are_named_together_with_bad_values() -> None:
    with pytest.raises(SettingsError) as refusal:
        load(GUIDE | {"CAMBER_API_KEY": "", "RUN_SLOTS": "0"}, NOTHING)

    assert "RUN_SLOTS" in str(refusal.value)
    assert "CAMBER_API_KEY" in str(refusal.value)


def test_the_environment_outranks_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("RUN_SLOTS=3\nBATCH_MAX=7\n")

    settings = load(GUIDE | {"RUN_SLOTS": "5"}, file)

    assert (settings.run_slots, settings.batch_max) == (5, 7)


def test_no_secret_shows_in_the_settings_own_words() -> None:
    assert "hush" not in repr(load(GUIDE, NOTHING))


def _recipients(count: int) -> list[str]:
    return [str(pyrage.x25519.Identity.generate().to_public()) for _ in range(count)]


def test_public_keys_of_age_are_taken_and_each_counts_once() -> None:
    keys = (RECIPIENT, *_recipients(RECIPIENTS_MAX - 1))

    assert load(GUIDE | {"AGE_RECIPIENTS": ", ".join((*keys, RECIPIENT))}, NOTHING).age_recipients == keys


@pytest.mark.parametrize(
    "wrong",
    [
        "age1nonsense",
        "age1",
        RECIPIENT[:-1] + "q",
        RECIPIENT[:20] + RECIPIENT[21] + RECIPIENT[20] + RECIPIENT[22:],
        RECIPIENT[:-1],
        RECIPIENT.upper(),
        "bge1" + RECIPIENT[4:],
        RECIPIENT + "\u00e9",
        pytest.param(str(pyrage.x25519.Identity.generate()), id="a secret key"),
    ],
)
def test_what_is_no_public_key_of_age_is_refused_and_not_shown(wrong: str) -> None:
    with pytest.raises(SettingsError, match="AGE_RECIPIENTS: must be age public keys") as refusal:
        load(GUIDE | {"AGE_RECIPIENTS": f"{RECIPIENT},{wrong}"}, NOTHING)

    assert len(wrong) < 6 or wrong not in str(refusal.value).replace("age1...", "")


def test_the_number_of_recipients_is_bounded() -> None:
    with pytest.raises(SettingsError, match=f"AGE_RECIPIENTS: must be at most {RECIPIENTS_MAX} keys"):
        load(GUIDE | {"AGE_RECIPIENTS": ",".join(_recipients(RECIPIENTS_MAX + 1))}, NOTHING)

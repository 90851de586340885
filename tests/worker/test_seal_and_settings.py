from pathlib import Path

import pyrage
import pytest

from tests.worker import orders
from worker.contract import ErrorCode
from worker.faults import DocumentFault
from worker.seal import Seal
from worker.settings import SettingsError, read_settings


def test_every_recipient_opens_the_master_and_nobody_reads_it_without() -> None:
    other = pyrage.x25519.Identity.generate()
    seal = Seal(recipients=(orders.RECIPIENT, str(other.to_public())))

    master = seal.master(b"the original bytes")

    assert b"original" not in master
    for identity in (orders.IDENTITY, other):
        assert pyrage.decrypt(master, [identity]) == b"the original bytes"


@pytest.mark.parametrize("recipients", [(), ("age1nonsense",), (str(orders.IDENTITY),)])
def test_without_a_good_recipient_there_is_no_master_and_no_key_in_the_message(recipients: tuple[str, ...]) -> None:
    with pytest.raises(DocumentFault) as fault:
        Seal(recipients=recipients).master(b"x")

    assert fault.value.code is ErrorCode.RECIPIENT_MISSING
    assert "AGE-SECRET" not in str(fault.value)


def test_a_plain_master_is_asked_for_by_name_and_never_called_enc() -> None:
    seal = Seal(recipients=(), plaintext_allowed=True)

    assert b"x" == seal.master(b"x")
    assert "master/u/j/j.raw" == seal.master_key("master/u/j/j.enc")
    assert ["MASTER_NOT_ENCRYPTED"] == [warning.split(":")[0] for warning in seal.warnings]


def test_with_a_recipient_the_master_is_sealed_even_where_plain_ones_are_allowed() -> None:
    seal = Seal(recipients=(orders.RECIPIENT,), plaintext_allowed=True)

    assert b"plain" not in seal.master(b"plain")
    assert "a.enc" == seal.master_key("a.enc")


def test_settings_have_defaults() -> None:
    settings = read_settings({})

    assert ("onnx", 2, 1, None) == (settings.engine, settings.processes, settings.threads, settings.credentials)
    assert () == settings.recipients


def test_every_wrong_setting_is_named_in_one_error() -> None:
    wrong = {
        "OCR_ENGINE": "tesseract",
        "WORKER_THREADS": "many",
        "PIXELS_MAX": "-1",
        "OCR_SECONDS": "nan",
        "AGE_RECIPIENTS": "x",
        "ALLOW_PLAINTEXT_MASTER": "yes",
        "SPACES_KEY": "k",
        "RAW_PATH_PATTERNS": "(",
    }

    with pytest.raises(SettingsError) as refused:
        read_settings(wrong)

    assert set(wrong) == {line.split(":")[0].split(",")[0] for line in str(refused.value).splitlines()}


def test_both_spellings_of_the_credentials_are_read_and_never_printed() -> None:
    for names in (("SPACES_KEY", "SPACES_SECRET"), ("DO_SPACES_ACCESS_KEY", "DO_SPACES_SECRET_KEY")):
        settings = read_settings({names[0]: "the-key", names[1]: "the-secret", "WORKER_MODELS_DIR": "/m"})

        assert settings.credentials is not None
        assert ("the-key", "the-secret") == (settings.credentials.key, settings.credentials.secret)
        assert "the-" not in repr(settings)
        assert Path("/m") == settings.models_dir

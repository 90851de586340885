"""A payload of the predecessor's shape runs unchanged: `python -m worker < payload.json`, on a real store."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from reconciler.local.samples import generate
from reconciler.objects.store import ObjectStore, ObjectStoreConfig
from tests.worker.conftest import Environment, built
from tests.world import RECIPIENT

pytestmark = pytest.mark.demo
USER, JOB = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


@pytest.fixture(scope="module")
def environment() -> Environment:
    return built("onnx")


def payload(store: ObjectStoreConfig, key: str) -> dict[str, Any]:
    definition = {
        "target_width": 600,
        "target_height": 800,
        "target_dpi": 300,
        "max_kb": 200,
        "filename_pattern": "{job_id}",
        "output_format": "jpeg",
        "quality": 85,
    }
    return {
        "job_id": JOB,
        "user_id": USER,
        "portal_schema": {"id": "default", "name": "default", "version": 1, "schema_definition": definition},
        "input": {"raw_path": key, "mime_type": "image/png", "original_filename": "document.png"},
        "storage": {"bucket": store.bucket, "region": store.region, "endpoint": store.endpoint},
    }


def answer(environment: Environment, given: object, **variables: str) -> dict[str, Any]:
    """What the worker wrote on STDOUT: exactly one line."""
    done = environment.worker(stdin=json.dumps(given).encode(), more=variables)
    assert done.returncode == 0, done.stderr.decode()
    (line,) = done.stdout.decode().splitlines()
    result = json.loads(line)
    assert isinstance(result, dict)
    return result


@pytest.fixture(scope="module")
def key(object_store: ObjectStoreConfig, tmp_path_factory: pytest.TempPathFactory) -> str:
    (card, *_) = generate(tmp_path_factory.mktemp("samples"))
    name = f"blobs/{uuid.uuid4()}"
    ObjectStore(object_store).put_file(name, Path(card.path), card.mime_type)
    return name


def test_a_legacy_payload_is_answered_with_one_line_and_its_files_stand_at_the_legacy_paths(
    environment: Environment, object_store: ObjectStoreConfig, key: str
) -> None:
    keys = {"SPACES_KEY": object_store.access_key, "SPACES_SECRET": object_store.secret_key}

    result = answer(environment, payload(object_store, key), AGE_RECIPIENTS=RECIPIENT, **keys)

    assert (result["status"], result["job_id"]) == ("success", JOB)
    assert result["artifacts"]["master_path"] == f"master/{USER}/{JOB}/{JOB}.enc"
    assert result["artifacts"]["preview_path"] == f"output/{USER}/{JOB}/preview.jpg"
    assert result["metrics"]["ocr_confidence"] > 0.9
    objects = ObjectStore(object_store)
    assert objects.get(f"output/{USER}/{JOB}/preview.jpg", bytes_max=10**7).startswith(b"\xff\xd8")
    read = json.loads(objects.get(f"output/{USER}/{JOB}/result.json", bytes_max=10**7))
    assert "Imara Velstrand" in read["ocr"]["text"]


def test_without_a_recipient_the_master_is_refused_by_name(
    environment: Environment, object_store: ObjectStoreConfig, key: str
) -> None:
    keys = {"SPACES_KEY": object_store.access_key, "SPACES_SECRET": object_store.secret_key}

    result = answer(environment, payload(object_store, key), **keys)

    assert (result["status"], result["error"]["code"]) == ("failed", "RECIPIENT_MISSING")


def test_wrong_keys_of_the_store_are_denied_by_name(
    environment: Environment, object_store: ObjectStoreConfig, key: str
) -> None:
    wrong = {"SPACES_KEY": object_store.access_key, "SPACES_SECRET": "not-the-secret"}

    result = answer(environment, payload(object_store, key), AGE_RECIPIENTS=RECIPIENT, **wrong)

    assert (result["status"], result["error"]["code"]) == ("failed", "ARTIFACT_ACCESS_DENIED")

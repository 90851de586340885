import copy
import json
from typing import Any

import pytest

from tests.worker import orders
from tests.worker.object_store import ObjectStore
from worker.contract import (
    ContractError,
    Document,
    ErrorCode,
    RunFile,
    object_keys,
    parse_batch,
    parse_payload,
    payload_json,
    run_json,
)

JOB_ID, USER_ID = "33333333-3333-4333-8333-333333333333", "22222222-2222-4222-8222-222222222222"


def legacy() -> dict[str, Any]:
    """The payload of the product's API, in its exact shape."""
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
        "job_id": JOB_ID,
        "user_id": USER_ID,
        "portal_schema": {"id": "s1", "name": "default", "version": 1, "schema_definition": definition},
        "input": {"raw_path": "blobs/x", "mime_type": "image/png", "original_filename": "document.png"},
        "storage": {"bucket": "b", "region": "sgp1", "endpoint": "https://sgp1.example.test"},
    }


def test_the_legacy_payload_reads_unchanged() -> None:
    read = parse_payload(legacy())

    assert (JOB_ID, 600, "pad", None) == (read.job_id, read.schema.target_width, read.schema.fit, read.schema.min_kb)


def test_a_payload_survives_being_written_and_read() -> None:
    read = parse_payload(legacy())

    assert read == parse_payload(json.loads(json.dumps(payload_json(read))))


def test_a_run_file_survives_being_written_and_read() -> None:
    run = orders.run_file([orders.document(ObjectStore("http://127.0.0.1:9"), None)], control_url="http://127.0.0.1/c")

    assert run == parse_batch(json.loads(json.dumps(run_json(run))))
    assert isinstance(run, RunFile)


@pytest.mark.parametrize(
    ("path", "value", "code", "field"),
    [
        (("job_id",), "NOT-A-UUID", ErrorCode.PAYLOAD_INVALID, "job_id"),
        (("job_id",), USER_ID.replace("2", "A"), ErrorCode.PAYLOAD_INVALID, "job_id"),
        (("extra",), 1, ErrorCode.PAYLOAD_INVALID, "extra"),
        (("input", "artifact_url"), "https://x", ErrorCode.ARTIFACT_SOURCE_INVALID, "input.raw_path"),
        (("input", "raw_path"), None, ErrorCode.ARTIFACT_SOURCE_INVALID, "input.raw_path"),
        (
            ("portal_schema", "schema_definition", "width"),
            600,
            ErrorCode.SCHEMA_INVALID,
            "portal_schema.schema_definition.width",
        ),
        (
            ("portal_schema", "schema_definition", "max_kb"),
            "200",
            ErrorCode.SCHEMA_INVALID,
            "portal_schema.schema_definition.max_kb",
        ),
        (
            ("portal_schema", "schema_definition", "min_kb"),
            201,
            ErrorCode.SCHEMA_INVALID,
            "portal_schema.schema_definition.min_kb",
        ),
        (("options",), {"page": 0}, ErrorCode.PAYLOAD_INVALID, "options.page"),
        (("options",), {"fast_path": "yes"}, ErrorCode.PAYLOAD_INVALID, "options.fast_path"),
        (("options",), {"quality_threshold": 2}, ErrorCode.PAYLOAD_INVALID, "options.quality_threshold"),
        (("options",), {"speed": 1}, ErrorCode.PAYLOAD_INVALID, "options.speed"),
        (("schema_id",), "another", ErrorCode.PAYLOAD_INVALID, "schema_id"),
        (
            ("portal_schema", "schema_definition", "filename_pattern"),
            "{job_id}-{date}",
            ErrorCode.SCHEMA_INVALID,
            "portal_schema.schema_definition.filename_pattern",
        ),
    ],
)
def test_a_wrong_field_is_refused_by_its_name(
    path: tuple[str, ...], value: object, code: ErrorCode, field: str
) -> None:
    payload: dict[str, Any] = copy.deepcopy(legacy())
    inner = payload
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value

    with pytest.raises(ContractError) as refused:
        parse_payload(payload)

    assert (code, field) == (refused.value.code, refused.value.field)


def test_a_legacy_batch_comes_back_unread_so_that_one_bad_payload_spoils_no_other() -> None:
    assert [1, {"x": 2}] == parse_batch({"jobs": [1, {"x": 2}]})


def test_keys_carry_the_attempt_and_the_legacy_paths_none() -> None:
    one: Document = orders.document(ObjectStore("http://127.0.0.1:9"), None)
    assert one.attempt is not None

    scoped, plain = (object_keys(USER_ID, JOB_ID, attempt, "png") for attempt in (one.attempt, None))

    assert f"master/{USER_ID}/{JOB_ID}/a1-{one.attempt.nonce}-{JOB_ID}.enc" == scoped["master"]
    assert f"master/{USER_ID}/{JOB_ID}/{JOB_ID}.enc" == plain["master"]
    assert f"output/{USER_ID}/{JOB_ID}/preview.jpg" == plain["preview"]
    assert plain["portal"].endswith("portal.png")

import socket
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.worker import orders
from tests.worker.object_store import ObjectStore
from worker.contract import USER_PATHS, Document, ErrorCode, Stage
from worker.delivery import artifact_keys
from worker.faults import DocumentFault
from worker.seal import Seal
from worker.settings import Credentials
from worker.storage.bucket import BucketStore, check_raw_path
from worker.storage.download import Network, download, is_public
from worker.storage.grants import GrantStore, check_expiry
from worker.storage.http import Limits, TooSlow, Transient, exchange, pool
from worker.storage.store import Body

LIMITS = Limits(bytes_max=5000, seconds=2.0, tries=2)
SEAL = Seal(recipients=(orders.RECIPIENT,))


def _granted(one: Document, limits: Limits = LIMITS) -> GrantStore:
    assert one.grants is not None
    return GrantStore(pool(), one.payload, one.grants, artifact_keys(one, SEAL), limits)


def _fault(act: Callable[[], object]) -> DocumentFault:
    with pytest.raises(DocumentFault) as fault:
        act()
    return fault.value


def _input(one: Document) -> str:
    return f"/{orders.BUCKET}/{one.payload.raw_path}"


def test_a_granted_document_comes_and_its_artifacts_go_with_their_digests(store: ObjectStore) -> None:
    one = orders.document(store, b"the document")
    granted = _granted(one)

    fetched = granted.fetch()
    artifact = granted.put("portal", Body(data=b"portal", content_type="image/jpeg", filename="photo.jpg"))

    path = f"/{orders.BUCKET}/{orders.keys_of(one)['portal']}"
    assert (b"the document", b"portal") == (fetched, store.objects[path])
    assert (path.removeprefix(f"/{orders.BUCKET}/"), 6) == (artifact.key, artifact.size)
    assert "image/jpeg" == store.headers[path]["Content-Type"]
    assert 'attachment; filename="photo.jpg"' == store.headers[path]["Content-Disposition"]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("404", ErrorCode.ARTIFACT_NOT_FOUND),
        ("403", ErrorCode.GRANT_EXPIRED),
        ("500", ErrorCode.FETCH_FAILED),
        ("503", ErrorCode.FETCH_FAILED),
        ("reset", ErrorCode.FETCH_FAILED),
        ("short", ErrorCode.FETCH_FAILED),
        ("silence", ErrorCode.FETCH_TIMEOUT),
        ("302", ErrorCode.FETCH_FAILED),
    ],
)
def test_each_cause_of_a_failed_fetch_has_its_code(store: ObjectStore, fault: str, code: ErrorCode) -> None:
    one = orders.document(store, b"the document")
    store.faults[f"GET {_input(one)}"] = [fault, fault]

    raised = _fault(_granted(one, replace(LIMITS, seconds=0.3)).fetch)

    assert (code, Stage.FETCH) == (raised.code, raised.stage)
    assert "Signature" not in str(raised)


@pytest.mark.parametrize("host", ["127.0.0.1", "nowhere.invalid"])
def test_a_store_that_is_not_there_is_no_slow_one(host: str) -> None:
    """A connection that is refused, and a name that leads nowhere: both at once, not after a time."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://{host}:{unused.getsockname()[1]}/x"

        with pytest.raises(Transient) as raised:
            exchange(pool(), "GET", url, limits=LIMITS)

    assert not isinstance(raised.value, TooSlow)
    assert url not in str(raised.value)


@pytest.mark.parametrize("fault", ["drip", "drip-head", "drip-endless"])
def test_an_answer_that_drips_is_cut_when_its_time_is_over(store: ObjectStore, fault: str) -> None:
    """Every byte comes within the time that one operation of a socket may take."""
    one = orders.document(store, b"the document")
    store.faults[f"GET {_input(one)}"] = [fault]
    began = time.monotonic()

    raised = _fault(_granted(one, replace(LIMITS, seconds=0.6, tries=1)).fetch)

    assert ErrorCode.FETCH_TIMEOUT is raised.code
    # The drip lasts for twenty seconds.
    assert time.monotonic() - began < 10


def test_a_store_that_takes_no_bytes_is_cut_when_its_time_is_over(store: ObjectStore) -> None:
    one = orders.document(store, b"x")
    store.faults[f"PUT /{orders.BUCKET}/{orders.keys_of(one)['master']}"] = ["drip"]

    raised = _fault(
        lambda: _granted(one, replace(LIMITS, seconds=0.6, tries=1)).put("master", Body(data=b"m", content_type="x/y"))
    )

    assert ErrorCode.UPLOAD_FAILED is raised.code


def test_a_cut_connection_is_not_used_again(store: ObjectStore) -> None:
    one = orders.document(store, b"the document")
    store.faults[f"GET {_input(one)}"] = ["drip"]
    granted = _granted(one, replace(LIMITS, seconds=0.6, tries=1))
    _fault(granted.fetch)

    assert b"the document" == granted.fetch()


@pytest.mark.parametrize("fault", ["500", "reset", "short"])
def test_what_may_pass_is_tried_again(store: ObjectStore, fault: str) -> None:
    one = orders.document(store, b"the document")
    store.faults[f"GET {_input(one)}"] = [fault]

    assert b"the document" == _granted(one).fetch()


def test_what_will_not_change_is_tried_once(store: ObjectStore) -> None:
    one = orders.document(store, None)

    assert _fault(_granted(one).fetch).code is ErrorCode.ARTIFACT_NOT_FOUND
    assert [f"GET {_input(one)}"] == store.requests


def test_a_document_above_the_cap_is_refused(store: ObjectStore) -> None:
    one = orders.document(store, b"x" * 5001)

    assert _fault(_granted(one).fetch).code is ErrorCode.IMAGE_TOO_LARGE


@pytest.mark.parametrize(
    ("fault", "code"),
    [("403", ErrorCode.GRANT_EXPIRED), ("500", ErrorCode.UPLOAD_FAILED), ("reset", ErrorCode.UPLOAD_FAILED)],
)
def test_each_cause_of_a_failed_upload_has_its_code(store: ObjectStore, fault: str, code: ErrorCode) -> None:
    one = orders.document(store, b"x")
    store.faults[f"PUT /{orders.BUCKET}/{orders.keys_of(one)['master']}"] = [fault, fault]

    raised = _fault(lambda: _granted(one).put("master", Body(data=b"m", content_type="x/y")))

    assert (code, Stage.UPLOAD) == (raised.code, raised.stage)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/documents/{key}",
        "https://{host}/documents/{key}",
        "http://evil.test/documents/{key}",
        "http://{host}@evil.test/documents/{key}",
        "http://{host}/documents/another",
        "http://{host}/other/{key}",
        "http://documents.{host}/documents/{key}",
        "file:///documents/{key}",
    ],
)
def test_a_grant_of_another_origin_or_key_is_refused_by_name(store: ObjectStore, url: str) -> None:
    one = orders.document(store, b"x")
    assert one.grants is not None
    host = store.origin.removeprefix("http://")
    foreign = url.format(host=host, key=orders.keys_of(one)["master"])

    changed = replace(one, grants=replace(one.grants, put={**one.grants.put, "master": foreign}))
    raised = _fault(lambda: _granted(changed))

    assert (ErrorCode.PAYLOAD_INVALID, True) == (raised.code, raised.message.startswith("grants.put.master"))
    assert store.requests == []


def test_a_grant_may_name_the_bucket_in_its_host() -> None:
    store = ObjectStore("https://sgp1.example.test")
    one = orders.document(store, None)
    assert one.grants is not None
    put = {name: f"https://documents.sgp1.example.test/{key}?s=1" for name, key in orders.keys_of(one).items()}

    _granted(replace(one, grants=replace(one.grants, put=put)))


def test_grants_past_their_time_are_a_platform_fault() -> None:
    grants = orders.document(ObjectStore("http://127.0.0.1:9"), None).grants
    assert grants is not None
    now = datetime(2026, 1, 1, tzinfo=UTC)
    past = replace(grants, expires_at=(now - timedelta(seconds=1)).isoformat())

    check_expiry(grants, now)
    assert _fault(lambda: check_expiry(past, now)).code is ErrorCode.GRANT_EXPIRED
    assert _fault(lambda: check_expiry(replace(grants, expires_at="soon"), now)).code is ErrorCode.PAYLOAD_INVALID


def _bucket(store: ObjectStore, one: Document) -> BucketStore:
    return BucketStore(
        pool(), one.payload, Credentials(key="k", secret="s"), artifact_keys(one, SEAL), LIMITS, USER_PATHS
    )


def test_with_credentials_the_same_goes_by_keys(store: ObjectStore) -> None:
    one = replace(orders.document(store, b"the document"), attempt=None, grants=None)
    bucket = _bucket(store, one)

    fetched = bucket.fetch()
    bucket.put("preview", Body(data=b"p", content_type="image/jpeg"))

    assert b"the document" == fetched
    assert b"p" == store.objects[f"/{orders.BUCKET}/{orders.keys_of(one)['preview']}"]


@pytest.mark.parametrize(
    ("fault", "code"),
    [("404", ErrorCode.ARTIFACT_NOT_FOUND), ("403", ErrorCode.ARTIFACT_ACCESS_DENIED), ("503", ErrorCode.FETCH_FAILED)],
)
def test_with_credentials_each_cause_has_its_code(store: ObjectStore, fault: str, code: ErrorCode) -> None:
    one = replace(orders.document(store, b"x"), attempt=None, grants=None)
    store.faults[f"GET {_input(one)}"] = [fault, fault]

    assert _fault(_bucket(store, one).fetch).code is code


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("blobs/33333333-3333-4333-8333-333333333333", True),
        ("blobs/33333333-3333-4333-8333-333333333333.png", True),
        (f"raw/{orders.USER_ID}/scan.jpg", True),
        ("raw/44444444-4444-4444-8444-444444444444/scan.jpg", False),
        (f"raw/{orders.USER_ID}/../44444444-4444-4444-8444-444444444444/scan.jpg", False),
        (f"master/{orders.USER_ID}/x.enc", False),
        ("blobs/", False),
        ("/blobs/33333333-3333-4333-8333-333333333333", False),
        ("blobs/33333333-3333-4333-8333-333333333333\n", False),
    ],
)
def test_a_raw_path_lies_where_the_user_may(path: str, *, allowed: bool) -> None:
    if allowed:
        check_raw_path(path, orders.USER_ID, USER_PATHS)
    else:
        fault = _fault(lambda: check_raw_path(path, orders.USER_ID, USER_PATHS))
        assert fault.code is ErrorCode.ARTIFACT_SOURCE_INVALID


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.1", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::7f00:1", False),
        ("nonsense", False),
    ],
)
def test_only_addresses_of_the_public_internet_are_public(address: str, *, public: bool) -> None:
    assert public is is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.test/x",
        "ftp://example.test/x",
        "https:///x",
        "https://user:pw@example.test/x",
        "https://h:99999/",
        "https://[::1/x",
        "https://[zz]/x",
        "https://a\u2100.test/x",
        "https://a..test/x",
        f"https://{'a' * 300}.test/x",
    ],
)
def test_an_artifact_url_is_plain_https(url: str) -> None:
    def everywhere(host: str, _port: int) -> list[str]:
        # What the system's own resolver does first.
        host.encode("idna")
        return ["93.184.216.34"]

    fault = _fault(lambda: download(url, LIMITS, Network(everywhere)))

    assert fault.code is ErrorCode.ARTIFACT_SOURCE_INVALID


def test_a_name_with_one_private_address_among_its_public_ones_is_refused() -> None:
    addresses = ["93.184.216.34", "127.0.0.1"]

    fault = _fault(lambda: download("https://example.test/x", LIMITS, Network(lambda _host, _port: addresses)))

    assert fault.code is ErrorCode.ARTIFACT_SOURCE_INVALID


def test_the_systems_own_loopback_is_refused_under_its_name() -> None:
    assert _fault(lambda: download("https://localhost/x", LIMITS)).code is ErrorCode.ARTIFACT_SOURCE_INVALID


def test_a_name_that_does_not_resolve_may_resolve_later() -> None:
    def nowhere(_host: str, _port: int) -> list[str]:
        raise OSError

    fault = _fault(lambda: download("https://example.test/x", replace(LIMITS, tries=1), Network(nowhere)))

    assert fault.code is ErrorCode.FETCH_FAILED

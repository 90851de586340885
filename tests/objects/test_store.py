import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from reconciler.objects.errors import ObjectMissing, ObjectsRefused, ObjectsUnavailable, ObjectTooLarge
from reconciler.objects.store import (
    LIFETIME_SECONDS_MAX,
    AddressingStyle,
    ObjectHead,
    ObjectStore,
    ObjectStoreConfig,
    Patience,
)
from tests.objects.stores import md5_of, opened


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    return f"output/{request.node.name}/ä b.txt"


def test_what_was_put_is_got_and_seen_with_its_size_and_md5(store: ObjectStore, key: str) -> None:
    store.put(key, b"hello", "text/plain")

    assert store.get(key, bytes_max=5) == b"hello"
    head = store.head(key)
    assert head == ObjectHead(size_bytes=5, etag=md5_of(b"hello").hex())
    assert head.md5 == md5_of(b"hello").hex()


def test_a_file_is_put_in_one_piece_so_that_its_etag_is_its_md5(store: ObjectStore, key: str, tmp_path: Path) -> None:
    data = bytes(range(256)) * 4096 * 12
    file = tmp_path / "file"
    file.write_bytes(data)

    store.put_file(key, file)

    assert store.head(key) == ObjectHead(size_bytes=len(data), etag=md5_of(data).hex())
    assert store.get(key, bytes_max=len(data)) == data


def test_an_empty_object_is_an_object(store: ObjectStore, key: str) -> None:
    store.put(key, b"", "text/plain")

    assert store.get(key, bytes_max=0) == b""
    assert store.head(key) == ObjectHead(size_bytes=0, etag=md5_of(b"").hex())


def test_the_etag_of_an_upload_in_parts_is_no_md5() -> None:
    assert ObjectHead(size_bytes=1, etag="d41d8cd98f00b204e9800998ecf8427e-2").md5 is None


def test_a_missing_object_is_seen_as_none_and_cannot_be_read(store: ObjectStore, key: str) -> None:
    assert store.head(key) is None
    with pytest.raises(ObjectMissing, match=r"^get: 404 NoSuchKey$") as missing:
        store.get(key, bytes_max=1)
    assert missing.value.key == key


def test_deleting_twice_is_the_same_as_once(store: ObjectStore, key: str) -> None:
    store.put(key, b"x", "text/plain")

    store.delete(key)
    store.delete(key)

    assert store.head(key) is None


def test_an_object_beyond_the_bound_is_not_read(store: ObjectStore, key: str) -> None:
    store.put(key, b"123456", "text/plain")

    with pytest.raises(ObjectTooLarge, match="6 bytes, at most 5"):
        store.get(key, bytes_max=5)


@pytest.mark.parametrize("wrong_one", ["access_key", "secret_key"])
def test_wrong_keys_are_refused_and_never_shown(object_store: ObjectStoreConfig, key: str, wrong_one: str) -> None:
    acts: list[Callable[[ObjectStore], object]] = [
        lambda store: store.head(key),
        lambda store: store.get(key, bytes_max=1),
        lambda store: store.put(key, b"", "text/plain"),
        lambda store: store.delete(key),
    ]
    nobody = replace(object_store, access_key="NOBODY")
    wrong = nobody if wrong_one == "access_key" else replace(object_store, secret_key="not-the-secret")
    with opened(wrong) as store:
        for act in acts:
            with pytest.raises(ObjectsRefused, match="403") as refused:
                act(store)
            assert wrong.secret_key not in str(refused.value)
            assert "Signature=" not in str(refused.value)


def test_a_wrong_bucket_is_refused_rather_than_shown_as_empty(object_store: ObjectStoreConfig, key: str) -> None:
    """Otherwise one wrong setting would make every document look as if it were never uploaded."""
    with opened(replace(object_store, bucket="no-such-bucket")) as store:
        with pytest.raises(ObjectsRefused, match="no bucket no-such-bucket"):
            store.head(key)
        with pytest.raises(ObjectsRefused, match="NoSuchBucket"):
            store.get(key, bytes_max=1)
        with pytest.raises(ObjectsRefused, match="NoSuchBucket"):
            store.put(key, b"", "text/plain")


def test_a_store_that_nobody_runs_is_unavailable(object_store: ObjectStoreConfig, key: str) -> None:
    nowhere = replace(object_store, endpoint="http://127.0.0.1:1")
    with opened(nowhere) as store, pytest.raises(ObjectsUnavailable, match="EndpointConnectionError"):
        store.head(key)


def test_no_error_shows_the_key_which_may_hold_a_files_name(
    object_store: ObjectStoreConfig, faulty: ObjectStore, key: str
) -> None:
    with opened(replace(object_store, endpoint="http://127.0.0.1:1")) as nowhere:
        for store, asked in ((nowhere, key), (faulty, f"{key}/cut")):
            with pytest.raises(ObjectsUnavailable) as error:
                store.get(asked, bytes_max=10_000)
            assert error.value.key == asked
            assert "output/" not in "".join(traceback.format_exception(error.value))


def test_many_threads_share_one_store(store: ObjectStore, key: str) -> None:
    def round_trip(number: int) -> bool:
        store.put(f"{key}/{number}", b"%d" % number, "text/plain")
        return store.get(f"{key}/{number}", bytes_max=10) == b"%d" % number

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(round_trip, range(40)))


@pytest.mark.parametrize("lifetime_seconds", [0, -1, LIFETIME_SECONDS_MAX + 1])
def test_a_link_without_a_possible_end_is_a_bug(store: ObjectStore, key: str, lifetime_seconds: int) -> None:
    with pytest.raises(ValueError, match="a link lives"):
        store.presign_get(key, lifetime_seconds)


@pytest.mark.parametrize(
    ("endpoint", "style", "expected"),
    [
        ("https://fra1.example.com", "auto", "https://fra1.example.com/documents/k"),
        ("https://fra1.example.com", "virtual", "https://documents.fra1.example.com/k"),
        ("http://127.0.0.1:9000", "virtual", "http://127.0.0.1:9000/documents/k"),
        ("http://localhost:9000", "virtual", "http://localhost:9000/documents/k"),
        ("http://[::1]:9000", "auto", "http://[::1]:9000/documents/k"),
    ],
)
def test_a_link_has_the_origin_of_its_endpoint_unless_a_named_host_is_to_carry_the_bucket(
    endpoint: str, style: AddressingStyle, expected: str
) -> None:
    keys = {"access_key": "A", "secret_key": "S"}
    config = ObjectStoreConfig(endpoint=endpoint, region="fra1", bucket="documents", addressing_style=style, **keys)
    with opened(config) as store:
        link = urlsplit(store.presign_get("k", 60))

    assert expected == link._replace(query="").geturl()
    assert "X-Amz-Credential=A%2F" in link.query
    assert "%2Ffra1%2Fs3%2Faws4_request" in link.query


def test_the_settings_of_the_machines_user_do_not_matter(
    object_store: ObjectStoreConfig, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "NOBODY")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with opened(object_store) as store:
        assert store.head(key) is None


def test_the_secret_is_not_in_the_repr(object_store: ObjectStoreConfig) -> None:
    assert object_store.secret_key not in repr(object_store)


class FaultyStore(BaseHTTPRequestHandler):
    """A store with one fault, by the key that is asked for."""

    asked: list[str]

    def do_GET(self) -> None:
        fault = self.path.rpartition("/")[2]
        self.asked.append(fault)
        match fault:
            case "cut":
                self._answer(200, b"only this", size_bytes=1000)
            case "busy":
                self._answer(503, b"<Error><Code>SlowDown</Code></Error>")
            case "skewed":
                self._answer(403, b"<Error><Code>RequestTimeTooSkewed</Code></Error>")
            case "proxy":
                self._answer(502, b"<html>bad gateway</html>")
            case _:
                self._answer(400, b"<Error><Code>BadDigest</Code></Error>")

    def _answer(self, status: int, body: bytes, *, size_bytes: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if size_bytes is None else size_bytes))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Be quiet."""


@pytest.fixture
def faulty() -> Iterator[ObjectStore]:
    FaultyStore.asked = []
    server = HTTPServer(("127.0.0.1", 0), FaultyStore)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    config = ObjectStoreConfig(endpoint=endpoint, region="x", bucket="documents", access_key="A", secret_key="S")
    with opened(config, Patience(tries=2)) as store:
        yield store
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("fault", ["busy", "cut", "proxy", "digest"])
def test_what_may_pass_is_unavailable(faulty: ObjectStore, fault: str) -> None:
    with pytest.raises(ObjectsUnavailable):
        faulty.get(fault, bytes_max=10_000)


def test_what_will_not_pass_is_refused_and_asked_once(faulty: ObjectStore) -> None:
    with pytest.raises(ObjectsRefused, match="403 RequestTimeTooSkewed"):
        faulty.get("skewed", bytes_max=1)
    assert FaultyStore.asked == ["skewed"]


def test_retries_are_bounded(faulty: ObjectStore) -> None:
    with pytest.raises(ObjectsUnavailable, match="503 SlowDown"):
        faulty.get("busy", bytes_max=1)
    assert FaultyStore.asked == ["busy"] * 2

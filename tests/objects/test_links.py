"""What a worker without keys may rely on: the links, with headers that nobody signed."""

import base64
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import pytest
import urllib3

from reconciler.objects.store import ObjectStore
from tests.objects.stores import md5_of

KEY = "output/user/job/a1-nonce-photo.jpg"
DATA = b"a picture"


@pytest.fixture
def web() -> Iterator[urllib3.PoolManager]:
    with urllib3.PoolManager(retries=False, timeout=10) as pool:
        yield pool


def _content_md5(data: bytes) -> str:
    return base64.b64encode(md5_of(data)).decode()


def test_a_put_link_takes_bytes_whose_md5_the_store_checks(store: ObjectStore, web: urllib3.PoolManager) -> None:
    link = store.presign_put(KEY, 60)

    answer = web.request(
        "PUT", link, body=DATA, headers={"Content-MD5": _content_md5(DATA), "Content-Type": "image/jpeg"}
    )

    assert answer.status == 200
    assert answer.headers["ETag"].strip('"') == md5_of(DATA).hex()
    head = store.head(KEY)
    assert head is not None
    assert head.md5 == md5_of(DATA).hex()


def test_a_put_link_refuses_bytes_that_do_not_fit_their_md5(store: ObjectStore, web: urllib3.PoolManager) -> None:
    store.delete(KEY)

    answer = web.request("PUT", store.presign_put(KEY, 60), body=DATA, headers={"Content-MD5": _content_md5(b"other")})

    assert answer.status == 400
    assert b"BadDigest" in answer.data
    assert store.head(KEY) is None


def test_type_and_disposition_survive_though_nobody_signed_them(store: ObjectStore, web: urllib3.PoolManager) -> None:
    headers = {"Content-Type": "image/jpeg", "Content-Disposition": 'attachment; filename="photo.jpg"'}

    web.request("PUT", store.presign_put(KEY, 60), body=DATA, headers=headers)
    answer = web.request("GET", store.presign_get(KEY, 60))

    assert answer.data == DATA
    assert headers == {name: answer.headers[name] for name in headers}


def test_a_link_is_good_for_one_act_on_one_key(store: ObjectStore, web: urllib3.PoolManager) -> None:
    store.put(KEY, DATA, "image/jpeg")
    link = store.presign_get(KEY, 60)

    assert web.request("PUT", link, body=b"forged").status == 403
    assert web.request("GET", link.replace("photo.jpg", "other.jpg")).status == 403
    assert web.request("GET", urlunsplit(urlsplit(link)._replace(query=""))).status == 403
    assert store.get(KEY, bytes_max=100) == DATA


def test_a_get_link_to_nothing_says_so(store: ObjectStore, web: urllib3.PoolManager) -> None:
    assert web.request("GET", store.presign_get("no/such/key", 60)).status == 404


def test_a_link_that_is_over_is_refused(store: ObjectStore, web: urllib3.PoolManager) -> None:
    link = store.presign_get(KEY, 1)
    signed_long_ago = link.replace("X-Amz-Date=20", "X-Amz-Date=19")

    assert web.request("GET", signed_long_ago).status == 403

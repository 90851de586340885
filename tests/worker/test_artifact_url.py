"""An artifact_url over real TLS. Only name and route are the tests' own: a public address is dialled here at home."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from worker.contract import ErrorCode
from worker.faults import DocumentFault
from worker.storage.download import Network, download
from worker.storage.http import Limits

PUBLIC = "93.184.216.34"
LIMITS = Limits(bytes_max=5000, seconds=3.0, tries=1)
DOCUMENT = b"the document"


@dataclass
class Site:
    """A site by the name files.example.test, and what was dialled on the way to it."""

    port: int
    hosts: list[str] = field(default_factory=list)
    dialled: list[tuple[str, int]] = field(default_factory=list)
    resolved: list[str] = field(default_factory=list)
    addresses: list[list[str]] = field(default_factory=lambda: [[PUBLIC]])

    def resolve(self, host: str, _port: int) -> list[str]:
        """The next of the addresses; the last one stays."""
        self.resolved.append(host)
        return self.addresses.pop(0) if len(self.addresses) > 1 else self.addresses[0]

    def dial(self, address: str, port: int, seconds: float) -> socket.socket:
        """Note who was to be dialled, and dial the site."""
        self.dialled.append((address, port))
        return socket.create_connection(("127.0.0.1", self.port), seconds)

    def download(self, path: str, host: str = "files.example.test") -> bytes:
        """Fetch from the site."""
        return download(f"https://{host}{path}", LIMITS, Network(self.resolve, self.dial))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A site whose certificate a new authority has signed, which the worker's environment names."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("files.example.test").configure_cert(context)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    made = Site(server.server_address[1])
    _Handler.site = made
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


class _Handler(BaseHTTPRequestHandler):
    site: Site

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self.site.hosts.append(str(self.headers["Host"]))
        parts = self.path.split("=", 1)
        if parts[0] == "/to?url":
            self.send_response(302)
            self.send_header("Location", parts[1])
            self.end_headers()
            return
        data = b"x" * 6000 if self.path == "/large" else DOCUMENT
        self.send_response(200)
        self.end_headers()
        self.wfile.write(data)


def _code(act: Callable[[], object]) -> ErrorCode:
    with pytest.raises(DocumentFault) as fault:
        act()
    return fault.value.code


def test_a_document_comes_from_a_public_site(site: Site) -> None:
    assert DOCUMENT == site.download("/scan.pdf?token=t")
    assert ([(PUBLIC, 443)], ["files.example.test"]) == (site.dialled, site.hosts)


def test_a_redirect_to_a_public_site_is_followed(site: Site) -> None:
    assert DOCUMENT == site.download("/to?url=/scan.pdf")


@pytest.mark.parametrize(
    "target",
    [
        "http://files.example.test/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://user@files.example.test/",
        "https://[x",
    ],
)
def test_a_redirect_that_leads_elsewhere_is_refused(site: Site, target: str) -> None:
    site.addresses = [[PUBLIC], ["127.0.0.1"]]

    assert ErrorCode.ARTIFACT_SOURCE_INVALID is _code(lambda: site.download(f"/to?url={target}"))
    assert 1 == len(site.dialled)


def test_redirects_have_an_end(site: Site) -> None:
    assert ErrorCode.FETCH_FAILED is _code(lambda: site.download("/to?url=/to?url=/to?url=/to?url=/to?url=/x"))


def test_a_name_that_changes_its_mind_is_dialled_where_it_was_checked(site: Site) -> None:
    """The second answer would lead home; nobody asks a second time."""
    site.addresses = [[PUBLIC], ["127.0.0.1"]]

    assert DOCUMENT == site.download("/x")
    assert (1, [(PUBLIC, 443)]) == (len(site.resolved), site.dialled)


def test_a_site_that_is_not_who_it_should_be_is_not_read(site: Site) -> None:
    assert ErrorCode.FETCH_FAILED is _code(lambda: site.download("/x", host="other.example.test"))
    assert [] == site.hosts


def test_an_answer_above_the_cap_is_refused(site: Site) -> None:
    assert ErrorCode.IMAGE_TOO_LARGE is _code(lambda: site.download("/large"))

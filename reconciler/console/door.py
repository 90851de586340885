"""Who may come in, and whose forms are taken.

With a token: who gave it has a signed cookie. Without one, which is possible on loopback only, everybody on this
machine may come in, but no page of elsewhere that a browser was led to: the name by which we are asked must be ours.
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer

NAME_CHARACTERS_MAX = 100
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
COOKIE = "reconciler-console"
_DIGEST = {"digest_method": staticmethod(sha256), "key_derivation": "hmac"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One browser's visit; `is_known` where the token was given or none is wanted."""

    nonce: str
    name: str = ""
    is_known: bool = False
    is_named: bool = False
    """Whether somebody else vouches for the name: then nobody can write another one."""
    is_new: bool = False
    """Whether the browser has no cookie of it yet."""

    @property
    def actor(self) -> str:
        """Who, for the history."""
        return f"{self.name} (console)" if self.name else "console"


class Door:
    """Lets in and keeps out. Safe to use from any thread."""

    def __init__(self, token: str, host: str, port: int, user_header: str | None, session_seconds: float) -> None:
        self._token, self._user_header = token, user_header
        self._names = LOOPBACK_NAMES | {host.lower()}
        self.session_seconds = int(session_seconds)
        # Cookies know no ports: two daemons of one machine must not take each other's.
        self.cookie = f"{COOKIE}-{port}"
        # Daemons with one token know each other's sessions; without one they end with the process.
        key = token or secrets.token_hex(32)
        self._sessions = URLSafeTimedSerializer(key, salt="console session", signer_kwargs=_DIGEST)
        self._forms = URLSafeSerializer(key, salt="console form", signer_kwargs=_DIGEST)
        self._words = URLSafeSerializer(key, salt="console words", signer_kwargs=_DIGEST)

    @property
    def wants_token(self) -> bool:
        """Whether a token must be given."""
        return bool(self._token)

    def opens(self, token: str) -> bool:
        """Whether it is the token, in a time that does not tell how much of it is right."""
        return hmac.compare_digest(token.encode("utf-8", "replace"), self._token.encode())

    def is_ours(self, host: str) -> bool:
        """Whether we may be asked by that name: without a token a name of elsewhere could be anybody's page."""
        return self.wants_token or (_named(f"//{host}") or "") in self._names

    def session(self, cookies: Mapping[str, str], headers: Mapping[str, str]) -> Session:
        """The visit that the browser is on, or a new one."""
        kept = self._kept(cookies.get(self.cookie, ""))
        vouched = clean_name(headers.get(self._user_header, "")) if self._user_header else ""
        return Session(
            nonce=str(kept.get("nonce") or secrets.token_urlsafe(18)),
            name=vouched or str(kept.get("name", "")),
            is_known=bool(kept) or not self.wants_token,
            is_named=bool(vouched),
            is_new=not kept,
        )

    def sealed(self, session: Session) -> str:
        """The value of the session's cookie."""
        return str(self._sessions.dumps({"nonce": session.nonce, "name": session.name}))

    def form_token(self, session: Session) -> str:
        """What a form of this visit must bring back."""
        return str(self._forms.dumps(session.nonce))

    def is_own_form(self, session: Session, token: str) -> bool:
        """Whether the form was made for this visit."""
        try:
            return hmac.compare_digest(str(self._forms.loads(token)), session.nonce)
        except BadSignature:
            return False

    def signed_words(self, text: str) -> str:
        """A sentence of ours that may stand in an address."""
        return str(self._words.dumps(text))

    def own_words(self, signed: str) -> str | None:
        """The sentence, None where it is not ours."""
        try:
            return str(self._words.loads(signed))
        except BadSignature:
            return None

    def _kept(self, value: str) -> Mapping[str, Any]:
        try:
            kept = self._sessions.loads(value, max_age=self.session_seconds)
        except BadSignature:
            return {}
        return kept if isinstance(kept, dict) else {}


def is_same_origin(headers: Mapping[str, str]) -> bool:
    """Whether a form was sent from a page of this very address: browsers say so, and pages cannot lie about it."""
    site = headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return False
    origin = headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc.lower() == headers.get("host", "").lower()


def clean_name(text: str) -> str:
    """A person's name as it may stand in the history: one short line."""
    return "".join(character for character in text if character.isprintable()).strip()[:NAME_CHARACTERS_MAX]


def _named(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None

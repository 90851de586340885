"""The headers of every answer: nothing is loaded from elsewhere but pictures of the store, and nobody frames us."""

from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def shield_headers(picture_origin: str) -> Mapping[str, str]:
    """The headers, by name. The one foreign origin is that of the signed pictures."""
    policy = (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self';"
        f" base-uri 'none'; frame-ancestors 'none'; img-src 'self' {picture_origin}"
    )
    return {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        # A form's origin would be hidden by a stricter one.
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
        "cache-control": "no-store",
    }


class Shield:
    """Adds the headers, to refusals and faults too."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self._app, self._headers = app, headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def shielded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        await self._app(scope, receive, shielded)

"""What every request passes: the token, the size of its body, and the headers that keep the page to this machine."""

from __future__ import annotations

import json
import secrets
from typing import Any

MAX_UPLOAD = 64 << 20  # bytes of one request
CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_HEADERS = (
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


class TooLargeError(Exception):
    """The body of a request is larger than its header says or than is allowed; the application answers it with 413."""


class Guard:
    """ASGI middleware: answers only addresses that begin with the token, and only bodies of a limited size.

    The token is the first part of the path, so that no cookie is needed. A request
    without it, or with another, is answered with 403. Headers of the answer forbid the browser to load anything from elsewhere,
    to frame the page, to keep it, and to send its address to others.

    Args:
        app: Application behind it.
        token: Token of this start of the app.
        max_bytes: Largest body of a request.
    """

    def __init__(self, app: Any, *, token: str, max_bytes: int = MAX_UPLOAD) -> None:
        self.app, self.token, self.max_bytes = app, token, max_bytes

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request, or pass it on without its token."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        _, _, rest = scope["path"].partition("/")
        token, _, path = rest.partition("/")
        if not secrets.compare_digest(token.encode(), self.token.encode()):
            await _refuse(send, 403, "Expected the address that deepbio app printed: it has a token of this start.")
            return
        headers = dict(scope["headers"])
        if headers.get(b"sec-fetch-site", b"same-origin") not in (b"same-origin", b"none"):
            await _refuse(send, 403, "Requests of other pages are refused.")
            return
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > self.max_bytes:
            await _refuse(send, 413, too_large(self.max_bytes))
            return
        read = 0

        async def bounded() -> Any:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.max_bytes:
                raise TooLargeError
            return message

        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(pair for pair in _HEADERS if pair[0] not in own)]
            await send(message)

        prefix = f"/{token}"
        inner = {**scope, "path": f"{prefix}/{path}", "root_path": prefix}
        await self.app(inner, bounded, with_headers)


def too_large(limit: int) -> str:
    """Return the message for a body of more than `limit` bytes."""
    return f"Expected at most {limit >> 20} MiB; the upload is larger. The command line reads larger files."


async def _refuse(send: Any, status: int, message: str) -> None:
    body = json.dumps({"error": message}).encode()
    headers = [*_HEADERS, (b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

"""The server of a review: on this machine alone, behind an address that cannot be guessed.

Who does not know the token, comes by another name than this machine's own (a page elsewhere whose name was
bound to 127.0.0.1) or from another page gets nothing. What it serves is the page, one video and one review.
"""

from __future__ import annotations

import re
import secrets
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bball_tag.errors import BballTagError
from bball_tag.review.answers import ANSWERS, refusal
from bball_tag.review.review import Review

HOST = "127.0.0.1"
PAGE = Path(__file__).parent / "page"
_PAGE_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_MOST_BYTES = 8 << 20
"""Of a request: all events of a long game, judged at once, have less."""
_PART = 4 << 20
"""Bytes of the video that are sent at once."""
_OPEN_RANGE = re.compile(rb"bytes=(\d{1,18})-")
Answer = Callable[[Review, Request], Awaitable[Response]]


class Guard:
    """Refuse what does not come from the page itself, and set the headers that keep the page to itself."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused = self._refusal(Request(scope))
        answer: ASGIApp = refused if refused is not None else self._app

        async def send_guarded(message: dict[str, object]) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))  # type: ignore[call-overload]
                headers += [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
                message = {**message, "headers": headers}
            await send(message)

        await answer(scope, receive, send_guarded)  # type: ignore[arg-type]

    def _refusal(self, request: Request) -> Response | None:
        if request.headers.get("host", "") not in self._hosts:
            return refusal(400, "bad_host", "This server only answers to the address that it gave.")
        origin = request.headers.get("origin")
        if origin is not None and origin.removeprefix("http://") not in self._hosts:
            return refusal(403, "bad_origin", "Another page may not ask for this.")
        if request.method == "POST":
            if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
                return refusal(415, "bad_type", "Only JSON is taken.")
            length = request.headers.get("content-length", "")
            if not length.isdecimal() or int(length) > _MOST_BYTES:
                return refusal(
                    413, "too_large", f"A request has at most {_MOST_BYTES} bytes, and says how many."
                )
        return None


def app_of(review: Review, token: str, hosts: frozenset[str]) -> Starlette:
    """Return the application that serves a review below `/token/`, for requests to one of `hosts`."""

    def bound(answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        async def answered(request: Request) -> Response:
            return await answer(review, request)

        return answered

    routes = [Route(path, bound(answer), methods=[method]) for method, path, answer in ANSWERS]
    routes += [
        Route("/video", bound(_video), methods=["GET"]),
        Route("/{name:path}", _page, methods=["GET"]),
    ]
    return Starlette(routes=[Mount(f"/{token}", routes=routes)], middleware=[Middleware(Guard, hosts=hosts)])


async def _video(review: Review, request: Request) -> Response:
    video = review.playback
    if not video.path.is_file():
        return refusal(404, "gone", f"{video.path.name} is not there any more.")
    _shorten(request.scope)
    return FileResponse(video.path, media_type=video.media_type, headers={"cache-control": "no-store"})


def _shorten(scope: Scope) -> None:
    """Have a range without an end be answered in parts.

    A browser holds a connection open for each video element that is not read to its end, and has few of them:
    edits must never wait for one.
    """
    headers = []
    for name, value in scope["headers"]:
        if name == b"range" and (match := _OPEN_RANGE.fullmatch(value)):
            value = b"bytes=%d-%d" % (int(match[1]), int(match[1]) + _PART - 1)
        headers.append((name, value))
    scope["headers"] = headers


async def _page(request: Request) -> Response:
    """Answer with a file of the page: only those that are there, by their own names."""
    name = request.path_params["name"] or "index.html"
    known = {
        path.relative_to(PAGE).as_posix(): path for path in PAGE.rglob("*") if path.suffix in _PAGE_TYPES
    }
    if name not in known:
        return refusal(404, "unknown", "There is no such page.")
    path = known[name]
    headers = {"cache-control": "no-cache"}
    return Response(path.read_bytes(), media_type=_PAGE_TYPES[path.suffix], headers=headers)


class Server:
    """A review at an address of this machine."""

    def __init__(self, review: Review, port: int = 0) -> None:
        """Take a port; 0 takes any that is free.

        Raises:
            BballTagError: The port is taken.
        """
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind((HOST, port))
        except OSError as error:
            self._socket.close()
            raise BballTagError(
                f"Cannot serve the page on port {port}: {error.strerror}. Choose another with --port."
            ) from error
        port = self._socket.getsockname()[1]
        token = secrets.token_urlsafe(24)
        self.address = f"http://{HOST}:{port}/{token}/"
        """Where the page is: nobody else knows it."""
        app = app_of(review, token, frozenset((f"{HOST}:{port}", f"localhost:{port}")))
        config = uvicorn.Config(
            app, log_level="error", access_log=False, lifespan="off", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)

    def run(self) -> None:
        """Serve until Ctrl-C, or until `stop` is called.

        Raises:
            KeyboardInterrupt: After Ctrl-C, when everything is closed.
        """
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._socket.close()

    def stop(self) -> None:
        """Have `run` return."""
        self._server.should_exit = True

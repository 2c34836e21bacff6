"""What the server answers to each request of the page: JSON in, JSON out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bball_tag.errors import BballTagError
from bball_tag.faults import FormError
from bball_tag.json_files import as_flag, as_list, as_object, as_text, as_whole, field, parse_json
from bball_tag.review.edits import BY_PERSON
from bball_tag.review.export import ExistsError, Export, export
from bball_tag.review.journal import NotKeptError
from bball_tag.review.queue import ORDERS, Wanted, queue
from bball_tag.review.review import Review
from bball_tag.review.session import REDO, UNDO, FileChangedError, StaleError

_Work = Callable[[Review, Request, Any], Mapping[str, Any]]
_LONGEST_KEY = 100


def refusal(status: int, kind: str, sentence: str, **further: object) -> JSONResponse:
    """Return an answer that says in a sentence why something is not done."""
    return JSONResponse({"error": sentence, "kind": kind, **further}, status)


def _answer(work: _Work, *, has_body: bool = False) -> Callable[[Review, Request], Awaitable[Response]]:
    """Return how a request is answered: outside of the server's own thread, errors as sentences."""

    async def answered(review: Review, request: Request) -> Response:
        try:
            body = as_object(parse_json((await request.body()).decode())) if has_body else None
            found = await run_in_threadpool(work, review, request, body)
        except (FormError, ValueError) as error:
            return refusal(400, "bad_edit", f"That cannot be done: {error}.")
        except StaleError as error:
            return refusal(409, "stale", str(error), revision=review.session.revision)
        except FileChangedError as error:
            return refusal(409, "file_changed", str(error))
        except NotKeptError as error:
            return refusal(423, "read_only", str(error))
        except ExistsError as error:
            return refusal(409, "exists", str(error))
        except BballTagError as error:
            status, kind = (507, "not_written") if request.url.path.endswith("/edits") else (400, "cannot")
            return refusal(status, kind, str(error))
        return JSONResponse(found, headers={"cache-control": "no-store"})

    return answered


def _boxes(review: Review, request: Request, body: Any) -> Mapping[str, Any]:
    return review.boxes.chunk(as_whole(int(request.path_params["number"])))


def _edits(review: Review, request: Request, body: Any) -> Mapping[str, Any]:
    edits = as_list(field(body, "edits"))
    for edit in edits:
        if as_text(field(as_object(edit), "op")) not in (*BY_PERSON, UNDO, REDO):
            raise FormError("there is no such operation")
    outcome = review.session.edit(edits, *_known(body))
    return review.delta(outcome.since, outcome)


def _known(body: Any) -> tuple[int, str]:
    """Return the revision that the page knows, and what it calls its request."""
    return as_whole(field(body, "revision")), as_text(body.get("key", ""))[:_LONGEST_KEY]


def _changes(review: Review, request: Request, body: Any) -> Mapping[str, Any]:
    since = int(request.query_params.get("since", "0"))
    return {**review.delta(since), "file_changed": review.session.file_changed()}


def _queue(review: Review, request: Request, body: Any) -> Mapping[str, Any]:
    asked = request.query_params
    order = asked.get("order", "time")
    if order not in ORDERS:
        raise FormError(f"the orders are {', '.join(ORDERS)}")
    wanted = Wanted(
        order,
        asked.getlist("label"),
        asked.getlist("player"),
        asked.getlist("state") or ("proposed",),
        float(asked.get("min", "0")),
        float(asked.get("max", "1")),
    )
    found = queue(review.session.state, wanted, review.material.annotation.all_labels())
    return {"ids": found.ids, "why": found.why}


def _suggest(review: Review, request: Request, body: Any) -> Mapping[str, Any]:
    revision, key = _known(body)
    count = as_whole(body.get("count", 20), 1000, 1)
    ids = review.teaching.suggest(count, revision, key)
    return {**review.delta(revision), "ids": ids}


def _export(review: Review, request: Request, body: Any) -> Mapping[str, Any]:
    kind = body.get("format")
    wanted = Export(
        as_text(field(body, "name")),
        None if kind is None else as_text(kind),
        as_text(body.get("which", "accepted")),
        overwrite=as_flag(body.get("overwrite", False)),
    )
    return export(review.material, review.session.state, wanted)


def _frame_times(review: Review, request: Request, body: Any) -> Any:
    if review.playback.frame_times is None:
        raise BballTagError("The frames of this video have one rate.")
    return review.playback.frame_times


_WORK: tuple[tuple[str, str, _Work], ...] = (
    ("GET", "/api/document", lambda review, request, body: review.document()),
    ("GET", "/api/boxes/{number:int}", _boxes),
    ("GET", "/api/scores", lambda review, asked, body: review.scores(asked.query_params.get("player", ""))),
    ("GET", "/api/statistics", lambda review, request, body: review.statistics()),
    ("GET", "/api/changes", _changes),
    ("GET", "/api/queue", _queue),
    ("GET", "/api/frame_times", _frame_times),
    ("GET", "/api/learn", lambda review, request, body: review.teaching.as_json()),
    ("POST", "/api/edits", _edits),
    ("POST", "/api/suggest", _suggest),
    ("POST", "/api/learn", lambda review, request, body: review.teaching.start()),
    ("POST", "/api/export", _export),
)
ANSWERS = [(method, path, _answer(work, has_body=method == "POST")) for method, path, work in _WORK]
"""Method, address and answer."""

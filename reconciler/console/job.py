"""One job's story: input, preview and recognised text side by side, and everything that happened to it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from starlette.responses import Response

from reconciler.console.answers import page, see
from reconciler.console.asking import asked_job
from reconciler.console.desk import Desk, Refused, Visit
from reconciler.console.discretion import conceal
from reconciler.domain.why import answer
from reconciler.store import browsing, reading

DRAWN = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
"""What a browser draws; anything else is told of, not shown."""
PORTAL_DRAWN = frozenset({"jpeg", "png"})
CALLS_SHOWN_MAX = 30
STREAM_CHARACTERS_MAX = 6000
Story = Mapping[str, Any]


def show(desk: Desk, visit: Visit) -> Response:
    """Why it is where it is, what was made of it, its history, attempts and objects, and the CLI's evidence."""
    with desk.looking() as connection:
        job_id = asked_job(connection, visit.words["job"])
        story = reading.read_story(connection, job_id)
        end = reading.read_end(connection, job_id)
        if story is None or end is None:
            raise Refused(404, "There is no such job", f"Nothing is known of {job_id}.")
        why = answer(job_id, end, reading.read_why(connection, job_id))
        runs = [row["run_id"] for row in story["attempts"]]
        calls = browsing.list_decisive_calls(connection, runs, CALLS_SHOWN_MAX)
    keys = _keys(story)
    document = story["document"]
    return page(
        desk,
        visit,
        "job",
        job=_job(story["job"], keys),
        why=conceal({name: getattr(why, name) for name in why.__dataclass_fields__}, keys),
        pictures=_pictures(story),
        document=None if document is None else _document(document, keys),
        attempts=conceal(story["attempts"], keys),
        events=conceal(story["events"], keys),
        calls=shown_calls(calls, keys),
    )


def picture(desk: Desk, visit: Visit) -> Response:
    """Lead the browser to the picture by a link that lives for a moment. The page itself holds no key and no link."""
    with desk.looking() as connection:
        job_id = asked_job(connection, visit.words["job"])
        row = reading.read_job(connection, job_id)
        document = reading.read_document(connection, job_id)
    keys = {"input": row["raw_path"]} if row else {}
    if document:
        keys |= {name: artifact["key"] for name, artifact in document["artifacts"].items()}
    key = keys.get(visit.words["picture"]) if visit.words["picture"] in ("input", "preview", "portal") else None
    if key is None:
        raise Refused(404, "There is no such picture", "The job has no document yet, or it is no picture.")
    return see(desk.objects.presign_get(key, desk.link_seconds))


def shown_calls(calls: Sequence[Mapping[str, Any]], keys: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The evidence as it may be seen, cut where it is long."""
    return [
        conceal({**call, **{name: call[name][:STREAM_CHARACTERS_MAX] for name in ("stdout", "stderr")}}, keys)
        | {"is_cut": call["cut"] or max(len(call["stdout"]), len(call["stderr"])) > STREAM_CHARACTERS_MAX}
        for call in calls
    ]


def _keys(story: Story) -> list[str]:
    """What must stand nowhere on the page."""
    stored = (story["document"] or {}).get("artifacts", {}).values()
    stashed = [row["stash_path"] for row in story["attempts"]]
    return [story["job"]["raw_path"], *(artifact["key"] for artifact in stored), *stashed]


def _job(row: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    """The row without what no page needs."""
    kept = {name: value for name, value in row.items() if name not in ("raw_path", "options", "schema_definition")}
    name = kept.pop("original_filename")
    return {**conceal(kept, keys), "file_name": name}


def _pictures(story: Story) -> list[dict[str, Any]]:
    """What can be shown beside each other, and what can only be told of."""
    job, document = story["job"], story["document"]
    shown = [
        {"name": "input", "title": "Input", "drawn": job["mime_type"] in DRAWN, "what": job["mime_type"]},
    ]
    if document:
        portal = document["portal_outputs"]
        what = f"{portal['width']} × {portal['height']} px, {portal['dpi']:.0f} dpi, {portal['format']}"
        shown.append({"name": "preview", "title": "Preview", "drawn": True, "what": "as it was read"})
        shown.append(
            {"name": "portal", "title": "Portal file", "drawn": portal["format"] in PORTAL_DRAWN, "what": what}
        )
    return shown


def _document(row: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    """What was read and what was stored, without the keys of the objects."""
    result = row["canonical_output"]
    reading_of = result.get("ocr", {})
    artifacts = [
        {"name": name, "size": artifact["size"], "sha256": artifact["sha256"]}
        for name, artifact in row["artifacts"].items()
    ]
    return {
        "text": str(reading_of.get("text", "")),
        "fields": result.get("fields", []),
        "document_type": (result.get("document_type") or {}).get("name"),
        "warnings": conceal(list(result.get("warnings", [])), keys),
        "quality": row["quality_score"],
        "confidence": row["ocr_confidence"],
        "stale": row["stale"],
        "portal": row["portal_outputs"],
        "artifacts": artifacts,
        "attempt_id": UUID(str(row["attempt_id"])),
    }

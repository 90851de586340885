"""One document, stage by stage: fetch, decode, quality, orient, OCR, portal, upload."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from worker.contract import Artifact, Document, ErrorCode, Payload, PortalFile, Schema, Stage, Succeeded, object_keys
from worker.faults import DocumentFault
from worker.processors import orientation
from worker.processors.decode import Bounds, Page, decode
from worker.processors.naming import portal_name
from worker.processors.ocr import Reading, in_reading_order
from worker.processors.picture import Picture, colour
from worker.processors.portal import Portal, make_portal
from worker.processors.preview import make_preview
from worker.processors.quality import Quality, assess
from worker.result import Findings, result_bytes
from worker.seal import Seal
from worker.settings import Settings
from worker.stages import Stages, at_most
from worker.storage.store import Body, Store
from worker.tools import Tools

WORKING_SIDE_MAX = 2600
"""The longer side, in pixels, that pictures are worked on with, or the portal's if that is more: A4 at 220 dpi."""
_MEDIA_TYPES = {"jpeg": "image/jpeg", "png": "image/png", "pdf": "application/pdf"}
Fetch = Callable[[], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One document with all it takes: where it comes from, where it goes, who may open its master, what time it is."""

    document: Document
    fetch: Fetch
    store: Store
    seal: Seal
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What the page shows: the picture level and upright, and what was found on the way."""

    picture: Picture
    page: Page
    quality: Quality
    reading: Reading
    quarter_turns: int
    slant: float


def artifact_keys(document: Document, seal: Seal) -> dict[str, str]:
    """The keys of the document's artifacts by name; a master that is not sealed does not end in `.enc`."""
    payload = document.payload
    keys = object_keys(payload.user_id, payload.job_id, document.attempt, payload.schema.output_format)
    return keys | {"master": seal.master_key(keys["master"])}


def process(order: Order, tools: Tools, settings: Settings, stages: Stages) -> Succeeded:
    """Carry one document through all stages; raises DocumentFault with the code of the stage that failed.

    The result object is stored last: where it is, everything is.
    """
    payload = order.document.payload
    _check_figures(payload.schema, settings)
    order.seal.check()
    with stages.on(Stage.FETCH):
        original = order.fetch()
    seen = _see(original, payload, tools, settings, stages)
    with stages.on(Stage.PORTAL):
        portal = make_portal(seen.picture, payload.schema)
        filename = portal_name(payload, order.now)
        preview = make_preview(seen.picture)
    warnings = _warnings(order, seen, portal)
    with stages.on(Stage.UPLOAD):
        artifacts = _stored(order, original, preview, portal, filename)
    findings = _findings(order, original, seen, portal.figures, filename, artifacts, warnings, settings, stages)
    with stages.on(Stage.UPLOAD):
        body = Body(data=result_bytes(findings), content_type="application/json")
        artifacts["result"] = order.store.put("result", body)
    return Succeeded(
        quality_score=seen.quality.score,
        ocr_confidence=round(seen.reading.confidence, 4),
        portal=portal.figures,
        artifacts=artifacts,
        warnings=warnings,
        timings=stages.timings,
    )


def _check_figures(schema: Schema, settings: Settings) -> None:
    colour(schema.background)
    if schema.target_width * schema.target_height > settings.pixels_max:
        message = f"schema_definition.target_width: with target_height above the {settings.pixels_max} pixels allowed"
        raise DocumentFault(ErrorCode.SCHEMA_INVALID, message)


def _see(original: bytes, payload: Payload, tools: Tools, settings: Settings, stages: Stages) -> _Seen:
    schema = payload.schema
    background = colour(schema.background)
    side_max = max(WORKING_SIDE_MAX, schema.target_width, schema.target_height)
    number = payload.options.get("page", 1)
    with stages.on(Stage.DECODE), at_most(settings.decode_seconds, ErrorCode.IMAGE_TOO_LARGE):
        bounds = Bounds(pixels_max=settings.pixels_max, side_max=side_max)
        page = decode(original, page=number if isinstance(number, int) else 1, background=background, bounds=bounds)
    with stages.on(Stage.QUALITY):
        quality = assess(page.picture)
    with stages.on(Stage.ORIENT):
        turns = _turns(page, quality, schema, tools)
    with stages.on(Stage.OCR), at_most(settings.ocr_seconds, ErrorCode.OCR_TIMEOUT):
        oriented = orientation.orient(page.picture, turns, lambda one: in_reading_order(tools.engine.read(one)))
    with stages.on(Stage.ORIENT):
        # A photo or a signature has no lines to be level with.
        slant = orientation.slant(oriented.reading.lines) if schema.kind == "document" else 0.0
        picture = orientation.straightened(oriented.picture, slant, background)
    return _Seen(
        picture=picture,
        page=page,
        quality=quality,
        reading=oriented.reading,
        quarter_turns=oriented.quarter_turns,
        slant=slant,
    )


def _turns(page: Page, quality: Quality, schema: Schema, tools: Tools) -> tuple[int, ...]:
    # The model was made for documents: of a face, a signature or blank paper it knows nothing.
    if quality.is_blank or schema.kind != "document":
        return (0,)
    return orientation.candidates(tools.orientation.probabilities(page.picture))


def _warnings(order: Order, seen: _Seen, portal: Portal) -> tuple[str, ...]:
    """What a person should know of the document; codes and advice, never content."""
    read = () if seen.reading.lines else ("NO_TEXT: nothing could be read on the page",)
    asked = order.document.payload.options.get("page")
    count = seen.page.page_count
    pages = (f"PAGES_LEFT: only the first of {count} pages was used",) if count > 1 and asked is None else ()
    wanted = order.document.payload.schema.fields
    fields = (f"FIELDS_NOT_READ: {len(wanted)} fields are wanted, none are read yet",) if wanted else ()
    told = seen.page.warnings + seen.quality.warnings + read + pages + fields
    return tuple(dict.fromkeys(told + portal.warnings + order.seal.warnings))


def _stored(order: Order, original: bytes, preview: bytes, portal: Portal, filename: str) -> dict[str, Artifact]:
    """Put the three objects that the result object then tells of."""
    media_type = _MEDIA_TYPES[order.document.payload.schema.output_format]
    bodies = {
        "master": Body(data=order.seal.master(original), content_type="application/octet-stream"),
        "preview": Body(data=preview, content_type="image/jpeg"),
        "portal": Body(data=portal.data, content_type=media_type, filename=filename),
    }
    return {name: order.store.put(name, body) for name, body in bodies.items()}


def _findings(
    order: Order,
    original: bytes,
    seen: _Seen,
    portal: PortalFile,
    filename: str,
    artifacts: dict[str, Artifact],
    warnings: tuple[str, ...],
    settings: Settings,
    stages: Stages,
) -> Findings:
    return Findings(
        document=order.document,
        source_bytes=len(original),
        source_sha256=hashlib.sha256(original).hexdigest(),
        page=seen.page,
        quality=seen.quality,
        reading=seen.reading,
        engine=settings.engine,
        quarter_turns=seen.quarter_turns,
        slant_degrees=seen.slant,
        portal=portal,
        filename=filename,
        artifacts=dict(artifacts),
        warnings=warnings,
        timings=stages.timings,
    )

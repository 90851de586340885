"""One document, stage by stage, from its bytes to the files to store: no network, no secret."""

from dataclasses import dataclass
from datetime import datetime

from worker.contract import ErrorCode, Payload, PortalFile, Schema, Stage
from worker.faults import DocumentFault
from worker.findings import Findings
from worker.processors import orientation
from worker.processors.decode import Bounds, Page, decode
from worker.processors.enhancement import enhance, left_alone
from worker.processors.fading import faded_lines
from worker.processors.naming import portal_name
from worker.processors.ocr import Reading, in_reading_order
from worker.processors.picture import Picture, colour
from worker.processors.portal import make_portal
from worker.processors.preview import make_preview
from worker.processors.quality import Quality, assess, with_faded_lines
from worker.processors.shaping import Shaped, shape
from worker.settings import Settings
from worker.stages import Stages
from worker.text import Text, text_of
from worker.tools import Tools

WORKING_SIDE_MAX = 2600
"""The longer side, in pixels, that pictures are worked on with, or the portal's if that is more: A4 at 220 dpi."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What one document became: the files to store, and what was found out on the way."""

    preview: bytes
    portal: bytes
    figures: PortalFile
    findings: Findings
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What the page shows: the picture as the portal gets it, and what was found on the way."""

    shaped: Shaped
    text: Text
    page: Page
    quality: Quality
    quarter_turns: int


def process(original: bytes, payload: Payload, tools: Tools, settings: Settings, stages: Stages, now: datetime) -> Made:
    """Carry one document through all stages; raises DocumentFault with the code of the stage that failed."""
    _check_figures(payload.schema, settings)
    seen = _see(original, payload, tools, settings, stages)
    with stages.on(Stage.PORTAL):
        portal = make_portal(seen.shaped.picture, payload.schema, seen.shaped.focus)
        filename = portal_name(payload, now)
        preview = make_preview(seen.shaped.picture)
    findings = Findings(
        page=seen.page,
        quality=seen.quality,
        shaped=seen.shaped,
        text=seen.text,
        engine=settings.engine,
        quarter_turns=seen.quarter_turns,
        portal=portal.figures,
        filename=filename,
    )
    warnings = tuple(dict.fromkeys(_warnings(payload, seen) + portal.warnings))
    return Made(preview=preview, portal=portal.data, figures=portal.figures, findings=findings, warnings=warnings)


def _check_figures(schema: Schema, settings: Settings) -> None:
    colour(schema.background)
    if schema.target_width * schema.target_height > settings.pixels_max:
        message = f"schema_definition.target_width: with target_height above the {settings.pixels_max} pixels allowed"
        raise DocumentFault(ErrorCode.SCHEMA_INVALID, message)


def _see(original: bytes, payload: Payload, tools: Tools, settings: Settings, stages: Stages) -> _Seen:
    schema = payload.schema
    background = colour(schema.background)
    side_max = max(WORKING_SIDE_MAX, schema.target_width, schema.target_height)
    with stages.on(Stage.DECODE):
        bounds = Bounds(pixels_max=settings.pixels_max, side_max=side_max)
        page = decode(original, page=payload.options.page or 1, background=background, bounds=bounds)
    with stages.on(Stage.QUALITY):
        quality = assess(page.picture, payload.schema.kind)
        _check_quality(quality, payload.options.quality_threshold)
    with stages.on(Stage.ORIENT):
        turns = _turns(page, quality, payload, tools)

    def read(picture: Picture) -> Reading:
        return in_reading_order(tools.engine.read(picture))

    with stages.on(Stage.OCR):
        oriented = orientation.orient(page.picture, turns, read)
    with stages.on(Stage.ENHANCE):
        shaped = shape(
            oriented.picture,
            oriented.reading,
            quality,
            kind=schema.kind,
            background=background,
            read=read,
            mend=enhance if payload.options.enhance else left_alone,
        )
        if schema.kind == "document":
            quality = with_faded_lines(quality, faded_lines(oriented.picture, oriented.reading.lines))
    height, width = oriented.picture.shape[:2]
    # The raw reading goes no further than this: what follows tells only what may be told.
    text = text_of(shaped.reading, (width, height), payload, settings.fields_seconds, stages)
    return _Seen(shaped=shaped, text=text, page=page, quality=quality, quarter_turns=oriented.quarter_turns)


def _check_quality(quality: Quality, threshold: float | None) -> None:
    if threshold is not None and quality.score < threshold:
        message = f"the quality score {quality.score:.2f} is below the {threshold:.2f} that was asked for"
        raise DocumentFault(ErrorCode.QUALITY_FAILED, message)


def _turns(page: Page, quality: Quality, payload: Payload, tools: Tools) -> tuple[int, ...]:
    # The model was made for documents: of a face, a signature or blank paper it knows nothing.
    if quality.is_blank or payload.schema.kind != "document":
        return (0,)
    turns = orientation.candidates(tools.orientation.probabilities(page.picture))
    return turns[:1] if payload.options.fast_path else turns


def _warnings(payload: Payload, seen: _Seen) -> tuple[str, ...]:
    """What a person should know of the document; codes and advice, never content."""
    # Of a face or a signature nobody expects text.
    is_mute = payload.schema.kind == "document" and not seen.text.reading.lines
    read = ("NO_TEXT: nothing could be read on the page",) if is_mute else ()
    asked, count = payload.options.page, seen.page.page_count
    pages = (f"PAGES_LEFT: only the first of {count} pages was used",) if count > 1 and asked is None else ()
    return seen.page.warnings + seen.quality.warnings + read + seen.text.warnings + pages

"""What the demo's report shows of each document."""

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.local.demo import Shown
from reconciler.local.report import ReportDocument
from reconciler.objects.store import ObjectStore, ObjectStoreConfig
from worker.contract import Schema, parse_schema

PICTURE_BYTES_MAX = 20 * 1024 * 1024


def report_documents(shown: Sequence[Shown], objects: ObjectStoreConfig) -> list[ReportDocument]:
    """Gather each document's figures, text and pictures; the pictures come back from the store."""
    store = ObjectStore(objects)
    return [_document(one, store) for one in shown]


def _document(one: Shown, store: ObjectStore) -> ReportDocument:
    job, document = one.story["job"], one.story["document"]
    last = one.story["attempts"][-1] if one.story["attempts"] else {}
    schema = parse_schema(job["schema_definition"])
    result = document["canonical_output"] if document else {}
    error = job["error_details"]
    return ReportDocument(
        name=one.sample.name,
        status=one.status,
        original=one.sample.path.read_bytes(),
        original_name=one.sample.path.name,
        output=_picture(document, schema, store),
        schema_name=job["schema_name"],
        limits=_limits(schema),
        figures=_figures(document["portal_outputs"]) if document else None,
        file_name=_file_name(result),
        text=result.get("ocr", {}).get("text", ""),
        quality_score=document["quality_score"] if document else None,
        ocr_confidence=document["ocr_confidence"] if document else None,
        warnings=tuple((job["output_metadata"] or {}).get("warnings", ())),
        timings=last.get("timings") or {},
        seconds=(job["completed_at"] - job["created_at"]).total_seconds(),
        job_id=str(one.job_id),
        run_marker=last.get("marker"),
        camber_job_id=last.get("camber_job_id"),
        error=f"{error['code']} in {error['stage']}: {error['message']}" if error else None,
        advice=error["advice"] if error else None,
    )


def _picture(document: Mapping[str, Any] | None, schema: Schema, store: ObjectStore) -> bytes | None:
    """The portal file itself; of a PDF its preview."""
    if document is None:
        return None
    name = "preview" if schema.output_format == "pdf" else "portal"
    return store.get(document["artifacts"][name]["key"], bytes_max=PICTURE_BYTES_MAX)


def _limits(schema: Schema) -> str:
    least = f"{schema.min_kb} to " if schema.min_kb else "at most "
    size = f"{schema.target_width}x{schema.target_height} px, {schema.target_dpi} dpi"
    return f"{size}, {least}{schema.max_kb} KB, {schema.output_format}"


def _figures(portal: Mapping[str, Any]) -> str:
    size = f"{portal['width']}x{portal['height']} px, {portal['dpi']:.0f} dpi"
    return f"{size}, {portal['bytes'] / 1024:.1f} KB, {portal['format']}"


def _file_name(result: Mapping[str, Any]) -> str | None:
    name = result.get("portal", {}).get("filename")
    return None if name is None else str(name)

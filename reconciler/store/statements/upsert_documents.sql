-- A rerun keeps the old document until this moment.
INSERT INTO documents AS d
    (job_id, attempt_id, canonical_output, portal_outputs, artifacts, quality_score, ocr_confidence)
SELECT job_id, attempt_id, canonical_output, portal_outputs, artifacts, quality_score, ocr_confidence
FROM jsonb_to_recordset(CAST(:these AS jsonb))
    AS one (job_id uuid, attempt_id uuid, canonical_output jsonb, portal_outputs jsonb, artifacts jsonb,
            quality_score double precision, ocr_confidence double precision)
ON CONFLICT (job_id) DO UPDATE
SET attempt_id = excluded.attempt_id, canonical_output = excluded.canonical_output,
    portal_outputs = excluded.portal_outputs, artifacts = excluded.artifacts, quality_score = excluded.quality_score,
    ocr_confidence = excluded.ocr_confidence, stale = false, updated_at = now()

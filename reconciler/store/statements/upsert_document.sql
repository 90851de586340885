-- A rerun keeps the old document until this moment.
INSERT INTO documents AS d
    (job_id, attempt_id, canonical_output, portal_outputs, artifacts, quality_score, ocr_confidence)
VALUES
    (:job_id, :attempt_id, CAST(:canonical_output AS jsonb), CAST(:portal_outputs AS jsonb), CAST(:artifacts AS jsonb),
     :quality_score, :ocr_confidence)
ON CONFLICT (job_id) DO UPDATE
SET attempt_id = excluded.attempt_id, canonical_output = excluded.canonical_output,
    portal_outputs = excluded.portal_outputs, artifacts = excluded.artifacts, quality_score = excluded.quality_score,
    ocr_confidence = excluded.ocr_confidence, stale = false, updated_at = now()

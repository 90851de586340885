-- What an operator may see of a document: figures, keys and hashes, and nothing that was read of it.
SELECT job_id, attempt_id, portal_outputs, artifacts, quality_score, ocr_confidence, stale, created_at, updated_at
FROM documents WHERE job_id = :job_id

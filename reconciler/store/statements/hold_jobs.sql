-- A live attempt goes on and its result counts; nothing new is begun.
UPDATE jobs
SET held_reason = :reason, updated_at = now()
WHERE id = ANY(:ids) AND held_reason IS NULL AND status IN ('pending', 'processing')
RETURNING id

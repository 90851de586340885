-- Before any attempt of theirs is touched: requests lock jobs first, too. Lock order everywhere: slots, jobs by id,
-- attempts, runs.
SELECT id, CASE WHEN status = 'processing' THEN current_attempt_id END AS attempt_id
FROM jobs WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE

-- Nothing changed for any of these: set their next looks and give the leases back, in one statement.
-- They are locked in the order of their ids, as all who lock several do.
WITH seen AS (
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:epochs AS bigint[]), CAST(:pauses AS float8[]),
                         CAST(:words AS text[])) AS one (id, epoch, pause, word)
), mine AS (
    SELECT r.id, s.pause, s.word
    FROM camber_runs r JOIN seen s ON s.id = r.id
    WHERE r.lease_owner = :owner AND r.epoch = s.epoch AND r.lease_until > now()
    ORDER BY r.id
    FOR NO KEY UPDATE OF r
)
UPDATE camber_runs r
SET next_poll_at = now() + make_interval(secs => m.pause), camber_status = m.word, absent_count = 0, absent_since = NULL,
    lease_owner = NULL, lease_until = NULL
FROM mine m
WHERE r.id = m.id
RETURNING r.id

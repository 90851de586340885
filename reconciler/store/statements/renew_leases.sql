-- All leases of what a process is acting on, at once, each by its epoch. A lease that ran out is not revived.
-- A run that somebody has locked is left for the next beat: it must not cost the others their leases.
UPDATE camber_runs
SET lease_until = now() + make_interval(secs => :lease_seconds)
WHERE id IN (
    SELECT r.id
    FROM unnest(CAST(:ids AS uuid[]), CAST(:epochs AS bigint[])) AS held (id, epoch)
    JOIN camber_runs r ON r.id = held.id AND r.epoch = held.epoch
    WHERE r.lease_owner = :owner AND r.lease_until > now()
    FOR NO KEY UPDATE OF r SKIP LOCKED)
RETURNING id, epoch

-- All leases of what a process is acting on, at once. A lease that ran out is not revived.
-- A run that somebody has locked is left for the next beat: it must not cost the others their leases.
UPDATE camber_runs
SET lease_until = now() + make_interval(secs => :lease_seconds)
WHERE id IN (
    SELECT id FROM camber_runs
    WHERE lease_owner = :owner AND id = ANY(:in_flight) AND lease_until > now()
    FOR NO KEY UPDATE SKIP LOCKED)
RETURNING id

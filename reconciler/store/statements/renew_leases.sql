-- All leases of what a process is acting on, at once. A lease that ran out is not revived.
UPDATE camber_runs
SET lease_until = now() + make_interval(secs => :lease_seconds)
WHERE lease_owner = :owner AND id = ANY(:in_flight) AND lease_until > now()
RETURNING id

-- All of a process's leases at once. A lease that ran out is not revived.
UPDATE camber_runs
SET lease_until = now() + make_interval(secs => :lease_seconds)
WHERE lease_owner = :owner AND lease_until > now()

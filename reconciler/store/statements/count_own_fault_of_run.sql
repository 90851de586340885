-- A pause that doubles with each fault. The lease stays only where the budget is spent.
UPDATE camber_runs
SET own_faults = own_faults + 1,
    next_poll_at = now() + make_interval(secs => :pause_seconds * 2.0 ^ least(own_faults, 8)),
    lease_owner = CASE WHEN own_faults + 1 >= :budget THEN lease_owner END,
    lease_until = CASE WHEN own_faults + 1 >= :budget THEN lease_until END
WHERE id = :id AND lease_owner = :owner AND epoch = :epoch AND lease_until > now()
RETURNING own_faults

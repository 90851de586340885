-- It was given something, and not looked at: whatever a look counts stays, and one that is due is not put off.
UPDATE camber_runs
SET next_poll_at = least(next_poll_at, now() + make_interval(secs => :poll_seconds)), lease_owner = NULL, lease_until = NULL
WHERE id = :id AND lease_owner = :owner AND epoch = :epoch AND lease_until > now()
RETURNING id

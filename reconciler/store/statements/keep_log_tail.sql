UPDATE camber_runs
SET log_bytes = greatest(log_bytes, :log_bytes), log_tail = :log_tail
WHERE id = :id AND lease_owner = :owner AND epoch = :epoch AND lease_until > now()

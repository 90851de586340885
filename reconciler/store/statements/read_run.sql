-- Only while the lease holds.
SELECT r.*, now() AS now
FROM camber_runs r
WHERE r.id = :id AND r.lease_owner = :owner AND r.epoch = :epoch AND r.lease_until > now()

-- Those that did not stop in good order; who has been silent for a day is forgotten.
SELECT id, host, pid, version, duties, started_at, round(extract(epoch FROM now() - heartbeat_at)::numeric, 1) AS silent_seconds
FROM daemons
WHERE stopped_at IS NULL AND heartbeat_at > now() - interval '1 day'
ORDER BY heartbeat_at DESC

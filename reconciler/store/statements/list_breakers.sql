SELECT dependency, state, failures, reason, retry_at,
       round(extract(epoch FROM now() - opened_at)::numeric, 1) AS open_seconds
FROM breakers WHERE state <> 'closed' ORDER BY dependency

-- What is not over, by state, with the age of the oldest: only rows that live are read.
SELECT 'job' AS subject,
       CASE WHEN held_reason IS NOT NULL THEN 'held' WHEN status = 'processing' THEN 'processing'
            WHEN available_at > now() THEN 'waiting' ELSE 'due' END AS state,
       count(*) AS total, round(extract(epoch FROM now() - min(created_at))::numeric, 1) AS oldest_seconds
FROM jobs WHERE status IN ('pending', 'processing') GROUP BY 2
UNION ALL
SELECT 'run', state, count(*), round(extract(epoch FROM now() - min(created_at))::numeric, 1)
FROM camber_runs WHERE state <> 'finished' GROUP BY state
ORDER BY 1, 4 DESC

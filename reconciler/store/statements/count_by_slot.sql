-- What was inserted and what came to its end, by slots of equal length up to now; two indexes find them.
WITH span AS (
    SELECT make_interval(secs => :slot_seconds) AS slot,
           date_bin(make_interval(secs => :slot_seconds), now(), timestamptz '2000-01-01 00:00:00+00') AS newest
), slots AS (
    SELECT generate_series(newest - slot * (CAST(:slots AS integer) - 1), newest, slot) AS at FROM span
), counted AS (
    SELECT date_bin(s.slot, j.completed_at, s.newest) AS at, j.status AS what, count(*) AS total
    FROM span s JOIN jobs j ON j.completed_at >= s.newest - s.slot * (CAST(:slots AS integer) - 1)
    GROUP BY 1, 2
    UNION ALL
    SELECT date_bin(s.slot, j.created_at, s.newest), 'created', count(*)
    FROM span s JOIN jobs j ON j.created_at >= s.newest - s.slot * (CAST(:slots AS integer) - 1)
    GROUP BY 1, 2
)
SELECT s.at, coalesce(sum(c.total) FILTER (WHERE c.what = 'completed'), 0)::bigint AS completed,
       coalesce(sum(c.total) FILTER (WHERE c.what = 'failed'), 0)::bigint AS failed,
       coalesce(sum(c.total) FILTER (WHERE c.what = 'cancelled'), 0)::bigint AS cancelled,
       coalesce(sum(c.total) FILTER (WHERE c.what = 'created'), 0)::bigint AS created
FROM slots s LEFT JOIN counted c ON c.at = s.at
GROUP BY s.at
ORDER BY s.at

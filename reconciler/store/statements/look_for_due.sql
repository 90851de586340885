-- What is due at this moment, or of runs in so short a time, in a word each; every part by a partial index, and none
-- reads more than it must.
SELECT 'requests' AS word WHERE EXISTS (SELECT FROM jobs WHERE rerun_requested OR cancel_requested)
UNION ALL
SELECT 'signals' WHERE EXISTS (SELECT FROM owed_signals WHERE due_at <= now())
UNION ALL
SELECT 'jobs' WHERE EXISTS (SELECT FROM waiting_jobs WHERE available_at <= now())
UNION ALL
SELECT DISTINCT state FROM camber_runs
WHERE state NOT IN ('finished', 'held')
  AND next_poll_at <= now() + make_interval(secs => :ahead_seconds)
  AND (lease_until IS NULL OR lease_until < now())

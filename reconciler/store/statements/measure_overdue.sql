-- How long the longest overdue row has waited for a daemon, in seconds; null where none is overdue.
-- A pending job is not among them: with all slots taken it waits its turn.
SELECT extract(epoch FROM now() - min(since)) FROM (
    SELECT min(next_poll_at) AS since FROM camber_runs
     WHERE state NOT IN ('finished', 'held') AND next_poll_at < now() AND (lease_until IS NULL OR lease_until < now())
    UNION ALL
    SELECT min(updated_at) FROM jobs WHERE rerun_requested OR cancel_requested
) AS overdue

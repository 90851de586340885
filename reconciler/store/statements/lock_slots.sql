-- Daemons plan one after the other, so that together they never launch more runs than there are slots.
-- Lock order everywhere: slots, jobs by id, attempts, runs.
SELECT pg_advisory_xact_lock(:key)

-- Daemons plan one after the other, so that together they never launch more runs than there are slots.
-- Who gives documents to runs that linger writes the same rows, and waits for its turn too.
-- Lock order everywhere: slots, jobs by id, attempts, runs.
SELECT pg_advisory_xact_lock(:key)

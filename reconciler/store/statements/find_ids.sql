SELECT 'job' AS kind, id FROM jobs WHERE id = ANY(:ids)
UNION ALL
SELECT 'run' AS kind, id FROM camber_runs WHERE id = ANY(:ids)

-- With fresh budgets, except for attempts that the document itself has spent.
UPDATE jobs
SET held_reason = NULL, waiting_reason = NULL, platform_faults = 0, own_faults = 0, unknown_launches = 0,
    available_at = now(), updated_at = now()
WHERE id = ANY(:ids) AND held_reason IS NOT NULL
RETURNING id

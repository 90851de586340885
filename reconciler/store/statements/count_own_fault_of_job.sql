UPDATE jobs SET own_faults = own_faults + 1, updated_at = now() WHERE id = :id RETURNING own_faults

UPDATE jobs SET held_reason = :reason, updated_at = now() WHERE id = :id AND status = 'pending'

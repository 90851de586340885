-- One that is open already stays as it is.
INSERT INTO erasures (user_id, reason, actor) VALUES (:user_id, :reason, :actor)
ON CONFLICT (user_id) WHERE finished_at IS NULL DO NOTHING

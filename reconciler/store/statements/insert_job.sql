INSERT INTO jobs (id, user_id, portal_schema_id, raw_path, mime_type, original_filename, options, priority, input_bytes)
VALUES (:id, :user_id, :portal_schema_id, :raw_path, :mime_type, :original_filename, CAST(:options AS jsonb), :priority,
        :input_bytes)

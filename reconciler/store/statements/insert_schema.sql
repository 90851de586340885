INSERT INTO portal_schemas (name, version, definition, active, source, source_date)
SELECT :name, coalesce(max(version), 0) + 1, CAST(:definition AS jsonb), true, :source, CAST(:source_date AS date)
FROM portal_schemas
WHERE name = :name
RETURNING id

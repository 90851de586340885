-- A version is never changed: who comes second with the same number changes nothing, and gets no row.
INSERT INTO portal_schemas (name, version, definition, active, source, source_date)
VALUES (:name, :version, CAST(:definition AS jsonb), false, :source, :source_date)
ON CONFLICT (name, version) DO NOTHING
RETURNING id

SELECT s.id, s.name, s.version, s.active, s.definition, s.source, s.source_date, s.created_at
FROM portal_schemas s
WHERE CAST(:name AS text) IS NULL OR s.name = :name
ORDER BY s.name, s.version DESC

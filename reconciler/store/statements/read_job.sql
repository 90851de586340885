SELECT j.*, s.name AS schema_name, s.version AS schema_version, s.definition AS schema_definition
FROM jobs j
JOIN portal_schemas s ON s.id = j.portal_schema_id
WHERE j.id = :id

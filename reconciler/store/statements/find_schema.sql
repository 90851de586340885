SELECT id, version, definition FROM portal_schemas WHERE name = :name AND active

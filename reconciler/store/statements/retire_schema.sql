UPDATE portal_schemas SET active = false WHERE name = :name AND active

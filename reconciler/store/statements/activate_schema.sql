UPDATE portal_schemas SET active = true WHERE name = :name AND version = :version AND NOT active

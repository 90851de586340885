SELECT * FROM queue_health

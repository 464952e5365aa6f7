"""Stage 2, the queue: messages, the life of a job, gates, the tick."""

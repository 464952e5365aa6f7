"""Stage 1, the door: a request is proved, filtered and handed to the queue, or refused."""

"""The chat door: takes the inbox, reads, acts, answers through the outbox."""

"""What a person can do, one verb per function; the only writers of facts."""

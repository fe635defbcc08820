"""The sessions door on a real database."""

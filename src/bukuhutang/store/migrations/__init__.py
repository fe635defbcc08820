"""Alembic migrations: SQL in full, forward only."""

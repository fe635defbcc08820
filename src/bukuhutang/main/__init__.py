"""Reads settings, picks drivers, starts the roles: the only place that does."""

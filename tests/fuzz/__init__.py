"""Requests nobody thought of, made from what the document of the APIs allows and forbids."""

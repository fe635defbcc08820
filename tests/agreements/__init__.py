"""Agreements through their doors: chat, documents, clock, web."""

"""The web door: admin API, simulator, health and metrics."""

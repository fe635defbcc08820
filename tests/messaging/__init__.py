"""The simulated WhatsApp, with a small service that only listens."""

"""WhatsApp as the rest of the service sees it: states, drivers, sessions."""

"""The real library, the real service and a fake WhatsApp on loopback."""

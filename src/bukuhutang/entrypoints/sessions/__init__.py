"""The sessions door: owns WhatsApp sessions, fills the inbox, empties the outbox."""

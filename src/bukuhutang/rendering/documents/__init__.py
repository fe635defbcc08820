"""Documents out: agreements and receipts as PDF, the same bytes for the same facts. Pure."""

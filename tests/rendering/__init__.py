"""Words out: formats, texts, examples, QR codes."""

"""Words out: every sentence, amount, date and picture a person sees. Pure."""

"""Questions that wait for an answer: a typed, versioned form each, and who hears it."""

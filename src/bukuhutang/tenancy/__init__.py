"""Who the tenants are and what their plans allow: pure, no I/O."""

"""Who provides the services; imported by main alone."""

"""The WhatsApp libraries; chosen in `main`, imported by nothing else."""

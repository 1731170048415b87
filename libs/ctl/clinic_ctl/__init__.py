"""clinicctl: the operator's command."""

"""clinicctl's commands, one file per group."""

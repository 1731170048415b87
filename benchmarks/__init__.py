"""Its speed, beside that of others and of a bare minimum, in one run on one machine."""

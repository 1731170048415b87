"""How quick it is, beside others and beside what is possible at all, in one run on one machine."""

"""Pure: states, arrows, facts, decisions, rules and refusals; the standard library only."""

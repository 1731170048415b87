"""Surveys, scores, baselines and risk alerts."""

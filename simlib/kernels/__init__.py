"""Formulas of council finance over arrays; nothing here knows a config, a random number or a file."""

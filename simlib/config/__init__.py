"""The config language: text to a checked ``Config``, or every problem at once; no figure is computed here."""

from simlib.config.load import Config, load_config, parse_config, placing

__all__ = ["Config", "load_config", "parse_config", "placing"]

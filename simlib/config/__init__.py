"""The config language: text to a checked ``Config``, or every problem at once; what figures mean is in the model."""

from simlib.config.load import Config, load_config, parse_config

__all__ = ["Config", "load_config", "parse_config"]

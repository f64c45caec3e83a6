"""What a user may set.

``load_config`` reads a YAML from ``configs/`` or from a path, lays dotted overrides over it and returns a
validated ``Config``, or raises ConfigError with one line a mistake.
"""

from coles_ops.component import Section
from coles_ops.config.parsing import ConfigError, parse_yaml
from coles_ops.config.reading import CONFIGS, Config, load_config, parse_config, validated
from coles_ops.config.sections import (
    Embedding,
    Evaluation,
    Preprocess,
    Production,
    Range,
    Reporting,
    Resources,
    Search,
    Tracking,
    Validation,
)
from coles_ops.config.space import choose, chosen, dotted, fields_of, is_whole
from coles_ops.config.training import COMPONENTS, Training

__all__ = [
    "COMPONENTS",
    "CONFIGS",
    "Config",
    "ConfigError",
    "Embedding",
    "Evaluation",
    "Preprocess",
    "Production",
    "Range",
    "Reporting",
    "Resources",
    "Search",
    "Section",
    "Tracking",
    "Training",
    "Validation",
    "choose",
    "chosen",
    "dotted",
    "fields_of",
    "is_whole",
    "load_config",
    "parse_config",
    "parse_yaml",
    "validated",
]

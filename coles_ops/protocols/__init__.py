"""Who trains encoders, who compares trials and who is scored: so that nobody is scored by what saw him."""

from coles_ops.protocols.base import PROTOCOLS, Clients, Fold, Protocol

__all__ = ["PROTOCOLS", "Clients", "Fold", "Protocol"]

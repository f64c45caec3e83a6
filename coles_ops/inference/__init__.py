"""Embedding new events by a trained encoder; needs neither the run nor what trained it."""

from coles_ops.inference.bundle import Bundle, BundleError, load_bundle, write_bundle

__all__ = ["Bundle", "BundleError", "load_bundle", "write_bundle"]

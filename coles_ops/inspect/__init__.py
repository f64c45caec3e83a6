"""A look at a user's files, and the configuration that follows from it."""

from coles_ops.inspect.preview import Preview, preview
from coles_ops.inspect.profile import Profile, profile
from coles_ops.inspect.roles import Guess, Role
from coles_ops.inspect.sample import Sample, take
from coles_ops.inspect.write import to_yaml

__all__ = ["Guess", "Preview", "Profile", "Role", "Sample", "preview", "profile", "take", "to_yaml"]

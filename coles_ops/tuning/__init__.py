"""The search: which trials run, and running them on Ray. The only place that imports ray."""

from coles_ops.tuning.rounds import plan_rounds
from coles_ops.tuning.search import search_encoders
from coles_ops.tuning.space import plan_trials

__all__ = ["plan_rounds", "plan_trials", "search_encoders"]

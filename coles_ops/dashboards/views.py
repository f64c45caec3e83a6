"""The views that every dashboard has, in W&B and on our own page."""

COMPARISON = "Representations compared"
SEARCH = "Parallel coordinates of the search"
CURVES = "Curves by step"
COST = "Cost against score"
RETRAINS = "Retrains over time"

VIEWS = (COMPARISON, SEARCH, CURVES, COST, RETRAINS)

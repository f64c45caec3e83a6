"""Work on Ray: the session, whose fault an error is, and what is tried again."""

from coles_ops.cluster.session import ClusterError, ray_session

__all__ = ["ClusterError", "ray_session"]

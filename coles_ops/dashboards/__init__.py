"""All runs at a glance: a workspace and reports in W&B, and a page of our own."""

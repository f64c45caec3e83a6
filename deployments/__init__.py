"""How coles is installed, registered, started and used from a shell."""

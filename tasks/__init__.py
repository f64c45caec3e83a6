"""The stages as Prefect tasks: one line each over a pure function of the library."""

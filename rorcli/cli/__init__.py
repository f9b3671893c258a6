"""The edge: the only rooms that know typer, rich, the clock and the paths that people give."""

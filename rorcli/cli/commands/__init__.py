"""The commands, one module per panel of `rorcli --help`."""

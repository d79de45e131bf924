"""The networks: torch only. Nothing here knows a file, a corpus or the configuration."""

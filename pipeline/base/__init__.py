"""Files, tables, records and errors: what everything else may use."""

"""Studies as files to hand on: bundled, verified, extended, compared."""

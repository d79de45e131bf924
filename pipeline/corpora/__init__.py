"""Raw corpora: one reader per folder layout, from files on disk to rows."""

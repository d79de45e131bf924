"""Face crops of utterances: cut, kept, read again."""

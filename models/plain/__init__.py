"""The paper, written to be read: slow, one file, nothing of ours but torch."""

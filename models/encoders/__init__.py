"""Pretrained networks that no library carries; their weights are read, never trained, here."""

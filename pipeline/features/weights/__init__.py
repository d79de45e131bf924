"""Where pretrained weights lie, and how published files are read without running them."""

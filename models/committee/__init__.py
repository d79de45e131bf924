"""Committee: this project's own recipe, a few small networks that are asked together."""

"""Sections of config.yaml as typed models, one module per group of stages.

A stage imports only its own: a new key elsewhere must not change its code digest.
"""

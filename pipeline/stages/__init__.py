"""Stages: one thin module per Snakemake rule of the same name: arguments, load, call, save."""

from pipeline.base.refusals import tell_refusals

tell_refusals()

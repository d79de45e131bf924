"""What a run of the workflow says on the terminal, from Snakemake's events and the logs of jobs."""

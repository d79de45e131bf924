"""The workflow: its rules, what decides each job, and the seals beside results."""

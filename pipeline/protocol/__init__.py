"""Protocol: who trains, validates and tests; what is withheld."""

"""GRU: a small recurrent network that is hard to beat."""

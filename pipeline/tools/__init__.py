"""Commands for people: doctor, weights, label, cache."""

"""What makes the networks fast on a CPU; the plain forms are equal (benchmarks/plain)."""

"""What makes the networks fast on a CPU, and nothing else: products, dropout, buckets, LSTM, reads.

docs/fast.md says what each buys. `switch` turns all of it off: every method is tested equal so.
"""

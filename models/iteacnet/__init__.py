"""ITEACNet (the paper): a simple teacher sees complete data, a complex student incomplete data."""

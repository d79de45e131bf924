"""Report: tables, figures and one HTML page that needs no network."""

"""What funders and the public read of a release: its stored JSON as tables, charts and sums of a year. Pure."""

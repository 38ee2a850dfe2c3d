"""A year of the hotline, played on a scratch database: what the routing does under pressure (docs/matching.md)."""

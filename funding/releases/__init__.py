"""The fixed quarterly tables: what they count, what is hidden in them, how they are drawn, and the audit. Pure."""

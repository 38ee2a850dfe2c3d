"""Cents as people write them. Pure."""


def dollars(cents: int) -> str:
    """Cents as dollars: 250000 → $2,500; 15050 → $150.50."""
    whole, part = divmod(cents, 100)
    return f"${whole:,}.{part:02}" if part else f"${whole:,}"

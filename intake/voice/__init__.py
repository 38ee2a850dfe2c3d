"""A request by phone without a person: what is said, what the keys mean, and what an answer becomes."""

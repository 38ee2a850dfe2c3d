"""What staff see of cases: the coordinators' queue, the case page, a provider's offers."""

"""Views: the family's pages (`family`), their status page (`status`), the sealed file for staff (`staff`)."""

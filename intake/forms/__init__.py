"""Forms: the family's questions (`family`), the coordinator's answers (`staff`), their fields (`fields`)."""

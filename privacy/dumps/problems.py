"""What goes wrong with copies of the databases."""


class BackupProblem(Exception):
    """Why something was not written or not restored, in a sentence or two for the person who runs the server."""

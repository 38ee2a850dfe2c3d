"""Tasks that tell what no task of ours tells, for a worker of the tests."""

from celery import shared_task

WORDS = "Kanarwexzzz"


@shared_task(name="tests.tell")
def tell() -> str:
    """As a task that returns a word of a text would."""
    return WORDS


@shared_task(name="tests.tell_and_keep", ignore_result=False)
def tell_and_keep() -> str:
    """As it would where results were kept."""
    return WORDS


@shared_task(name="tests.fail")
def fail() -> None:
    """As a task whose error names a number would."""
    raise ValueError(WORDS)

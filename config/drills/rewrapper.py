"""The process that `drill rotate` kills: unlocks with a passphrase from its input and wraps anew, a batch a line."""

import sys

import django

_BATCH = 50


def main(holder: str, reader: str) -> None:
    """Wrap everything of `reader` anew as `holder`, printing how many after each batch."""
    django.setup()
    from privacy import holders, rotation

    keys = holders.keys_of(holder, holders.private_of(holder, sys.stdin.readline().rstrip("\n")), reader)
    while done := rotation.rewrap_some(keys, limit=_BATCH):
        print(done, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

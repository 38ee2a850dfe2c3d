"""What a page costs a prepaid phone."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings

WEB = Path(settings.BASE_DIR) / "web" / "static" / "web"


@pytest.mark.parametrize(("sheet", "most"), [("site.css", 44_000), ("staff.css", 50_000)])
def test_a_style_sheet_is_small_and_loads_nothing_but_its_icons(sheet: str, most: int) -> None:
    css = (WEB / "built" / sheet).read_bytes()

    assert len(css) <= most
    assert len(gzip.compress(css)) <= 10_000
    named = set(re.findall(r"url\(([^)]+)\)", css.decode()))
    assert all((WEB / "built" / name).is_file() for name in named)
    assert b"@font-face" not in css


def test_the_only_script_is_tiny() -> None:
    assert (WEB / "quick-exit.js").stat().st_size <= 2_000

"""Chromium, driven by Playwright: skipped where either is not installed."""

from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

CHROMIUM = Path("/usr/bin/chromium")
# CI runs as root, where Chromium's own sandbox refuses to start.
ALWAYS = ("--no-sandbox", "--disable-gpu")


@contextmanager
def launched(arguments: Sequence[str]):
    """A browser, closed when the block ends."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=[*ALWAYS, *arguments])
        yield browser
        browser.close()

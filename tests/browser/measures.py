"""What axe does not measure: sideways scrolling when enlarged, size of targets, visible labels, visible focus."""

from playwright.sync_api import Page, expect

# The narrowest phone, and a desk's 1280 px enlarged to 200 %.
NARROW, ENLARGED = 320, 640
# WCAG 2.2, 2.5.8.
LEAST_TARGET = 24

SMALL_TARGETS = """least => {
    const seen = box => box.width > 1 && box.height > 1;
    const inSentence = e => e.matches("a") && getComputedStyle(e).display === "inline" &&
        [...e.parentElement.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.textContent.trim());
    const boxes = e => [e, ...(e.labels || [])].map(part => part.getBoundingClientRect());
    const kind = "a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button]";
    return [...document.querySelectorAll(kind)]
        .filter(e => e.checkVisibility({visibilityProperty: true}) && !e.matches(".usa-skipnav") && !inSentence(e))
        .filter(e => boxes(e).some(seen) && !boxes(e).some(b => b.width >= least - .5 && b.height >= least - .5))
        .map(e => `${Math.round(e.getBoundingClientRect().width)} × ${Math.round(e.getBoundingClientRect().height)}: `
            + e.outerHTML.slice(0, 160));
}"""

NO_VISIBLE_LABEL = """() => {
    const shown = e => {
        const box = e.getBoundingClientRect();
        return e.checkVisibility({visibilityProperty: true}) && box.width > 1 && box.height > 1 && e.innerText.trim();
    };
    const named = e => (e.getAttribute("aria-labelledby") || "").split(" ").map(id => document.getElementById(id));
    return [...document.querySelectorAll("input:not([type=hidden], [type=submit], [type=button]), select, textarea")]
        .filter(e => e.closest("details:not([open])") === null && e.checkVisibility())
        .filter(e => ![...(e.labels || []), ...named(e)].some(label => label && shown(label)))
        .map(e => e.outerHTML.slice(0, 160));
}"""

# After a key was pressed, focus given by a script counts as given by the keyboard.
NO_VISIBLE_FOCUS = """() => {
    const look = e => [e, e.nextElementSibling].filter(Boolean).map(part => {
        const style = getComputedStyle(part);
        const outline = style.outlineStyle === "none" || style.outlineWidth === "0px" ? "" :
            style.outlineStyle + style.outlineWidth + style.outlineColor;
        return outline + style.boxShadow;
    }).join();
    const before = document.activeElement;
    const found = [];
    const kind = "a[href], button, input:not([type=hidden]), select, textarea, summary";
    for (const e of document.querySelectorAll(kind)) {
        if (!e.checkVisibility({visibilityProperty: true}) || e.disabled) continue;
        document.activeElement.blur();
        const plain = look(e);
        e.focus({preventScroll: true});
        if (document.activeElement === e && look(e) === plain) found.push(e.outerHTML.slice(0, 160));
    }
    document.activeElement.blur();
    return found;
}"""

SCROLLS_SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
SUMMARY = ".error-summary"
# The browser gives the focus when it first draws the page, a moment after the page has come.
SUMMARY_MS = 3000


def enlarged(page: Page) -> list[str]:
    """Whether the page scrolls sideways on a narrow phone or at 200 %."""
    found = []
    for width in (NARROW, ENLARGED):
        page.set_viewport_size({"width": width, "height": 450})
        if page.evaluate(SCROLLS_SIDEWAYS):
            found.append(f"scrolls sideways at {width} px")
    return found


def small_targets(page: Page) -> list[str]:
    """What is too small to tap, unless it is a link in a sentence."""
    return [f"small target {what}" for what in page.evaluate(SMALL_TARGETS, LEAST_TARGET)]


def for_hands_and_eyes(page: Page) -> list[str]:
    """Where the focus is, goes and shows, and what each control is called. Leaves the focus nowhere."""
    found = [] if _summary_has_focus(page) else ["its error summary has not the focus"]
    found += [f"no visible label: {what}" for what in page.evaluate(NO_VISIBLE_LABEL)]
    page.keyboard.press("Shift")
    page.keyboard.press("Tab")
    return found + [f"focus does not show: {what}" for what in page.evaluate(NO_VISIBLE_FOCUS)]


def _summary_has_focus(page: Page) -> bool:
    """Also where there is no summary."""
    try:
        if page.locator(SUMMARY).count():
            expect(page.locator(SUMMARY)).to_be_focused(timeout=SUMMARY_MS)
    except AssertionError:
        return False
    return True

// Single keys for who works through many cases. Everything works without them, and /staff/shortcuts/ switches them off.
(() => {
  const list = document.querySelector("#shortcuts");
  const places = { q: "/staff/cases/", b: "/staff/board/" };
  let row = -1;
  let wentAt = 0;
  let readerHeld = false;

  const rows = () => [...document.querySelectorAll("[data-row]")];
  const current = () => rows()[row];

  const move = (by) => {
    const all = rows();
    if (!all.length) return;
    row = Math.min(Math.max(row + by, 0), all.length - 1);
    // The browser's own focus: Enter opens, and a screen reader says where one is.
    all[row].querySelector("a").focus();
  };

  const act = () => {
    const here = document.querySelector("[data-act]");
    if (here) {
      document.querySelector("#deeds").focus();
      document.querySelector("#deeds").scrollIntoView();
    } else if (current()) {
      location.assign(`${current().querySelector("a").href}#deeds`);
    }
  };

  const keys = {
    j: () => move(1),
    k: () => move(-1),
    a: act,
    x: () => current()?.querySelector("input[type=checkbox]")?.click(),
    "/": () => document.querySelector("[data-search]")?.focus(),
    "?": () => list?.showModal(),
    g: () => {
      wentAt = Date.now();
    },
  };

  const isTyping = (target) => target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

  addEventListener("keydown", (event) => {
    // Insert and Caps Lock are the modifiers of screen readers.
    if (event.key === "Insert") readerHeld = true;
    if (event.defaultPrevented || event.isComposing || readerHeld || list?.open) return;
    if (event.ctrlKey || event.altKey || event.metaKey || event.getModifierState("CapsLock")) return;
    if (isTyping(event.target)) return;
    const place = Date.now() - wentAt < 1500 && places[event.key];
    wentAt = 0;
    if (place) location.assign(place);
    else if (keys[event.key]) keys[event.key]();
    else return;
    event.preventDefault();
  });
  addEventListener("keyup", (event) => {
    if (event.key === "Insert") readerHeld = false;
  });
  addEventListener("blur", () => {
    readerHeld = false;
  });
  // Where somebody went by Tab or by pointer, the next j goes on from there.
  addEventListener("focusin", (event) => {
    const at = event.target.closest?.("[data-row]");
    if (at) row = rows().indexOf(at);
  });
})();

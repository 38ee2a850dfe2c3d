// Shows what asks for the passkey where the browser can, and says so where it did not work. allauth's script does the rest.
(() => {
  const [way, waits, trouble] = ["", "-waits", "-trouble"].map((part) => document.querySelector(`[data-passkey${part}]`));
  waits.hidden = true;
  if (!window.webauthnJSON || !window.webauthnJSON.supported()) {
    trouble.hidden = false;
    return;
  }
  way.hidden = false;
  document.addEventListener("allauth.error", (event) => {
    // The sentence on the page is enough: the browser's own words would go to a console nobody reads.
    event.preventDefault();
    trouble.hidden = false;
  });
})();

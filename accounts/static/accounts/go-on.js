// Presses "Go on" again and again until nothing is left. Without this file a person presses it.
(() => {
  const form = document.querySelector("form[data-go-on]");
  if (form) setTimeout(() => form.requestSubmit(), 500);
})();

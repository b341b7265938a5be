/* Sets light or dark before the first paint. Not a module: those run after the page is shown. */
(() => {
  const KEY = "icare-theme";
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const CHOICES = ["auto", "light", "dark"];
  const WORDS = { auto: "as the device", light: "light", dark: "dark" };

  function chosen() {
    try {
      const kept = localStorage.getItem(KEY);
      return CHOICES.includes(kept) ? kept : "auto";
    } catch {
      return "auto";
    }
  }

  function keep(choice) {
    try {
      localStorage.setItem(KEY, choice);
    } catch {
      /* Private windows may forbid storage; the choice then holds for this page only. */
    }
  }

  function show(choice) {
    const theme = choice === "auto" ? (dark.matches ? "dark" : "light") : choice;
    document.documentElement.dataset.bsTheme = theme;
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      button.setAttribute("aria-label", `Colours: ${WORDS[choice]}`);
      button.title = `Colours: ${WORDS[choice]}`;
    }
    document.dispatchEvent(new CustomEvent("icare:theme", { detail: theme }));
  }

  let choice = chosen();
  show(choice);
  dark.addEventListener("change", () => show(choice));
  // Paper is white: light ink on it could not be read.
  window.addEventListener("beforeprint", () => show("light"));
  window.addEventListener("afterprint", () => show(choice));
  document.addEventListener("DOMContentLoaded", () => {
    show(choice);
    document.addEventListener("click", (event) => {
      if (!event.target.closest("[data-theme-toggle]")) return;
      choice = CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length];
      keep(choice);
      show(choice);
    });
  });
})();

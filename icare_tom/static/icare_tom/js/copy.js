/** Buttons with `data-copy="text"` put the text on the clipboard and say so. */

const SAID_MS = 2000;

async function copy(button) {
  const before = button.getAttribute("aria-label");
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.setAttribute("aria-label", "Copied");
    button.classList.add("copied");
  } catch {
    button.setAttribute("aria-label", "The browser did not allow copying");
  }
  setTimeout(() => {
    button.setAttribute("aria-label", before);
    button.classList.remove("copied");
  }, SAID_MS);
}

export function startCopyButtons() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
  });
}

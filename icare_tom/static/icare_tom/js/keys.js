/** Keys that work on every page; a page adds its own with `data-key="x" data-key-label="what it does"`. */

const GO_WAIT_MS = 1200;
let goPressedAt = 0;

function typing(target) {
  return target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName);
}

function focusSearch() {
  const search = document.querySelector("[data-search]");
  if (!search) return;
  const menu = search.closest(".collapse");
  if (menu && !menu.classList.contains("show") && getComputedStyle(menu).display === "none") menu.classList.add("show");
  search.focus();
  search.select();
}

function listPageKeys(dialog) {
  const list = dialog.querySelector("dl");
  for (const row of list.querySelectorAll("[data-page-key]")) row.remove();
  for (const element of document.querySelectorAll("[data-key-label]")) {
    const row = document.createElement("div");
    row.dataset.pageKey = "";
    const key = document.createElement("dt");
    const box = document.createElement("kbd");
    box.textContent = element.dataset.key;
    key.append(box);
    const words = document.createElement("dd");
    words.textContent = element.dataset.keyLabel;
    row.append(key, words);
    list.append(row);
  }
}

function showKeys() {
  const dialog = document.getElementById("keys");
  if (!dialog || dialog.open) return;
  listPageKeys(dialog);
  dialog.showModal();
}

function go(key) {
  const places = { h: "home", e: "events", t: "telescopes" };
  const link = places[key] && document.querySelector(`[data-go="${places[key]}"]`);
  if (link) link.click();
  return Boolean(link);
}

/** A folded form opens, and its first field is ready for typing. */
function unfold(details) {
  details.open = true;
  details.querySelector("input:not([type=hidden]), select, textarea")?.focus();
}

function use(element) {
  if (element.matches("summary")) unfold(element.parentElement);
  else if (element.matches("input:not([type=checkbox]), select, canvas, [role=application]")) element.focus();
  else element.click();
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  if (Date.now() - goPressedAt < GO_WAIT_MS && go(event.key)) {
    goPressedAt = 0;
    event.preventDefault();
    return;
  }
  goPressedAt = 0;
  if (event.key === "g") {
    goPressedAt = Date.now();
  } else if (event.key === "/") {
    focusSearch();
    event.preventDefault();
  } else if (event.key === "?") {
    showKeys();
    event.preventDefault();
  } else if (/^[a-z]$/.test(event.key)) {
    const element = document.querySelector(`[data-key="${event.key}"]`);
    if (element) {
      use(element);
      event.preventDefault();
    }
  }
}

export function startKeys() {
  document.addEventListener("keydown", onKey);
}

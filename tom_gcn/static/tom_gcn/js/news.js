/** Asks for news at once when a page comes back into view, for browsers let hidden pages sleep; and brings the parts of
 * the page that are marked with the address they come from up to date, unless somebody is busy in them. */
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible") return;
  for (const line of document.querySelectorAll(".news")) line.dispatchEvent(new Event("look"));
});

/** Nobody points at it, types in it, or reads something opened in it. */
function isAtRest(part) {
  return !part.matches(":hover") && !part.contains(document.activeElement) && !part.querySelector("details[open]");
}

const told = new Map();

document.addEventListener("htmx:afterSwap", (event) => {
  const line = event.target;
  const news = line.classList?.contains("news") ? line.querySelector("[data-news]")?.dataset.news : undefined;
  if (news === undefined || told.get(location.href) === news) return;
  told.set(location.href, news);
  for (const part of document.querySelectorAll("[data-live]")) {
    if (isAtRest(part)) window.htmx.ajax("GET", part.dataset.live, { target: part, swap: "outerHTML" });
  }
});

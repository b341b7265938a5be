/** Asks for news at once when a page comes back into view: browsers let hidden pages sleep. */
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible") return;
  for (const line of document.querySelectorAll(".news")) line.dispatchEvent(new Event("look"));
});

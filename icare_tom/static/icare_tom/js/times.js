/** `<time datetime>`: the server writes the UTC text; here the age is kept current and local time put in the title. */

import { inZone, zone } from "./zone.js";

const STEPS = [
  [60, 1, "s"],
  [3600, 60, "min"],
  [86400, 3600, "h"],
  [Infinity, 86400, "d"],
];

export function ageText(then, now = Date.now()) {
  const seconds = Math.round((now - then) / 1000);
  const size = Math.abs(seconds);
  const [, unit, name] = STEPS.find(([limit]) => size < limit);
  let words = `${Math.floor(size / unit)} ${name}`;
  const minutes = Math.floor((size % 3600) / 60);
  if (name === "h" && size < 6 * 3600 && minutes) words += ` ${minutes} min`;
  return seconds >= 0 ? `${words} ago` : `in ${words}`;
}

function refresh(root = document) {
  for (const age of root.querySelectorAll("[data-age]")) {
    const then = Date.parse(age.dataset.age);
    if (!Number.isNaN(then)) age.textContent = ageText(then);
  }
}

function addLocalTime(root = document) {
  for (const element of root.querySelectorAll("time[datetime]:not([title])")) {
    const date = new Date(element.getAttribute("datetime"));
    if (!Number.isNaN(date.getTime())) {
      element.title = `${inZone(date, { dateStyle: "medium", timeStyle: "long" })} ${zone() ? `in ${zone()}` : "on this device"}`;
    }
  }
}

export function startTimes() {
  refresh();
  addLocalTime();
  setInterval(refresh, 15000);
  document.addEventListener("htmx:afterSettle", (event) => {
    refresh(event.target);
    addLocalTime(event.target);
  });
}

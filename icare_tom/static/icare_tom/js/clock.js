/** The UTC clock of the navigation bar, and beside it the time in the zone its reader chose. */

import { inZone, zone } from "./zone.js";

export function utcText(date) {
  return `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

function showLocal(local, date) {
  if (!local || !zone()) return;
  local.hidden = false;
  local.textContent = `${inZone(date, { hour: "2-digit", minute: "2-digit" })} ${zone().split("/").pop().replaceAll("_", " ")}`;
}

export function startClock() {
  const clock = document.querySelector("[data-clock]");
  if (!clock) return;
  const local = document.querySelector("[data-local-clock]");
  const tick = () => {
    const now = new Date();
    clock.textContent = utcText(now);
    showLocal(local, now);
    // Aim at the next full second, so that the clock never skips one.
    setTimeout(tick, 1000 - (Date.now() % 1000));
  };
  tick();
}

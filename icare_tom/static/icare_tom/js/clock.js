/** The UTC clock of the navigation bar. */

export function utcText(date) {
  return `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

export function startClock() {
  const clock = document.querySelector("[data-clock]");
  if (!clock) return;
  const tick = () => {
    clock.textContent = utcText(new Date());
    // Aim at the next full second, so that the clock never skips one.
    setTimeout(tick, 1000 - (Date.now() % 1000));
  };
  tick();
}

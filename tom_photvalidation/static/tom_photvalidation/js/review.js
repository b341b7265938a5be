/** Reviewing by keyboard: each key changes the page at once, and the server is told in the order of the keys. */

import { spanText, utcText } from "./axes.js";
import { LightCurve } from "./chart.js";
import { addContext } from "./context.js";
import { ACCEPTED, QUARANTINED, REJECTED, STATUSES, UNREVIEWED, fetchPoints } from "./points.js";
import { showReadout } from "./readout.js";

const ROWS_SHOWN = 400;
const AHEAD = 3;

const root = document.querySelector("[data-review]");
const part = (name) => root.querySelector(`[data-part-of-curve="${name}"]`);
const say = (name, words) => {
  for (const place of root.querySelectorAll(`[data-say="${name}"]`)) {
    place.textContent = words;
    if (place.hasAttribute("role") && name === "wrong") place.hidden = !words;
  }
};

/** What is told to the server, one after the other, so that the log has the order of the keys. */
class Line {
  constructor(onWrong) {
    this.waiting = 0;
    this.last = Promise.resolve();
    this.onWrong = onWrong;
    window.addEventListener("beforeunload", (event) => this.waiting && event.preventDefault());
  }

  /** @param {object|(() => object)} body what is sent; as a function it is asked when its turn comes */
  tell(address, body, done, failed) {
    this.waiting += 1;
    say("saving", "saving…");
    this.last = this.last.then(() => this.send(address, body)).then(done, (error) => {
      failed();
      this.onWrong(error.message);
    }).finally(() => {
      this.waiting -= 1;
      if (!this.waiting) say("saving", "saved");
    });
    return this.last;
  }

  async send(address, body) {
    const answer = await fetch(address, {
      method: "POST",
      credentials: "same-origin",
      headers: {
        "Content-Type": "application/json",
        "X-CSRFToken": root.querySelector("[name=csrfmiddlewaretoken]").value,
      },
      body: JSON.stringify(typeof body === "function" ? body() : body),
    }).catch(() => {
      throw new Error("The site cannot be reached. What was not saved is shown undecided again; try it once more.");
    });
    if (answer.redirected) throw new Error("You are signed out. Sign in in another tab, then decide again.");
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error([said.message, said.fix].filter(Boolean).join(" ") || `Not saved (${answer.status}).`);
    return said;
  }
}

class Review {
  constructor(points, keys) {
    this.points = points;
    this.keys = keys.filter((key) => points.at.has(key));
    this.at = 0;
    this.selected = new Set();
    this.details = new Map();
    this.undoable = [];
    this.line = new Line((words) => say("wrong", words));
    this.curve = new LightCurve(
      { main: part("main"), residual: part("residual"), altitude: part("altitude") },
      points,
      { view: { withRejected: true }, onChoose: (index, byClick) => this.chosen(index, byClick) },
    );
    this.fillList();
    const first = this.keys.findIndex((key) => this.status(key) <= QUARANTINED);
    this.goTo(Math.max(first, 0));
  }

  get key() {
    return this.keys[this.at];
  }

  status(key) {
    return this.points.status[this.points.at.get(key)];
  }

  // --- the list ---
  fillList() {
    const list = root.querySelector("[data-list]");
    this.top = Math.max(0, Math.min(this.at - ROWS_SHOWN / 4, this.keys.length - ROWS_SHOWN)) | 0;
    list.replaceChildren(...this.keys.slice(this.top, this.top + ROWS_SHOWN).map((key, k) => this.rowOf(key, this.top + k)));
  }

  rowOf(key, number) {
    const { points } = this;
    const i = points.at.get(key);
    const row = document.createElement("div");
    row.setAttribute("role", "option");
    row.dataset.number = number;
    const limit = Number.isNaN(points.mag[i]);
    const mag = limit ? `> ${points.limit[i].toFixed(2)}` : points.mag[i].toFixed(2);
    const when = points.t0_mjd === null ? utcText(points.mjd[i], 16) : `T0 + ${spanText(points.mjd[i] - points.t0_mjd)}`;
    row.append(
      cell("row-mark", ""),
      cell("row-what", `${when} · ${points.telescopes[points.telescope[i]]} · ${points.filters[points.filter[i]].label}`),
      cell("row-mag", mag),
      cell("row-state", ""),
    );
    this.dress(row, key, number);
    return row;
  }

  dress(row, key, number) {
    const status = STATUSES[this.status(key)];
    row.className = `review-row is-${status}`;
    row.querySelector(".row-mark").textContent = this.selected.has(key) ? "✓" : "";
    row.querySelector(".row-state").textContent = { accepted: "accepted", rejected: "rejected", quarantined: "quarantine", superseded: "replaced" }[status] ?? "";
    row.setAttribute("aria-selected", this.selected.has(key));
    if (number === this.at) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }

  get left() {
    return this.keys.filter((key) => this.status(key) <= QUARANTINED).length;
  }

  refreshRows() {
    for (const row of root.querySelectorAll(".review-row")) this.dress(row, this.keys[row.dataset.number], Number(row.dataset.number));
    const { left } = this;
    say("left", left);
    if (left) this.withdrawOffer();
    root.querySelector("progress").value = this.keys.length - left;
    say("selected", this.selected.size);
    for (const name of ["accept-selection", "reject-selection"]) root.querySelector(`[data-deed="${name}"]`).disabled = !this.selected.size;
  }

  // --- moving ---
  goTo(number) {
    this.at = Math.max(0, Math.min(this.keys.length - 1, number));
    if (this.at < this.top || this.at >= this.top + ROWS_SHOWN) this.fillList();
    this.curve.choose(this.points.at.get(this.key));
    this.refreshRows();
    root.querySelector(".review-row[aria-current]")?.scrollIntoView({ block: "nearest" });
    this.showPoint();
  }

  chosen(index, byClick) {
    showReadout(part("readout"), this.curve, index);
    if (!byClick) return;
    const number = this.keys.indexOf(this.points.id[index]);
    if (number >= 0) this.goTo(number);
  }

  goOn() {
    const isOpen = (key) => this.status(key) <= QUARANTINED;
    const next = this.keys.findIndex((key, number) => number > this.at && isOpen(key));
    const first = next >= 0 ? next : this.keys.findIndex(isOpen);
    this.goTo(first >= 0 ? first : this.at);
  }

  // --- the point beside it ---
  detail(key) {
    if (!this.details.has(key)) {
      const address = root.dataset.pointUrl.replace("/0/", `/${key}/`);
      const asked = fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin" })
        .then((answer) => (answer.ok ? answer.text() : ""));
      this.details.set(key, asked.catch(() => ""));
    }
    return this.details.get(key);
  }

  async showPoint() {
    const key = this.key;
    const fix = root.querySelector("[data-deed=fix]");
    fix.disabled = true;
    const html = await this.detail(key);
    if (key !== this.key) return;
    root.querySelector("[data-point]").innerHTML = html;
    fix.disabled = !root.querySelector("[data-has-fix]")?.dataset.hasFix;
    for (const next of this.keys.slice(this.at + 1, this.at + 1 + AHEAD)) this.detail(next);
  }

  // --- deciding ---
  setStatus(keys, status) {
    for (const key of keys) {
      this.points.status[this.points.at.get(key)] = status;
      this.details.delete(key);
    }
    this.curve.refresh(false);
    this.refreshRows();
  }

  decide(keys, status, reason = "") {
    const before = new Map(keys.map((key) => [key, this.status(key)]));
    say("wrong", "");
    this.setStatus(keys, status);
    const step = { batch: null, before };
    this.undoable.push(step);
    this.line.tell(
      root.dataset.decideUrl,
      { points: keys, to: STATUSES[status], reason, ...(this.left ? {} : { next_after: Number(root.dataset.target) }) },
      (said) => this.decided(said, step),
      () => this.takeBack(step, keys),
    );
  }

  decided(said, step) {
    step.batch = said.batch;
    if (!said.changed.length) this.undoable = this.undoable.filter((one) => one !== step);
    const left = [...said.own, ...said.not_allowed];
    for (const key of left) this.points.status[this.points.at.get(key)] = step.before.get(key) ?? UNREVIEWED;
    if (left.length) {
      this.curve.refresh(false);
      this.refreshRows();
      say("wrong", said.sentence);
    } else say("done", said.sentence);
    if (said.next !== undefined && !this.left) this.offer(said.next);
  }

  /** What waits next, when nothing is left here. */
  offer(next) {
    const line = root.querySelector("[data-next-line]");
    line.hidden = !next;
    if (next) {
      line.href = next.address;
      line.querySelector("span").textContent = `Next: ${next.words}`;
    }
    root.querySelector("[data-next-queue]").textContent = next ? "All that waits" : "Nothing else waits for you. See the queue";
    const offer = root.querySelector("[data-next]");
    offer.hidden = false;
    offer.scrollIntoView({ block: "nearest" });
  }

  takeBack(step, keys) {
    for (const key of keys) this.points.status[this.points.at.get(key)] = step.before.get(key);
    this.undoable = this.undoable.filter((one) => one !== step);
    this.curve.refresh(false);
    this.refreshRows();
  }

  withdrawOffer() {
    root.querySelector("[data-next]").hidden = true;
    // Without an address its key leads nowhere.
    root.querySelector("[data-next-line]").removeAttribute("href");
  }

  one(status, reason) {
    // The last key pressed once more.
    if (!this.left && this.status(this.key) === status) return;
    this.decide([this.key], status, reason);
    if (status === UNREVIEWED) this.goTo(this.at + 1);
    else this.goOn();
  }

  many(status, reason) {
    if (!this.selected.size) return;
    const keys = [...this.selected];
    this.selected.clear();
    this.decide(keys, status, reason);
    this.goOn();
  }

  select() {
    if (this.selected.has(this.key)) this.selected.delete(this.key);
    else this.selected.add(this.key);
    this.goTo(this.at + 1);
  }

  selectCell() {
    const { points } = this;
    const here = points.at.get(this.key);
    const same = this.keys.filter((key) => {
      const i = points.at.get(key);
      return points.telescope[i] === points.telescope[here] && points.filter[i] === points.filter[here] && points.status[i] <= QUARANTINED;
    });
    const all = same.every((key) => this.selected.has(key));
    for (const key of same) {
      if (all) this.selected.delete(key);
      else this.selected.add(key);
    }
    this.refreshRows();
  }

  fix() {
    if (root.querySelector("[data-deed=fix]").disabled) return;
    const key = this.key;
    this.line.tell(
      root.dataset.fixUrl.replace("/0/", `/${key}/`),
      {},
      // The version has another place in time or brightness: the points come anew.
      () => location.reload(),
      () => {},
    );
  }

  undo() {
    const step = this.undoable.pop();
    say("wrong", "");
    this.line.tell(
      root.dataset.undoUrl,
      () => (step?.batch ? { batch: step.batch } : {}),
      (said) => this.undone(said),
      () => step && this.undoable.push(step),
    );
  }

  undone(said) {
    const known = said.changed.filter(([key]) => this.points.at.has(key));
    if (known.length < said.changed.length) location.reload();
    for (const [key, , after] of known) {
      this.points.status[this.points.at.get(key)] = STATUSES.indexOf(after);
      this.details.delete(key);
    }
    this.curve.refresh(false);
    say("done", `Undone: ${known.length} point${known.length === 1 ? "" : "s"}.`);
    const number = this.keys.indexOf(known[0]?.[0]);
    if (number >= 0) this.goTo(number);
    else this.refreshRows();
  }
}

function cell(name, words) {
  const place = document.createElement("span");
  place.className = name;
  place.textContent = words;
  return place;
}

/** Asks for the reason of a rejection: a digit, a click, or Esc. */
class Reasons {
  constructor() {
    this.place = root.querySelector("[data-reasons]");
    this.told = null;
    this.place.addEventListener("click", (event) => {
      const button = event.target.closest("[data-reason]");
      if (button) this.choose(button.dataset.reason);
    });
    // Before the keys of the page, which would take the letters.
    window.addEventListener("keydown", (event) => this.onKey(event), true);
  }

  ask(told) {
    this.told = told;
    this.place.hidden = false;
  }

  choose(reason) {
    const told = this.told;
    this.told = null;
    this.place.hidden = true;
    if (reason) told?.(reason);
  }

  onKey(event) {
    if (!this.told || event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab" || event.key === "Shift") return;
    const button = this.place.querySelector(`[data-digit="${event.key}"]`);
    if (button) this.choose(button.dataset.reason);
    else if (event.key === "Enter" && !event.target.closest?.("[data-reason]")) this.choose("other");
    else if (event.key === "Escape") this.choose("");
    else if (event.key === "Enter") return;
    event.preventDefault();
    event.stopPropagation();
  }
}

function deedsOf(review, reasons) {
  return {
    accept: () => review.one(ACCEPTED),
    reject: () => reasons.ask((reason) => review.one(REJECTED, reason)),
    undecide: () => review.one(UNREVIEWED),
    fix: () => review.fix(),
    undo: () => review.undo(),
    next: () => review.goTo(review.at + 1),
    previous: () => review.goTo(review.at - 1),
    select: () => review.select(),
    cell: () => review.selectCell(),
    "accept-selection": () => review.many(ACCEPTED),
    "reject-selection": () => review.selected.size && reasons.ask((reason) => review.many(REJECTED, reason)),
  };
}

const CAPITALS = { A: "accept-selection", R: "reject-selection" };

function listen(review) {
  const deeds = deedsOf(review, new Reasons());
  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-deed]");
    if (button && !button.disabled) deeds[button.dataset.deed]();
    const row = event.target.closest(".review-row");
    if (row) review.goTo(Number(row.dataset.number));
  });
  document.addEventListener("keydown", (event) => {
    const typing = /^(input|textarea|select)$/i.test(event.target.tagName);
    if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const onList = event.target.closest?.("[data-list]");
    if (CAPITALS[event.key]) deeds[CAPITALS[event.key]]();
    else if (onList && event.key === "ArrowDown") deeds.next();
    else if (onList && event.key === "ArrowUp") deeds.previous();
    else return;
    event.preventDefault();
  });
}

async function start() {
  try {
    const keys = JSON.parse(document.getElementById("review-keys").textContent);
    const review = new Review(await fetchPoints(root.dataset.pointsUrl), keys);
    listen(review);
    root.dataset.ready = "1";
    await addContext(review.curve, root.dataset.contextUrl, part("bins"));
    root.dataset.ready = "all";
  } catch (error) {
    say("wrong", error.message);
  }
}

if (root) start();

/** Pointer, wheel and keys of the sky map. */

const CLICK_PX = 5;
const KEY_PX = 40;

const at = (canvas, event) => {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
};

const distance = ([a, b]) => Math.hypot(a[0] - b[0], a[1] - b[1]);

function startPointer(map) {
  const { canvas } = map;
  const down = new Map();
  let travelled = 0;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    down.set(event.pointerId, at(canvas, event));
    travelled = down.size > 1 ? Infinity : 0;
  });
  canvas.addEventListener("pointermove", (event) => {
    const place = at(canvas, event);
    const before = down.get(event.pointerId);
    if (!before) {
      map.look(...place);
      return;
    }
    if (down.size === 2) {
      const apart = distance([...down.values()]);
      down.set(event.pointerId, place);
      if (apart > 0) map.zoom(distance([...down.values()]) / apart);
      return;
    }
    travelled += distance([before, place]);
    down.set(event.pointerId, place);
    if (travelled > CLICK_PX) map.drag(place[0] - before[0], place[1] - before[1]);
  });
  const up = (event) => {
    const clicked = down.delete(event.pointerId) && event.type === "pointerup" && travelled <= CLICK_PX;
    if (clicked) map.choose(...at(canvas, event));
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "mouse" && !down.size) map.rest();
  });
}

function startWheel(map) {
  map.canvas.addEventListener(
    "wheel",
    (event) => {
      // A page that is scrolled past the map must not be caught by it: only a map one has clicked zooms.
      if (document.activeElement !== map.canvas && !event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      map.zoom(2 ** (-event.deltaY / 300), map.positionAt(...at(map.canvas, event)));
    },
    { passive: false },
  );
}

function startKeys(map) {
  const actions = {
    ArrowLeft: () => map.drag(KEY_PX, 0),
    ArrowRight: () => map.drag(-KEY_PX, 0),
    ArrowUp: () => map.drag(0, KEY_PX),
    ArrowDown: () => map.drag(0, -KEY_PX),
    "+": () => map.zoom(1.5),
    "=": () => map.zoom(1.5),
    "-": () => map.zoom(1 / 1.5),
    0: () => map.whole(),
    n: () => map.step(1),
    p: () => map.step(-1),
  };
  map.canvas.addEventListener("keydown", (event) => {
    const action = actions[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  });
}

export function startGestures(map) {
  startPointer(map);
  startWheel(map);
  startKeys(map);
}

/** What stands below the brightness: residuals and altitudes, which the server works out after the points are drawn. */

async function ask(address) {
  const answer = await fetch(address, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(`The residuals could not be loaded (${answer.status}). Load the page again.`);
  return answer.json();
}

/** Fetches residuals and altitudes and draws them; a panel nothing is known for stays hidden. */
export async function addContext(curve, address, bins) {
  const found = await ask(address).catch(() => null);
  if (!found) return;
  const at = new Map(found.id.map((id, k) => [id, k]));
  const column = (name) => Float64Array.from(curve.points.id, (id) => found[name]?.[at.get(id)] ?? NaN);
  const context = { residual: column("residual"), altitude: column("altitude") };
  for (const [name, values] of Object.entries(context)) {
    curve.places[name].closest("figure").hidden = values.every(Number.isNaN);
  }
  curve.setContext(context);
  if (found.n_bins) offerAll(curve, address, bins, found.n_bins);
}

/** Long light curves are compared with means of points close in time; here each point can be compared with all others. */
function offerAll(curve, address, place, nBins) {
  const words = place.querySelector("[data-words]");
  const button = place.querySelector("button");
  words.textContent = `So many points are compared with ${nBins} means of one telescope and band.`;
  place.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await compareAll(curve, address, (share) => (words.textContent = `Comparing each by itself: ${share} %`));
      words.textContent = "Each point is compared with all others by itself.";
      button.hidden = true;
    } catch (error) {
      words.textContent = error.message;
      button.disabled = false;
    }
  });
}

async function compareAll(curve, address, tell) {
  const residual = new Float64Array(curve.points.n).fill(NaN);
  let nPieces = 1;
  for (let piece = 0; piece < nPieces; piece++) {
    tell(Math.round((100 * piece) / nPieces));
    const found = await ask(`${address}?piece=${piece}`);
    nPieces = found.n_pieces;
    found.id.forEach((id, k) => {
      const index = curve.points.at.get(id);
      if (index !== undefined) residual[index] = found.residual[k];
    });
  }
  curve.setContext({ ...curve.context, residual });
}

/** The time zone chosen on the profile; without one, that of the device. */

export function zone() {
  return document.documentElement.dataset.timeZone || "";
}

/** A date in that zone, in words of the reader's language; zones the browser does not know are passed over. */
export function inZone(date, options) {
  try {
    return date.toLocaleString(undefined, { ...options, timeZone: zone() || undefined });
  } catch {
    return date.toLocaleString(undefined, options);
  }
}

/** What every page has: the clock, times with their age, keys, copy buttons. */
import { startClock } from "./clock.js";
import { startConfirming } from "./confirm.js";
import { startCopyButtons } from "./copy.js";
import { startKeys } from "./keys.js";
import { startTimes } from "./times.js";

startClock();
startTimes();
startKeys();
startCopyButtons();
startConfirming();

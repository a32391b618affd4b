// Back and Forward on their way: from the visitor's step to the page that shows what it leads to.

const WALKS = "trailscopeWalks";
const APP = "[data-testid='stApp']";
const WALK_LOOK_MS = 50;
const BEGINS_MS = 1000; // after a step back the server works by then, or has nothing to do
const SHOWN_MS = 200; // what has come is on the page by then

/** Note that the visitor went back or forward; returns how often so far. */
export function noteWalk() {
  const walks = window[WALKS] ??= { number: 0, underWay: 0 };
  walks.number += 1;
  walks.underWay += 1;
  const isRunning = () => document.querySelector(APP)?.dataset.testScriptState !== "notRunning";
  let hasBegun = false;
  let restsSince = null;
  const noted = Date.now();
  const timer = setInterval(() => {
    if (isRunning()) {
      hasBegun = true;
      restsSince = null;
      return;
    }
    if (!hasBegun && Date.now() - noted < BEGINS_MS) return;
    restsSince ??= Date.now();
    if (Date.now() - restsSince < SHOWN_MS) return;
    clearInterval(timer);
    walks.underWay -= 1;
  }, WALK_LOOK_MS);
  return walks.number;
}

/** Call something once no walk is under way: at once if none is. Returns a way to give up.
 *
 * What a component tells the server goes with all choices as the page has them, the old ones until
 * it shows what the walk leads to.
 */
export function afterWalk(callback) {
  const isFree = () => !window[WALKS]?.underWay;
  if (isFree()) {
    callback();
    return () => {};
  }
  const timer = setInterval(() => {
    if (!isFree()) return;
    clearInterval(timer);
    callback();
  }, WALK_LOOK_MS);
  return () => clearInterval(timer);
}

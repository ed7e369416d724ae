// Added to a page before anything else runs: notes every key that goes down and every segment whose words were really painted.
// It looks at the words on the screen and does not ask the panel. The change is seen by a MutationObserver, the frame is waited for
// with requestAnimationFrame, and the message that is sent in it is handled after the browser has drawn.
// Times are milliseconds of performance.now(). `qkWanted` is a selector; `firstPaint` is when something like it was first drawn.

(() => {
  const seen = { keys: [], painted: [], firstPaint: null };
  window.qkWatch = seen;
  let awaited = null, isAwaited = false;
  const drawn = new MessageChannel();
  const words = () => document.querySelector(".qk-coding .qk-text")?.textContent || null;
  const isThere = () => Boolean(window.qkWanted && document.querySelector(window.qkWanted));

  drawn.port1.onmessage = ({ data }) => {
    const at = performance.now();
    if (data.isThere) seen.firstPaint ??= at;
    if (data.text && data.text !== seen.painted.at(-1)?.text) seen.painted.push({ text: data.text, at });
  };

  new MutationObserver(() => {
    const text = words(), isNew = text !== awaited, isFirst = !isAwaited && isThere();
    if (!isNew && !isFirst) return;
    awaited = text;
    isAwaited ||= isFirst;
    requestAnimationFrame(() => drawn.port2.postMessage({ text: words(), isThere: isThere() }));
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });

  window.addEventListener("keydown", (event) => {
    const now = performance.now();
    seen.keys.push({ key: event.key, at: event.timeStamp > 0 && event.timeStamp <= now ? event.timeStamp : now });
  }, { capture: true });
})();

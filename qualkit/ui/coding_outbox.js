// What was judged and is not yet known to be kept. The whole outbox goes to the server as state, so that nothing is lost
// when several judgements become one message; each act carries an id, so that one sent twice is done once. It is sent again
// until it is answered, and a copy with ids, codes and offsets, never a word that was said or typed, outlives a reload.
// Part of coding.js.

const RESEND_MS = 2000;
const MOST_RESEND_MS = 8000;  // sending again breaks off what the server is drawing, so a slow one is given longer each time
const OFFLINE_MS = 4500;
const STORED = "qualkit-outbox";
const desks = new Map();  // study, coder and round -> what they have in hand, also while another page is shown

function deskOf(name) {
  if (!desks.has(name)) {
    const desk = { name, items: new Map(), drafts: new Map(), outbox: [], undo: [], skipped: new Set(), touched: new Set(), saved: 0, at: null, n: 0,
      held: 0, sentAt: 0, patience: RESEND_MS, troubles: [], adopted: [] };
    desk.outbox = restored(desk);
    for (const act of desk.outbox) desk.touched.add(act.segment_id);
    desks.set(name, desk);
  }
  return desks.get(name);
}

/** A name for this tab's copy: two tabs must not overwrite each other's. */
function slot(desk) {
  let tab = sessionStorage.getItem(STORED);
  if (!tab) { tab = newId(); sessionStorage.setItem(STORED, tab); }
  return `${STORED} ${desk.name} ${tab}`;
}

function restored(desk) {
  const found = new Map();
  try {
    for (let n = 0; n < localStorage.length; n += 1) {
      const key = localStorage.key(n);
      if (!key.startsWith(`${STORED} ${desk.name} `)) continue;
      desk.adopted.push(key);
      for (const act of JSON.parse(localStorage.getItem(key))) found.set(act.client_id, act);
    }
  } catch { /* a browser that keeps nothing: the outbox lives in the page only */ }
  return [...found.values()].sort((a, b) => a.n - b.n);
}

class Outbox extends Words {
  put(act) {
    const { desk } = this;
    desk.n = Math.max(desk.n + 1, Date.now());
    desk.outbox.push({ ...act, coder: this.data.coder, round: this.data.round, n: desk.n, gone: desk.gone });
    desk.touched.add(act.segment_id);
    this.store();
    desk.patience = RESEND_MS;
    this.flush();
  }

  flush() {
    const { desk } = this;
    desk.sentAt = Date.now();
    desk.waitingSince ||= desk.sentAt;
    desk.sent = (desk.sent || 0) + 1;
    this.setState("outbox", desk.outbox.map((act) => ({ ...act, before: undefined, sent: desk.sent })));
  }

  resend() {
    const { desk } = this;
    if (!desk.outbox.length || Date.now() - desk.sentAt < desk.patience) return;
    desk.patience = Math.min(2 * desk.patience, MOST_RESEND_MS);
    this.flush();
    this.tell();
  }

  store() {
    const { desk } = this, bare = desk.outbox.map((act) => ({ ...act, memo: act.memo ? null : act.memo, before: undefined }));
    try {
      for (const key of desk.adopted.splice(0)) localStorage.removeItem(key);
      if (bare.length) localStorage.setItem(slot(desk), JSON.stringify(bare));
      else localStorage.removeItem(slot(desk));
    } catch { /* as above */ }
  }

  /** Take what the server has answered out of the outbox. */
  hear(answers) {
    const { desk } = this, byId = new Map(answers.map((answer) => [answer.client_id, answer]));
    const answered = desk.outbox.filter((act) => byId.has(act.client_id));
    if (!answered.length) return;
    desk.patience = RESEND_MS;
    desk.outbox = desk.outbox.filter((act) => !byId.has(act.client_id));
    desk.waitingSince = desk.outbox.length ? Date.now() : 0;
    for (const act of answered) {
      const answer = byId.get(act.client_id);
      if (answer.trouble) this.refused(act, answer);
      else this.kept(act, answer);
    }
    this.store();
  }

  kept(act, answer) {
    const { desk } = this, item = desk.items.get(act.segment_id);
    desk.saved += 1;
    if (item?.own.last === act.client_id) item.own = { ...item.own, version: answer.version, last: null };
    else if (item && act.verb === "judge" && !item.own.last && item.own.version < answer.version) {
      item.own = { version: answer.version, memo: act.memo || item.own.memo, codes: act.codes };  // from before a reload
    }
  }

  refused(act, answer) {
    const { desk } = this, item = desk.items.get(act.segment_id);
    if (item?.own.last === act.client_id || !item?.own.last) {
      if (act.verb === "judge" && item) desk.drafts.set(item.id, { codes: clone(act.codes), memo: act.memo ?? item.own.memo });
      if (item) item.own = answer.conflict || act.before || { version: act.base_version || 0, codes: [], memo: "" };
    }
    desk.undo = desk.undo.filter((done) => done.client_id !== act.client_id);
    desk.troubles.push({ id: act.segment_id, said: answer.trouble, isConflict: Boolean(answer.conflict) });
    this.drawTroubles();
    if (item && this.item?.id === item.id) this.paint(item);
  }

  drawTroubles() {
    const { desk } = this;
    this.trouble.replaceChildren(...desk.troubles.map((trouble) => make("div", {}, make("span", {}, trouble.said),
      make("button", { type: "button", class: "qk-button", onclick: () => { this.forget(trouble); this.letGo(); this.goTo(trouble.id); } }, "Look at it"),
      make("button", { type: "button", class: "qk-x", "aria-label": "Put this message away", onclick: () => this.forget(trouble) }, "×"))));
  }

  forget(trouble) {
    this.desk.troubles = this.desk.troubles.filter((other) => other !== trouble);
    this.drawTroubles();
    this.tell();
  }

  /** How many more segments are judged than the server has counted. */
  gained() {
    return this.desk.outbox.reduce((sum, act) => sum + (act.gain || 0), 0);
  }

  tell() {
    const { desk } = this, n = desk.outbox.length, isOffline = n && Date.now() - desk.waitingSince > OFFLINE_MS;
    const isConflict = desk.troubles.some((trouble) => trouble.isConflict);
    const state = isOffline ? `offline ${n}` : n ? `saving ${n}` : isConflict ? "conflict" : desk.saved ? "saved" : "";
    if (this.status.textContent !== state) this.status.textContent = state;
    this.status.dataset.state = state.split(" ")[0];
    this.root.dataset.outbox = String(n);
    this.root.dataset.saved = String(desk.saved);
    this.root.dataset.held = String(desk.held);
    this.root.dataset.waiting = String(this.held.length);
    this.backButton.hidden = !desk.skipped.size;
    this.backButton.firstChild.textContent = `Skipped ${desk.skipped.size}`;
    this.undoButton.disabled = !desk.undo.length;
    if (this.data) this.drawProgress();
  }
}

const clone = (value) => JSON.parse(JSON.stringify(value));

// The panel in which segments are coded by keyboard or mouse. Data come from coding.py: the segment to show and the next ones.
// A judgement goes into the outbox (coding_outbox.js) and the next segment is painted at once, without waiting for anybody.
//
// A key can only speak of a segment that was on the screen. Keys that come before a segment has been painted are held, in their
// order, and done one by one, each once the segment that it falls on has been painted: the message sent from the frame's own
// callback arrives after the frame was drawn. However long that takes, none is dropped, unless the person goes elsewhere, lets
// go of them with Escape, or nothing is left to judge. Keys that repeat because they are kept down are never taken for a judgement.
// How many were held in all stands in data-held, how many are now in data-waiting, and how long a segment was on the screen goes
// with its judgement.
//
// The server joins coding_frame.js, _codes, _words, _outbox, _sound and this file into one.

const MOST_ITEMS = 300;
const DWELL_MS = 350;  // who looks at a segment for this long is sent its sound
const LATE_MS = 10000;  // who wanted to go to a segment that has not come by then stays

const panels = new WeakMap();

export default function ({ data: [data], parentElement, setStateValue }) {
  let panel = panels.get(parentElement);
  if (!panel) {
    panel = new Panel(parentElement);
    panels.set(parentElement, panel);
  }
  panel.setState = setStateValue;
  panel.show(data);
  return () => { panel.close(); panels.delete(parentElement); };
}

class Panel extends Sound {
  constructor(home) {
    super();
    this.held = [];
    this.matches = [];
    this.makeSound();
    this.build(home);
    this.onKey = (event) => this.key(event);
    document.addEventListener("keydown", this.onKey, true);
    this.onGo = (event) => { if (event.target.closest?.("[data-testid=stSidebarNavLink]")) this.goneAt = Date.now(); };
    document.addEventListener("click", this.onGo, true);
    this.timer = setInterval(() => { if (!this.isGoing()) this.resend(); }, 500);
    this.onLeave = (event) => { if (this.desk?.outbox.length) event.preventDefault(); };
    window.addEventListener("beforeunload", this.onLeave);
    this.cards = new MutationObserver(() => this.hideOtherCards());
    this.cards.observe(document.querySelector("[data-testid=stMain]") || document.body, { childList: true, subtree: true });
  }

  close() {
    clearInterval(this.timer);
    clearTimeout(this.placing);
    clearTimeout(this.dwelling);
    document.removeEventListener("keydown", this.onKey, true);
    document.removeEventListener("click", this.onGo, true);
    document.removeEventListener("selectionchange", this.onSelect);
    window.removeEventListener("beforeunload", this.onLeave);
    this.cards.disconnect();
    this.resized.disconnect();
    this.closeSound();
  }

  // ------------------------------------------------------------ what the server says

  show(data) {
    if (this.desk?.name !== data.desk) { this.desk = deskOf(data.desk); this.item = null; this.drawTroubles(); }
    const isFirst = !this.data, isOther = this.data?.mode.stays !== data.mode.stays;
    this.data = data;
    this.root.dataset.stays = String(data.mode.stays);
    this.setCodes(data.codes);
    for (const item of data.queue) this.receive(item);
    this.walk = data.queue.map((item) => item.id);
    this.forgetOld();
    this.hear(data.answers);
    this.follow(data);
    this.takeClips();
    if (isOther) this.root.focus({ preventScroll: true });
    if (isFirst) {
      if (this.desk.outbox.length) this.flush();
    }
    this.hideOtherCards();
    this.drawEvidence();
    this.tell();
  }

  receive(item) {
    const { items, touched } = this.desk, known = items.get(item.id);
    items.set(item.id, known && touched.has(item.id) ? { ...item, own: known.own } : item);
    const isCorrected = known && known.revision !== item.revision;
    if (isCorrected) this.desk.drafts.delete(item.id);
    if (isCorrected && this.item?.id === item.id) this.paint(items.get(item.id));
    else if (this.item?.id === item.id) this.item = items.get(item.id);
  }

  /** Let go of segments that were seen long ago; what is still to be sent or undone stays. */
  forgetOld() {
    const { items, outbox, undo, drafts, at } = this.desk;
    if (items.size <= MOST_ITEMS) return;
    const held = new Set([...this.walk, at, ...outbox.map((act) => act.segment_id), ...undo.slice(-MOST_ITEMS / 2).map((done) => done.id)]);
    this.desk.undo = undo.filter((done) => held.has(done.id));
    for (const id of items.keys()) if (!held.has(id)) { items.delete(id); drafts.delete(id); }
  }

  /** Go where the person asked to go outside the panel, or where it had to wait to go to. */
  follow(data) {
    const { desk } = this, { items } = desk;
    const isSent = data.goto && data.goto.token !== desk.gone;
    if (isSent) {
      desk.gone = data.goto.token;
      this.wanted = data.goto.id;
      this.root.focus({ preventScroll: true });
    }
    if (this.wanted && items.has(this.wanted)) {
      this.paint(items.get(this.wanted));
      if (isSent) this.letGo();
      return;
    }
    if (this.isWaiting || this.isEnd) { this.goNext(); return; }
    if (this.item) return;
    const last = items.get(desk.at), first = items.get(this.walk[0]);
    if (last && (!this.isJudged(last) || desk.stays)) this.paint(last);
    else if (first && (this.isOpen(first) || !this.next())) this.paint(first);
    else this.goNext();
  }

  hideOtherCards() {
    for (const cards of document.querySelectorAll(".qk-cards")) cards.hidden = cards.dataset.for !== this.item?.id;
  }

  // ------------------------------------------------------------ painting

  paint(item) {
    this.item = item;
    this.wanted = null;
    this.isWaiting = this.isEnd = false;
    this.desk.at = item.id;
    this.isPainted = false;
    this.root.classList.remove("qk-empty");
    this.offer.hidden = true;
    const draft = this.draft();
    if (!draft.codes.some((code) => code.key === this.focus)) this.focus = draft.codes[0]?.key ?? null;
    this.drawTalk(item);
    if (this.paintedAt) this.bringIntoSight();
    this.memo.value = draft.memo;
    this.focusOn(this.focus);
    this.drawChoice();
    this.tellHint("");
    this.setSound();
    this.hideOtherCards();
    clearTimeout(this.dwelling);
    if (item.has_audio && !this.playing) this.dwelling = setTimeout(() => this.tellPlace(item.id, true), DWELL_MS);
    else if (item.has_audio) this.dwelling = setTimeout(() => this.tellPlace(item.id, true), 3 * DWELL_MS);  // for the one after it
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => { if (this.item === item || this.item?.id === item.id) this.painted(item); };
      channel.port2.postMessage(0);
    });
  }

  painted(item) {
    if (!this.isPainted) this.paintedAt = performance.now();
    this.isPainted = true;
    this.root.dataset.segment = item.id;
    while (this.held.length && this.isPainted) {
      const [act, ...later] = this.held;
      this.hold(later);
      act();
    }
  }

  /** Nothing to show: the next segments are on their way, or there are none. */
  showNone() {
    this.isPainted = false;
    this.isEnd = this.data.mode.is_end;
    this.isWaiting = !this.isEnd;
    if (!this.isEnd) { this.tellWaiting(); return; }
    this.hold([]);
    const { size } = this.desk.skipped;
    this.tellHint(size ? `Everything is judged but ${plural(size, "segment")} that you skipped: Shift + S goes back.` : this.data.mode.end);
    this.isPainted = true;
  }

  isBusy() { return !this.item || !this.isPainted; }

  /** Do an act now, or, if the segment is not painted yet, once it is. */
  do(act) {
    if (this.item && this.isPainted && !this.held.length) { act(); return; }
    this.desk.held += 1;
    this.root.dataset.held = String(this.desk.held);
    this.hold([...this.held, act]);
    if (this.isWaiting || this.wanted) this.tellWaiting();
  }

  /** These acts wait for a segment, and no others. */
  hold(acts) {
    this.held = acts;
    this.root.dataset.waiting = String(acts.length);
  }

  /** Forget the keys that wait for a segment, and say so. */
  letGo() {
    const n = this.held.length;
    if (!n) return;
    this.hold([]);
    this.tellHint(`${plural(n, "key")} that waited ${n === 1 ? "was" : "were"} let go of.`);
  }

  // ------------------------------------------------------------ where one is

  draft() {
    if (!this.item) return null;
    const { drafts } = this.desk, { id, own } = this.item;
    if (!drafts.has(id)) drafts.set(id, { codes: clone(own.codes), memo: own.memo || "" });
    return drafts.get(id);
  }

  isJudged(item) { return item.own.version > 0 || Boolean(item.own.isJudged); }

  isOpen(item) {
    const { touched, skipped } = this.desk;
    if (skipped.has(item.id)) return false;
    return this.data.mode.is_debt ? !touched.has(item.id) : !this.isJudged(item);
  }

  /** The next segment without a judgement, among those that are here. */
  next() {
    const { items } = this.desk, at = this.walk.indexOf(this.item?.id);
    const ids = [...this.walk.slice(at + 1), ...this.walk.slice(0, Math.max(at, 0))];
    const found = ids.find((id) => id !== this.item?.id && this.isOpen(items.get(id)));
    return found ? items.get(found) : null;
  }

  goNext() {
    const item = this.next();
    if (item) this.paint(item);
    else this.showNone();
  }

  goTo(id) {
    const item = this.desk.items.get(id);
    if (item) { this.paint(item); this.tellPlace(); return; }
    this.wanted = id;
    this.isPainted = false;
    this.tellPlace(id);
    setTimeout(() => { if (this.wanted === id && this.item) this.stay(); }, LATE_MS);
  }

  /** Stay, as the segment that was wanted does not come: keys that were meant for it fall on nothing. */
  stay() {
    this.paint(this.item);
    this.letGo();
  }

  step(by) {
    const id = by < 0 ? this.item.prev : this.item.next;
    if (id) this.goTo(id);
    else this.tellHint(by < 0 ? "Nothing comes before this." : "Nothing comes after this.");
  }

  skip() {
    this.desk.skipped.add(this.item.id);
    this.say("skipped");
    this.goNext();
    this.tellPlace();
    this.tell();
  }

  goSkipped() {
    const [id] = [...this.desk.skipped].filter((key) => key !== this.item?.id);
    if (!id) { this.tellHint("Nothing was skipped."); return; }
    this.desk.skipped.delete(id);
    this.goTo(id);
    this.tell();
  }

  /** Tell the server where one is, for what comes next and, if wanted, the sound; a judgement tells the place by itself. */
  tellPlace(id = this.item?.id, sound = false) {
    const { gone } = this.desk;  // as it is now: where the server sends one meanwhile, this place is not an answer to it
    clearTimeout(this.placing);
    this.placing = setTimeout(() => {
      if (this.isGoing()) return;
      this.desk.n = Math.max(this.desk.n + 1, Date.now());
      this.setState("at", { id, n: this.desk.n, skipped: [...this.desk.skipped], sound, gone });
    }, 80);
  }

  /** Whether another page was asked for in the last 5 seconds: what is sent by itself then would call this page back. */
  isGoing() { return Date.now() - (this.goneAt || 0) < 5000; }

  // ------------------------------------------------------------ acts

  save() {
    const { codes } = this.draft();
    if (!codes.length) { this.tellHint("Give a code first, or press n: no code fits."); return; }
    const lacking = codes.find((code) => this.lacksValence(code));
    if (lacking) {
      this.focusOn(lacking.key);
      const keys = Object.entries(VALENCE_KEYS).filter(([, valence]) => this.codes.get(lacking.key).valences.includes(valence));
      this.tellHint(`${this.codes.get(lacking.key).name}: say ${keys.map(([key, valence]) => `${valence} (${key})`).join(", ")}.`);
      return;
    }
    this.judge();
  }

  none() {
    if (this.draft().codes.length) { this.tellHint("Take the codes away first."); return; }
    this.judge();
  }

  judge() {
    const { item, desk } = this, { codes, memo } = this.draft(), { own } = item, wasJudged = this.isJudged(item);
    const isSame = wasJudged && said(codes) === said(own.codes) && memo.trim() === (own.memo || "").trim();
    const isDebt = this.data.mode.is_debt && !desk.touched.has(item.id);
    desk.drafts.delete(item.id);
    desk.skipped.delete(item.id);
    if (isSame && !isDebt) { desk.stays = false; this.goNext(); this.tellPlace(); return; }
    const client_id = newId(), ms_on_screen = Math.round(performance.now() - this.paintedAt);
    const base = own.last ? { after: own.last, base_version: null } : { after: null, base_version: own.version };
    desk.undo.push({ id: item.id, client_id, before: { ...clone(own), isJudged: wasJudged } });
    item.own = { version: own.version, isJudged: true, codes: clone(codes), memo: memo.trim(), last: client_id };
    desk.stays = this.data.mode.stays;
    if (desk.stays) this.paint(item);
    else this.goNext();
    const at = this.item && !this.isWaiting && !this.isEnd ? this.item.id : null;
    this.put({ client_id, verb: "judge", segment_id: item.id, revision: item.revision, ...base, codes: clone(codes), memo: memo.trim(),
      ms_on_screen, at, gain: wasJudged ? 0 : 1, before: own.last ? undefined : clone(own) });
    this.tell();
  }

  undo() {
    const { desk } = this, done = desk.undo.pop();
    if (!done) { this.tellHint("There is nothing to undo here."); return; }
    const item = desk.items.get(done.id), { own } = item, { before } = done, client_id = newId();
    const base = own.last ? { after: own.last, base_version: null } : { after: null, base_version: own.version };
    const isBack = before.isJudged;
    desk.drafts.set(item.id, { codes: clone(own.codes), memo: own.memo || "" });
    item.own = isBack ? { ...before, last: client_id } : { version: 0, isJudged: false, codes: [], memo: "", last: client_id };
    this.paint(item);
    this.put({ client_id, verb: isBack ? "judge" : "withdraw", segment_id: item.id, revision: item.revision, ...base,
      codes: clone(item.own.codes), memo: item.own.memo || "", at: item.id, gain: isBack ? 0 : -1 });
    this.say(isBack ? "The judgement before counts again." : "The judgement is taken back.");
    this.tell();
  }

  say(text) { this.spoken.textContent = text; }

  tellWaiting() {
    const n = this.held.length, keys = `${plural(n, "key")} ${n === 1 ? "waits" : "wait"} for them (Esc: let go)`;
    this.tellHint(`The next segments are on their way.${n ? ` ${keys}` : ""}`);
  }

  tellHint(text) {
    clearTimeout(this.hinting);
    this.hint.textContent = text;
    if (text && !this.isEnd && !this.isWaiting) this.hinting = setTimeout(() => { this.hint.textContent = ""; }, 5000);
  }

  // ------------------------------------------------------------ keys

  key(event) {
    const { target } = event, isOurs = this.root.contains(target);
    if (!this.root.isConnected || this.help.open || document.querySelector("[role=dialog][aria-modal=true]")) return;
    if (event.isComposing) return;
    const act = this.keyed(event, target, isOurs);
    const isStreamlits = !isEditable(target) && /^[cr]$/i.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (act || isStreamlits) { event.preventDefault(); event.stopPropagation(); }
    act?.();
  }

  keyed(event, target, isOurs) {
    if (target === this.finder) return this.keyInFinder(event);
    if (target === this.memo) return this.keyInMemo(event);
    if (isEditable(target) || event.ctrlKey || event.metaKey || event.altKey) return null;
    if (event.key === " " && target.closest?.(PRESSED)) return this.spaceOn(target);
    if (event.key === "Enter" && target.closest?.("button, a, summary")) return null;
    if (!isOurs && event.key.startsWith("Arrow") && target.closest?.("[role=radio], [role=tab], [role=slider], input[type=radio]")) return null;
    return this.move(event) || (event.repeat ? null : this.act(event));
  }

  spaceOn(target) {
    const box = target.closest(".qk-code"), found = [...this.boxes].find(([, other]) => other === box);
    return found ? () => this.do(() => this.toggle(found[0])) : null;
  }

  keyInMemo(event) {
    if (event.key === "Escape") return () => this.root.focus({ preventScroll: true });
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return null;
    return () => { this.root.focus({ preventScroll: true }); this.do(() => (this.draft().codes.length ? this.save() : this.none())); };
  }

  move(event) {
    if (event.shiftKey && !["<", ">"].includes(event.key)) return null;
    return { "[": () => this.jump(-JUMP_S), "]": () => this.jump(JUMP_S), "<": () => this.faster(-1), ">": () => this.faster(1),
      ArrowUp: () => this.do(() => this.moveFocus(-1)), ArrowDown: () => this.do(() => this.moveFocus(1)),
      ArrowLeft: () => this.do(() => this.step(-1)), ArrowRight: () => this.do(() => this.step(1)) }[event.key] || null;
  }

  act(event) {
    const step = event.shiftKey && /^Digit[1-5]$/.test(event.code) && !/^[0-9]$/.test(event.key) && event.code.slice(5);
    if (step) return () => this.do(() => this.setConfidence(Number(step)));
    const shifted = { S: () => this.goSkipped(), E: () => this.markMore() }[event.shiftKey ? event.key.toUpperCase() : ""];
    if (shifted) return () => this.do(shifted);
    const plain = { " ": () => this.hearIt(), "?": () => this.showHelp(), "/": () => this.finder.focus(), d: () => this.toggleEntry(),
      m: () => this.memo.focus(), Escape: this.held.length ? () => this.letGo() : null }[event.key];
    if (plain) return plain;
    const acts = { Enter: () => this.save(), n: () => this.none(), s: () => this.skip(), u: () => this.undo(), e: () => this.markNext() };
    if (acts[event.key]) return () => this.do(acts[event.key]);
    if (VALENCE_KEYS[event.key]) return () => this.do(() => this.setValence(VALENCE_KEYS[event.key]));
    const code = this.byPress?.get(event.key);
    return code ? () => this.do(() => this.toggle(code.key)) : null;
  }
}

const TYPED = "input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable=true], [role=listbox], [role=combobox]";
const PRESSED = "button, a, summary, label, input, [role=radio], [role=tab], [role=checkbox], [role=switch]";
const isEditable = (target) => Boolean(target.closest?.(TYPED));
const said = (codes) => JSON.stringify(codes.map(({ key, valence, confidence, spans }) => [key, valence, confidence, spans]).sort());

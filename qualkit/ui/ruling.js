// Adjudicating case by case. The server sends a window of cases; a decision is put into the outbox, the next case is shown at
// once, and the outbox is sent whole, again and again, until every decision in it is answered. A decision carries the id of the
// decision and the votes that were on the screen, so that it can only mean what was seen. What was not kept stays as a draft.

const RESEND_MS = 2000;
const GOING_MS = 5000;  // so long after a press on another page nothing is sent again: it would call this page back
const SEEN_MS = 150;  // a case must have been on the screen this long before it can be decided
const places = new WeakMap();
const drafts = new Map();  // case id -> what is filled in; outlives leaving the page

export default function ({ data: [data], parentElement, setStateValue, setTriggerValue }) {
  let bench = places.get(parentElement);
  if (!bench) {
    bench = new Bench(parentElement);
    places.set(parentElement, bench);
  }
  bench.tell = (said) => setStateValue("said", said);
  bench.ask = (what, value) => setTriggerValue(what, value);
  bench.show(data);
  return () => { bench.close(); places.delete(parentElement); };
}

class Bench {
  constructor(home) {
    this.outbox = [];
    this.sent = 0;
    this.refused = new Map();  // case id -> why the decision was not kept
    this.head = make("div", { class: "qr-head" });
    this.status = make("span", { class: "qr-status", role: "status", "aria-live": "polite" });
    this.trouble = make("div", { class: "qr-trouble", role: "alert" });
    this.body = make("div", { class: "qr-body" });
    this.help = make("dl", { class: "qr-help", hidden: true },
      ...KEYS.map(([keys, what]) => make("div", {}, make("dt", {}, keys), make("dd", {}, what))));
    this.audio = make("audio", { controls: true, hidden: true });
    this.root = make("section", { class: "q qr", "aria-label": "Case", tabindex: -1 },
      this.head, this.help, this.trouble, this.body);
    home.querySelector(".qr")?.remove();
    home.append(this.root);
    this.onKey = (event) => this.key(event);
    document.addEventListener("keydown", this.onKey, true);
    this.onLeave = (event) => { if (this.outbox.length) event.preventDefault(); };
    window.addEventListener("beforeunload", this.onLeave);
    this.onGo = (event) => { if (event.target.closest?.("[data-testid=stSidebarNavLink]")) this.goneAt = Date.now(); };
    document.addEventListener("click", this.onGo, true);
    this.timer = setInterval(() => this.resend(), 500);
  }

  close() {
    clearInterval(this.timer);
    document.removeEventListener("keydown", this.onKey, true);
    document.removeEventListener("click", this.onGo, true);
    window.removeEventListener("beforeunload", this.onLeave);
    this.audio.pause();
  }

  // ------------------------------------------------------------ what the server says

  show(data) {
    this.data = data;
    for (const answer of data.answers) this.hear(answer);
    const waiting = (id) => this.outbox.some((act) => act.case === id);
    this.window = data.window.filter((one) => !waiting(one.id));
    if (data.turn !== this.turn) this.at = data.at;
    this.turn = data.turn;
    const has = (id) => this.window.some((one) => one.id === id);
    if (!has(this.at)) this.at = has(data.at) ? data.at : null;
    this.draw();
    if (data.clip && data.clip.n !== this.clipNumber) this.play(data.clip);
  }

  hear(answer) {
    const act = this.outbox.find((item) => item.id === answer.id);
    if (!act) return;
    this.outbox = this.outbox.filter((item) => item !== act);
    if (answer.trouble) this.refused.set(act.case, answer.trouble);
    else { drafts.delete(act.case); this.gap = answer.gap; this.shown = null; }
  }

  play(clip) {
    this.clipNumber = clip.n;
    if (this.one?.segment !== clip.segment) return;
    this.audio.src = `data:audio/ogg;base64,${clip.ogg}`;
    this.audio.hidden = false;
    this.audio.play().catch(() => {});
  }

  // ------------------------------------------------------------ drawing

  get one() { return this.window?.find((one) => one.id === this.at) || null; }

  draw() {
    const one = this.one;
    const shown = one && JSON.stringify(one);
    if (shown !== this.shown || !one) this.drawCase(one);
    this.shown = shown;
    this.drawHead(one);
    this.drawTrouble();
  }

  drawHead(one) {
    const n = this.outbox.length;
    this.status.textContent = n ? `saving ${n} …` : this.sent ? "saved" : "";
    const at = this.window.indexOf(one);
    const button = (text, hint, by) => make("button",
      { type: "button", disabled: !this.window[at + by], onclick: () => this.go(at + by) }, text, " ", key(hint));
    const focused = this.head.contains(document.activeElement) ? document.activeElement.textContent : null;
    this.head.replaceChildren(
      make("span", { class: "q-name" }, one ? one.where : n ? "Saving …" : ""), one ? grey(one.how) : "",
      make("span", { class: "qr-gap" }), this.status,
      button("Previous", "←", -1), button("Next", "→", 1),
      make("button", { type: "button", "aria-expanded": String(!this.help.hidden), onclick: () => this.toggleHelp() }, "Keys ", key("?")));
    if (focused) [...this.head.querySelectorAll("button")].find((item) => item.textContent === focused)?.focus();
  }

  toggleHelp() {
    this.help.hidden = !this.help.hidden;
    this.drawHead(this.one);
  }

  drawTrouble() {
    const others = [...this.refused.keys()].filter((id) => id !== this.at);
    const parts = [];
    if (others.length)
      parts.push(make("div", {}, `${others.length === 1 ? "A decision was" : `${others.length} decisions were`} not kept: ${this.refused.get(others[0])} `,
        make("button", { type: "button", onclick: () => this.look() }, "Look at it ", key("L"))));
    if (this.complaint) parts.push(make("div", {}, this.complaint));
    const name = this.gap && (this.data.names[this.gap] || this.gap);
    if (this.gap)
      parts.push(make("div", { class: "qr-calm" }, `Saved as a gap of the codebook. `,
        make("button", { type: "button", onclick: () => this.ask("propose", this.gap) }, `Propose a change to ${name}`)));
    this.trouble.replaceChildren(...parts);
  }

  drawCase(one) {
    if (!one) {
      this.body.replaceChildren();
      return;
    }
    const hadFocus = this.root.contains(document.activeElement);
    this.draft = drafts.get(one.id) || { way: null, reason: null, note: "", option: 0, spans: [], chosen: [] };
    this.pieces = [];
    const words = drawText(one.pieces);
    this.pieces = words.filter((node) => node.piece).map((node) => node.piece);
    this.text = make("span", {
      class: "qr-text", tabindex: 0, role: "group", onmouseup: () => this.selected(), onblur: () => this.caret(null),
      "aria-label": "The segment. Arrows move by word, Shift and arrows mark words, Enter takes them as the evidence",
    }, ...words);
    const spans = [...one.spans.map(([text], n) => [n, text]), [one.spans.length, "Words I mark"]];
    this.notes = make("textarea", { rows: 1, class: "qr-note", "aria-label": "Note", placeholder: "What settles it; becomes part of the record",
      oninput: () => { this.draft.note = this.notes.value; this.keep(); } });
    this.notes.value = this.draft.note;
    this.said = make("div", { class: "q-small", role: "status", "aria-live": "polite" });
    const stale = this.refused.get(one.id);
    this.audio.hidden = this.audio.hidden || this.heard !== one.segment;
    if (this.heard !== one.segment) this.audio.pause();
    this.heard = one.segment;
    const left = make("div", { class: "qr-left" }, label(one.talk.title), drawTalk(one.talk, this.text),
      one.talk.is_heard ? make("div", { class: "qr-row" },
        make("button", { type: "button", onclick: () => this.sound() }, "Hear it ", key("Space")), this.audio) : null);
    const right = make("div", { class: "qr-right" },
      make("h2", { class: "q-name", tabindex: -1 }, one.entry.name, " ", make("span", { class: "q-grey qr-domain" }, one.entry.domain)),
      make("div", { class: "q-votes", role: "list", "aria-label": "What the coders said" }, ...one.coders.map(drawCoder)),
      drawChanged(one),
      stale ? make("div", { class: "qr-notice qr-stale", role: "alert" }, `Not kept: ${stale} Your own draft stands below.`) : null,
      one.decided ? drawDecision(one.decided, one.earlier.length ? "Decided, anew" : "Decided") : null,
      one.earlier.length ? make("details", { class: "q-small" }, make("summary", {}, `Earlier decisions (${one.earlier.length})`),
        ...one.earlier.map((item) => drawDecision(item, "Superseded"))) : null,
      choices("qr-way", "Decision", one.ways.map(([way, text], n) => [way, text, String(n + 1)]), this.draft.way, (way) => this.set({ way })),
      this.wordsField = choices("qr-words", "It rests on these words", spans.map(([n, text]) => [n, text, n ? null : "W"]),
        this.draft.option, (option) => this.setWords(Number(option))),
      choices("qr-reason", "Why did they differ?", this.data.reasons.map(([reason, hint]) => [reason, reason, hint]), this.draft.reason,
        (reason) => this.set({ reason })),
      make("label", { class: "qr-noted" }, make("span", {}, "Note ", key("N")), this.notes), this.said,
      make("div", { class: "qr-row qr-acts" },
        make("button", { type: "button", class: "qr-save", onclick: () => this.save() }, one.decided ? "Decide anew and next " : "Save and next ", key("Enter")),
        this.another(one)),
      drawEntry(one.entry));
    this.body.replaceChildren(left, right);
    this.markWords();
    this.paintedAt = null;
    requestAnimationFrame(() => requestAnimationFrame(() => { this.paintedAt = performance.now(); }));
    if (hadFocus) right.querySelector("h2").focus({ preventScroll: true });
  }

  /** A code that nobody gave, or another one on the same segment. */
  another(one) {
    const select = make("select", { "aria-label": "Another code fits here", onchange: () => {
      if (select.value) this.goTo(`${one.segment}|${select.value}`);
    } }, make("option", { value: "" }, "Another code fits here …"));
    for (const [code, name] of Object.entries(this.data.names))
      if (code !== one.code) select.append(make("option", { value: code }, name));
    return select;
  }

  // ------------------------------------------------------------ deciding

  keep() { drafts.set(this.at, this.draft); }

  set(change) {
    Object.assign(this.draft, change);
    this.complaint = "";
    this.keep();
    this.drawTrouble();
  }

  setWords(option) {
    const { spans } = this.one;
    Object.assign(this.draft, { option, spans: option < spans.length ? spans[option][1] : this.draft.chosen });
    const input = this.wordsField.querySelectorAll("input")[option];
    if (input) input.checked = true;
    this.keep();
    this.markWords();
  }

  markWords() {
    for (const piece of this.pieces)
      piece.classList.toggle("qr-taken", this.draft.spans.some(([start, end]) => start <= piece.start && piece.end <= end));
  }

  pick(name, value) {
    const input = [...this.body.querySelectorAll(`input[name="${name}"]`)].find((item) => item.value === value);
    if (!input) return;
    input.checked = true;
    input.dispatchEvent(new Event("change"));
  }

  save() {
    const { one, draft } = this;
    if (!one || this.paintedAt === null || performance.now() - this.paintedAt < SEEN_MS) return;
    if (draft.way === null || draft.reason === null) {
      const missing = draft.way === null ? "a decision (1 to 4)" : "a reason (A, G, S, E or J)";
      this.complaint = `Choose ${missing} first.`;
      this.drawTrouble();
      this.body.querySelector(`input[name="${draft.way === null ? "qr-way" : "qr-reason"}"]`)?.focus();
      return;
    }
    this.complaint = "";
    this.gap = null;
    this.refused.delete(one.id);
    this.outbox.push({ id: newId(), case: one.id, way: draft.way, reason: draft.reason, note: draft.note,
      spans: draft.way === "absent" ? [] : draft.spans, seen: one.seen, votes: one.votes });
    const at = this.window.indexOf(one);
    this.window = this.window.filter((item) => item !== one);
    this.at = (this.window[at] || this.window[at - 1])?.id ?? null;
    this.sent += 1;
    this.shown = null;
    this.draw();
    this.send();
  }

  resend() {
    const isGoing = Date.now() - (this.goneAt || 0) < GOING_MS;
    if (this.outbox.length && Date.now() - this.sentAt > RESEND_MS && !isGoing) this.send();
  }

  send() {
    this.sentAt = Date.now();
    this.n = (this.n || 0) + 1;
    this.tell({ outbox: this.outbox, at: this.at, n: this.n, turn: this.turn });
  }

  go(index) {
    if (this.window[index]) this.goTo(this.window[index].id);
  }

  goTo(id) {
    this.at = id;
    this.complaint = "";
    if (this.one) this.draw();
    this.send();
  }

  look() {
    const id = [...this.refused.keys()].find((item) => item !== this.at);
    if (id) this.goTo(id);
  }

  sound() {
    if (this.audio.src && !this.audio.hidden) {
      if (this.audio.paused) this.audio.play().catch(() => {}); else this.audio.pause();
    } else this.ask("hear", { segment: this.one.segment, n: Date.now() });
  }

  // ------------------------------------------------------------ words of one's own

  /** Words of a mouse's selection are taken at once. */
  selected() {
    const selection = document.getSelection();
    if (!selection || selection.isCollapsed) return;
    const touched = this.pieces.filter((piece) => piece.word >= 0 && selection.containsNode(piece, true));
    selection.removeAllRanges();
    if (touched.length) this.take(touched[0].start, touched.at(-1).end);
  }

  /** Add a stretch to the words taken, or drop it if it is all taken already. */
  take(start, end) {
    const inside = ([s, e]) => s <= start && end <= e;
    const rest = this.draft.chosen.filter(([s, e]) => e <= start || end <= s);
    const own = this.draft.chosen.some(inside) ? rest
      : [...rest, this.draft.chosen.filter(([s, e]) => !(e <= start || end <= s)).reduce(([s, e], [a, b]) => [Math.min(s, a), Math.max(e, b)], [start, end])];
    this.draft.chosen = own.sort((a, b) => a[0] - b[0]);
    this.setWords(this.one.spans.length);
    const said = this.pieces.filter((piece) => piece.classList.contains("qr-taken")).map((piece) => piece.textContent).join("");
    this.said.textContent = said ? `Taken: ${said}` : "No words taken.";
  }

  caret(at, from = at) {
    this.caretAt = at;
    this.caretFrom = from;
    const [low, high] = [Math.min(at ?? -1, from ?? -1), Math.max(at ?? -1, from ?? -1)];
    for (const piece of this.pieces) {
      piece.classList.toggle("qr-caret", at !== null && piece.word === at);
      piece.classList.toggle("qr-reach", at !== null && low !== high && piece.word >= low && piece.word <= high);
    }
  }

  textKey(event) {
    const last = Math.max(...this.pieces.map((piece) => piece.word));
    const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 10, ArrowUp: -10 }[event.key];
    if (by) {
      const at = this.caretAt === null || this.caretAt === undefined ? 0 : Math.min(last, Math.max(0, this.caretAt + by));
      this.caret(at, event.shiftKey ? this.caretFrom ?? at : at);
      const words = this.pieces.filter((piece) => piece.word === at).map((piece) => piece.textContent).join("");
      this.said.textContent = event.shiftKey ? `to ${words}` : words;
      return true;
    }
    if (event.key === "Enter" && this.caretAt !== null && this.caretAt !== undefined) {
      const [low, high] = [Math.min(this.caretAt, this.caretFrom), Math.max(this.caretAt, this.caretFrom)];
      const touched = this.pieces.filter((piece) => piece.word >= low && piece.word <= high);
      this.take(touched[0].start, touched.at(-1).end);
      return true;
    }
    if (event.key === "Escape") { this.root.focus(); return true; }
    return false;
  }

  // ------------------------------------------------------------ keys

  key(event) {
    const { target } = event;
    if (event.metaKey || event.altKey || document.querySelector('[role="dialog"]')) return;
    if (target === this.notes) {
      if (event.key === "Enter" && event.ctrlKey) this.done(event, () => this.save());
      else if (event.key === "Escape") this.done(event, () => this.root.focus());
      return;
    }
    if (event.ctrlKey) return;
    const isOurs = this.root.contains(target);
    const isRadio = isOurs && target.matches?.('input[type="radio"]');
    if (!isRadio && target.matches?.('input, textarea, select, [contenteditable="true"], [role="combobox"], [role="option"], [role="slider"]')) return;
    if (target === this.text && this.textKey(event)) { this.done(event, () => {}); return; }
    const presses = target.matches?.("button, summary, a, [role=button], [role=tab], audio");
    if (presses && (event.key === "Enter" || event.key === " ")) return;
    if (!isOurs && target !== document.body && !presses) return;
    if (isRadio && event.key.startsWith("Arrow")) return;
    const act = this.meant(event.key.length === 1 ? event.key.toLowerCase() : event.key);
    if (act) this.done(event, act);
  }

  meant(pressed) {
    const { one } = this;
    const at = this.window.indexOf(one);
    const plain = {
      ArrowRight: () => this.go(at + 1), ArrowLeft: () => this.go(at - 1), "?": () => this.toggleHelp(), l: () => this.look(),
      c: () => {}, r: () => {},  // Streamlit would clear its caches or run the page anew
    };
    if (!one) return plain[pressed];
    const reason = this.data.reasons.find(([, hint]) => hint.toLowerCase() === pressed);
    if (reason) return () => this.pick("qr-reason", reason[0]);
    if (/^[1-9]$/.test(pressed)) return one.ways[pressed - 1] && (() => this.pick("qr-way", one.ways[pressed - 1][0]));
    return {
      ...plain, Enter: () => this.save(), " ": () => one.talk.is_heard && this.sound(),
      w: () => this.setWords((this.draft.option + 1) % (one.spans.length + 1)), n: () => this.notes.focus(),
      t: () => { this.text.focus(); this.caret(0); }, d: () => this.fold(".qr-entry"), o: () => this.fold(".qr-others"),
    }[pressed];
  }

  fold(what) {
    const folds = [...this.body.querySelectorAll(what)], isOpen = folds.every((item) => item.open);
    for (const item of folds) item.open = !isOpen;
  }

  done(event, act) {
    event.preventDefault();
    event.stopPropagation();
    if (!event.repeat || event.key.startsWith("Arrow")) act();
  }
}

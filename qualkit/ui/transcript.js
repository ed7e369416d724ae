// The talk of a transcript, with its sound in step. Data come from transcript_page.py; every act goes back through the state
// `act`, is kept in a queue until it is answered, and carries an id, so that one sent twice is done once.
// Offsets count code points, as Python does. The server joins transcript_frame.js, transcript_sound.js and this file into one.

const places = new WeakMap();
const drafts = new Map();  // turn id -> what was typed when the page was left

export default function ({ data: [data], parentElement, setStateValue }) {
  let talk = places.get(parentElement);
  if (!talk) {
    talk = new Talk(parentElement);
    places.set(parentElement, talk);
  }
  talk.send = (act) => setStateValue("act", act);
  talk.show(data);
  return () => { talk.close(); places.delete(parentElement); };
}

class Talk extends Sounding {
  constructor(home) {
    super();
    this.queue = [];
    this.nodes = new Map();  // turn id -> {turn, item, words}
    this.turns = [];
    this.audio = make("audio", { preload: "auto" });
    this.limit = 0.5;
    this.onKey = (event) => this.key(event);
    document.addEventListener("keydown", this.onKey, true);
    this.build(home);
    this.timer = setInterval(() => this.resend(), 1000);
    const tick = () => { if (!this.closed) { this.step(); requestAnimationFrame(tick); } };
    requestAnimationFrame(tick);
    this.onSound = () => this.setSound();
    document.addEventListener("qualkit-sound", this.onSound);
    this.onLeave = (event) => { if (this.queue.length || this.editing?.isChanged()) event.preventDefault(); };
    window.addEventListener("beforeunload", this.onLeave);
  }

  close() {
    this.closed = true;
    if (this.editing?.isChanged()) drafts.set(this.editing.id, this.editing.area.value);
    clearInterval(this.timer);
    document.removeEventListener("keydown", this.onKey, true);
    document.removeEventListener("qualkit-sound", this.onSound);
    window.removeEventListener("beforeunload", this.onLeave);
    this.audio.pause();
    if (this.url) URL.revokeObjectURL(this.url);
  }

  // ------------------------------------------------------------ showing what the server says

  show(data) {
    const isOther = this.data?.place !== data.place;
    if (isOther && this.editing?.isChanged()) {
      const { id, revision, area } = this.editing;
      this.act({ verb: "edit", turn: id, revision, text: tidy(area.value) });
    }
    this.data = data;
    if (isOther) { this.audio.pause(); this.editing = null; this.cursor = null; }
    this.people.replaceChildren(...data.people.map((person, n) => this.personChip(person, n)), this.newChip());
    const before = new Map(this.turns.map((turn) => [turn.id, turn]));
    this.turns = data.turns;
    const nodes = new Map(), children = [], marks = [...data.marks];
    for (const turn of data.turns) {
      while (marks.length && turn.start !== null && marks[0].start <= turn.start) children.push(this.mark(marks.shift()));
      const known = isOther ? null : this.nodes.get(turn.id);
      const isBeingEdited = this.editing?.id === turn.id;
      if (isBeingEdited && before.get(turn.id)?.text === turn.text) this.editing.revision = turn.revision;
      const node = known && (isBeingEdited || JSON.stringify(known.turn) === JSON.stringify(turn)) ? known : this.draw(turn);
      nodes.set(turn.id, node);
      children.push(node.item);
    }
    children.push(...marks.map((mark) => this.mark(mark)));
    if (this.editing && !nodes.has(this.editing.id)) this.editing = null;
    this.nodes = nodes;
    this.sync(children);
    const words = [...nodes.values()].flatMap((node) => node.words);
    this.timed = words.filter((word) => word.start !== null).sort((a, b) => a.start - b.start);
    this.player.hidden = !data.sound_key;
    this.setSound();
    if (!this.here || !nodes.has(this.here)) this.here = data.turns[0]?.id;
    this.markDoubt();
    this.markHere(false);
    if (isOther) this.now = null;
    this.hear(data.answer);
    const left = !this.editing && data.turns.find((turn) => drafts.has(turn.id));
    if (left) { this.edit(left.id, null, drafts.get(left.id)); drafts.delete(left.id); }
  }

  // ------------------------------------------------------------ where one is

  focused(item) {
    if (item && item.turnId !== this.here) { this.here = item.turnId; this.markHere(false); }
  }

  markHere(moveFocus = true) {
    for (const [id, node] of this.nodes) {
      node.item.tabIndex = id === this.here ? 0 : -1;
      node.item.classList.toggle("qt-here", id === this.here);
    }
    const node = this.nodes.get(this.here);
    for (const chip of this.people.children)
      if (chip.personId) chip.setAttribute("aria-pressed", String(chip.personId === node?.turn.person));
    if (moveFocus && node) { node.item.focus({ preventScroll: true }); node.item.scrollIntoView({ block: "nearest" }); }
  }

  go(by) {
    const at = this.turns.findIndex((turn) => turn.id === this.here);
    const to = this.turns[Math.min(Math.max(at + by, 0), this.turns.length - 1)];
    if (to) { this.follows = false; this.here = to.id; this.putCursor(null); this.markHere(); }
  }

  putCursor(word) {
    this.cursor?.span.classList.remove("qt-cursor");
    this.cursor = word;
    word?.span.classList.add("qt-cursor");
  }

  /** The word that keys speak of: where the cursor was put, else the one being said, if it is in this turn. */
  word() {
    for (const word of [this.cursor, this.now]) if (word?.turn.id === this.here && word.span.isConnected) return word;
    return this.nodes.get(this.here)?.words[0];
  }

  goWord(by) {
    const words = this.nodes.get(this.here)?.words || [];
    const to = words[Math.min(Math.max((this.word()?.n ?? 0) + by, 0), words.length - 1)];
    if (to) { this.putCursor(to); this.spoken.textContent = to.text; }
  }

  click(event) {
    if (event.target.closest("textarea, input, button")) return;
    const item = event.target.closest(".qt-turn");
    if (!item) return;
    this.here = item.turnId;
    this.markHere();
    const word = event.target.word || (event.target.closest(".qt-when") && this.nodes.get(this.here).words[0]);
    if (word) { this.putCursor(word); this.playFrom(word); }
  }

  doubleClick(event) {
    const item = event.target.closest(".qt-turn");
    if (!item || this.editing) return;
    this.audio.pause();
    window.getSelection()?.removeAllRanges();
    this.edit(item.turnId, event.target.word);
  }

  // ------------------------------------------------------------ editing

  edit(id, word, text) {
    const node = this.nodes.get(id);
    if (!node || this.editing) return;
    const { turn } = node;
    const before = text ?? turn.text;
    const label = "Words of this turn; Ctrl and Enter saves, Escape leaves it";
    const area = make("textarea", { class: "qt-edit", rows: 1, "aria-label": label, spellcheck: true });
    area.value = before;
    const fit = () => { area.style.height = "auto"; area.style.height = `${area.scrollHeight + 2}px`; };
    area.addEventListener("input", fit);
    const acts = make("div", { class: "qt-acts" },
      make("button", { type: "button", onclick: () => this.save() }, "Save"),
      make("button", { type: "button", onclick: () => this.leave() }, "Cancel"),
      make("span", {}, "Ctrl + Enter saves, Esc leaves it, Ctrl + S splits at the cursor"));
    this.editing = { id, area, acts, node, revision: turn.revision, isChanged: () => tidy(area.value) !== turn.text };
    this.here = id;
    this.markHere(false);
    node.text.hidden = true;
    node.item.append(area, acts);
    fit();
    area.focus();
    const at = word ? [...turn.text].slice(0, word.at).join("").length : area.value.length;
    area.setSelectionRange(at, at);
  }

  leave() {
    const { area, acts, node } = this.editing;
    this.editing = null;
    area.remove();
    acts.remove();
    node.text.hidden = false;
    if (node.turn !== this.turns.find((turn) => turn.id === node.turn.id)) this.show({ ...this.data, answer: null });
    this.markHere();
  }

  save() {
    const { id, area, revision, isChanged, node } = this.editing;
    const text = tidy(area.value), changed = isChanged();
    this.leave();
    if (!changed) return;
    if (node.item.isConnected) this.preview(node, text);
    this.act({ verb: "edit", turn: id, revision, text });
  }

  /** The new words at once, greyed until the server has answered. */
  preview(node, text) {
    node.text.textContent = text;
    node.item.classList.add("qt-pending");
    node.turn = { ...node.turn, words: null };
  }

  splitAtCursor() {
    const { id, area, revision } = this.editing;
    const text = area.value, at = length(text.slice(0, area.selectionStart));
    this.leave();
    this.act({ verb: "split", turn: id, revision, at, text });
  }

  split() {
    const node = this.nodes.get(this.here), word = this.word();
    if (node && word) this.act({ verb: "split", turn: node.turn.id, revision: node.turn.revision, at: word.at, text: null });
  }

  merge() {
    const at = this.turns.findIndex((turn) => turn.id === this.here), turn = this.turns[at];
    if (turn) this.act({ verb: "merge", turn: turn.id, revision: turn.revision, next: this.turns[at + 1]?.id ?? null });
  }

  setSpeaker(person) {
    const node = this.nodes.get(this.here);
    if (node && person) this.act({ verb: "speaker", turn: node.turn.id, revision: node.turn.revision, person, name: null });
    this.markHere();
  }

  newSpeaker() {
    const label = "Name of the new speaker; Enter sets it";
    const field = make("input", { class: "qt-field", "aria-label": label, placeholder: "Name, then Enter", maxlength: 200 });
    const close = () => { field.remove(); this.markHere(); };
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      const node = this.nodes.get(this.here);
      if (event.key === "Enter" && tidy(field.value) && node)
        this.act({ verb: "speaker", turn: node.turn.id, revision: node.turn.revision, person: null, name: tidy(field.value) });
      if (event.key === "Enter" || event.key === "Escape") { event.preventDefault(); close(); }
    });
    this.people.append(field);
    field.focus();
  }

  // ------------------------------------------------------------ sending

  act(said) {
    this.trouble.textContent = "";
    this.queue.push({ ...said, id: newId(), place: this.data.place });
    this.tell();
    if (this.queue.length === 1) this.sendFirst();
  }

  sendFirst() {
    const act = this.queue[0];
    const turn = this.turns.find((item) => item.id === act.turn);
    if (turn && (act.verb === "speaker" || act.verb === "merge") && act.hasWaited) act.revision = turn.revision;
    this.sentAt = Date.now();
    this.n = (this.n || 0) + 1;
    this.send({ ...act, n: this.n });
  }

  resend() {
    if (this.queue.length && Date.now() - this.sentAt > RESEND_MS) this.sendFirst();
  }

  hear(answer) {
    if (!answer || answer.id !== this.queue[0]?.id) return;
    const act = this.queue.shift();
    if (answer.trouble) this.complain(act, answer.trouble);
    else if (answer.here && this.nodes.has(answer.here)) {
      this.here = answer.here;
      this.markHere(!this.editing && this.root.contains(document.activeElement));
    }
    this.done = answer.trouble ? "" : answer.said;
    this.tell();
    for (const waiting of this.queue) waiting.hasWaited = true;
    if (this.queue.length) this.sendFirst();
  }

  complain(act, trouble) {
    this.trouble.textContent = trouble;
    const node = this.nodes.get(act.turn);
    if (node?.turn.words === null) {
      const turn = this.turns.find((item) => item.id === act.turn), drawn = this.draw(turn);
      node.item.replaceWith(drawn.item);
      this.nodes.set(turn.id, drawn);
      this.markDoubt();
      this.markHere(false);
    }
    if (act.verb === "edit" && !this.editing && this.nodes.has(act.turn)) {
      this.edit(act.turn, null, act.text);
      this.editing.node.text.hidden = false;  // what stands there now, to compare
    }
  }

  tell() {
    this.saved.textContent = this.queue.length ? "saving …" : this.done ? `✓ ${this.done}` : "";
  }

  // ------------------------------------------------------------ keys

  key(event) {
    const target = event.target, isOurs = this.root.contains(target);
    if (!isOurs && target !== document.body) return;
    const act = this.editing && target === this.editing.area ? this.keyWhileEditing(event) : this.keyOutside(event, target);
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  keyWhileEditing(event) {
    const isCommand = event.ctrlKey || event.metaKey;
    if (event.key === "Enter") return isCommand ? () => this.save() : () => {};
    if (event.key === "Escape") return () => this.leave();
    if (isCommand && event.key.toLowerCase() === "s") return () => this.splitAtCursor();
    if (isCommand && event.code === "Space") return () => this.toggle();
    return null;
  }

  keyOutside(event, target) {
    if (target.closest?.("input, textarea, select, summary")) return null;
    const isButton = target.closest?.("button");
    if (isButton && (event.key === "Enter" || event.key === " ")) return null;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") return () => this.act({ verb: "undo" });
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") return () => this.split();
    if (event.ctrlKey || event.metaKey || event.altKey || this.editing) return null;
    const moves = { " ": () => this.toggle(), "[": () => this.jump(-JUMP_S), "]": () => this.jump(JUMP_S),
      ArrowUp: () => this.go(-1), ArrowDown: () => this.go(1),
      ArrowLeft: () => (event.shiftKey ? this.goWord(-1) : this.jump(-JUMP_S)),
      ArrowRight: () => (event.shiftKey ? this.goWord(1) : this.jump(JUMP_S)) };
    if (moves[event.key]) return moves[event.key];
    if (event.repeat || event.shiftKey && event.key !== "?") return null;
    const word = this.word();
    const acts = { enter: () => this.edit(this.here, this.cursor?.turn.id === this.here ? this.cursor : null),
      s: () => this.split(), m: () => this.merge(), n: () => this.newSpeaker(), u: () => this.act({ verb: "undo" }),
      p: () => word && this.playFrom(word), "?": () => this.toggleHelp() };
    const person = /^[1-9]$/.test(event.key) && this.data.people[event.key - 1];
    if (person) return () => this.setSpeaker(person.id);
    return acts[event.key.toLowerCase()] || null;
  }
}

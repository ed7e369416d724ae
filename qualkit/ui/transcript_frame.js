// What the transcript page draws: the bar, the speakers, the turns. Part of transcript.js, which says what it is for.
// Whatever was said is put in as text, never as HTML.

const JUMP_S = 2;
const LINGER_S = 0.25;  // a word stays marked this long after its end
const RESEND_MS = 6000;
const SPEEDS = [0.75, 1, 1.25, 1.5, 1.75, 2];
const KEYS = [
  ["Space", "play or pause"], ["← →  or  [ ]", "2 seconds back or on"], ["↑ ↓", "turn before or after"],
  ["Shift + ← →", "word before or after"], ["P", "play from this word"],
  ["Enter", "edit the turn (or double-click)"], ["Ctrl + Enter", "save"], ["Esc", "leave as it was"],
  ["S", "split before this word"], ["Ctrl + S", "while editing: split at the cursor"], ["M", "merge with the next turn"],
  ["1 – 9", "set the speaker"], ["N", "a new speaker"], ["U  or  Ctrl + Z", "undo the last correction"],
];

const clock = (seconds) => {
  const s = Math.max(0, Math.floor(seconds)), h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
  return (h ? `${h}:${String(m).padStart(2, "0")}` : `${m}`) + `:${String(s % 60).padStart(2, "0")}`;
};
const tidy = (text) => text.split(/\s+/u).filter(Boolean).join(" ");

class Frame {
  build(home) {
    const button = (label, text, act) =>
      make("button", { type: "button", "aria-label": label, title: label, onclick: act }, text);
    this.play = button("Play or pause (Space)", "▶", () => this.toggle());
    this.time = make("span", { class: "qt-time" }, "0:00");
    this.rate = make("select", { "aria-label": "Speed", onchange: () => { this.audio.playbackRate = +this.rate.value; } },
      ...SPEEDS.map((n) => make("option", { value: n, selected: n === 1 }, `${n}×`)));
    this.slider = make("input", {
      type: "range", min: 0, max: 100, step: 5, value: 50, "aria-label": "Mark words heard with less confidence than",
      oninput: () => { this.limit = this.slider.value / 100; this.markDoubt(); },
    });
    this.below = make("span", {}, "under 50 %");
    this.saved = make("span", { class: "qt-saved", role: "status", "aria-live": "polite" });
    this.spoken = make("span", { class: "qt-spoken", "aria-live": "polite" });
    this.trouble = make("div", { class: "qt-trouble", role: "alert" });
    this.player = make("span", { class: "qt-player" },
      button("2 seconds back ( [ )", "↺", () => this.jump(-JUMP_S)), this.play,
      button("2 seconds on ( ] )", "↻", () => this.jump(JUMP_S)), this.time, this.rate);
    this.undoButton = button("Undo the last correction (U)", "Undo", () => this.act({ verb: "undo" }));
    this.helpButton = make("button", { type: "button", "aria-expanded": "false", onclick: () => this.toggleHelp() }, "Keys");
    this.help = make("dl", { class: "qt-help", hidden: true }, ...KEYS.map(([key, what]) =>
      make("div", {}, make("dt", {}, key), make("dd", {}, what))));
    this.people = make("div", { class: "qt-people", role: "group", "aria-label": "Speaker of the turn" });
    const legend = make("div", { class: "qt-legend" },
      make("label", { class: "qt-limit" }, make("span", { class: "qt-low" }, "unsure word"), this.slider, this.below),
      make("span", {}, make("span", { class: "qt-over" }, "spoken over")),
      make("span", { class: "qt-doubt" }, "speaker doubtful"));
    this.bar = make("div", { class: "qt-bar" },
      make("div", { class: "qt-row" },
        this.player, make("span", { class: "qt-gap" }), this.saved, this.spoken, this.undoButton, this.helpButton),
      this.people, legend, this.help, this.trouble);
    this.list = make("ol", { class: "qt-turns", role: "group", "aria-label": "Turns" });
    this.root = make("section", { class: "qt", "aria-label": "Transcript with sound" }, this.bar, this.list, this.audio);
    home.querySelector(".qt")?.remove();
    home.append(this.root);
    this.audio.addEventListener("play", () => { this.play.textContent = "❚❚"; });
    this.audio.addEventListener("pause", () => { this.play.textContent = "▶"; });
    this.list.addEventListener("click", (event) => this.click(event));
    this.list.addEventListener("dblclick", (event) => this.doubleClick(event));
    this.list.addEventListener("focusin", (event) => this.focused(event.target.closest(".qt-turn")));
  }

  toggleHelp() {
    this.help.hidden = !this.help.hidden;
    this.helpButton.setAttribute("aria-expanded", String(!this.help.hidden));
  }

  /** Have the list hold these nodes in this order, touching no more than needed, so that focus stays where it is. */
  sync(children) {
    const wanted = new Set(children);
    for (const child of [...this.list.children]) if (!wanted.has(child)) child.remove();
    children.forEach((child, n) => {
      if (this.list.children[n] !== child) this.list.insertBefore(child, this.list.children[n] || null);
    });
  }

  mark(mark) {
    return make("li", { class: "qt-mark", role: "note" }, `${clock(mark.start)}  ${mark.text}`);
  }

  draw(turn) {
    const person = this.data.people.find((item) => item.id === turn.person);
    const name = person?.name || "Unknown speaker";
    const words = turn.words.map(([text, at, start, end, confidence, isOverlapped], n) => {
      const span = make("span", { class: "qt-word" }, text);
      if (isOverlapped) span.classList.add("qt-over");
      const word = { span, text, at, start, end, confidence, turn, n };
      span.word = word;
      return word;
    });
    const isLast = (word, n) => words[n + 1]?.at !== word.at + length(word.text);
    const spaced = words.flatMap((word, n) => (isLast(word, n) ? [word.span, " "] : [word.span]));
    const text = make("p", { class: "qt-text", lang: this.data.language }, ...spaced);
    const when = turn.start === null ? "" : clock(turn.start);
    const head = make("div", { class: "qt-head" },
      make("span", { class: "qt-name" }, name), make("span", { class: "qt-when" }, when));
    const why = "Several voices, or one that could not be told for sure";
    if (turn.is_doubtful) head.append(make("span", { class: "qt-doubt", title: why }, "doubtful"));
    const label = `${name}${when && `, ${when}`}${turn.is_doubtful ? ", speaker doubtful" : ""}`;
    const item = make("li", { class: "qt-turn", tabindex: -1, role: "group", "aria-label": label }, head, text);
    item.style.setProperty("--c", person?.colour || "currentColor");
    item.turnId = turn.id;
    return { turn, item, words, text };
  }

  personChip(person, n) {
    const key = n < 9 ? [make("kbd", {}, String(n + 1)), " "] : [];
    const about = { type: "button", class: "qt-chip", title: `Set ${person.name} as the speaker` };
    const chip = make("button", { ...about, onclick: () => this.setSpeaker(person.id) }, ...key, person.name);
    chip.style.setProperty("--c", person.colour);
    chip.personId = person.id;
    return chip;
  }

  newChip() {
    const about = { type: "button", class: "qt-chip qt-new", title: "A new speaker (N)" };
    return make("button", { ...about, onclick: () => this.newSpeaker() }, make("kbd", {}, "N"), " new");
  }

  markDoubt() {
    this.below.textContent = `under ${Math.round(this.limit * 100)} %`;
    for (const node of this.nodes.values())
      for (const word of node.words) {
        const isLow = word.confidence !== null && word.confidence < this.limit;
        word.span.classList.toggle("qt-low", isLow);
        if (isLow) word.span.title = `heard with confidence ${Math.round(word.confidence * 100)} %`;
        else word.span.removeAttribute("title");
      }
  }
}

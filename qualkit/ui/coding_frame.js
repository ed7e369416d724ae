// What the coding panel draws: the talk, the codes, the acts. Part of coding.js, which says what it is for.
// Whatever was said or typed is put in as text, never as HTML.

const SIGNS = { facilitator: "+", barrier: "−", mixed: "±" };
const VALENCE_KEYS = { f: "facilitator", b: "barrier", x: "mixed" };
const KEYS = [
  ["1 – 9, letters", "give or take the code with that key"], ["/", "find a code by a few letters of its name"],
  ["f  b  x", "facilitator, barrier, mixed: for the code in focus"], ["↑ ↓", "code in focus: the one before or after"],
  ["Shift + 1 … 5", "how sure you are of the code in focus"], ["e", "evidence: the selected words, else sentence by sentence"],
  ["Shift + E", "add the next sentence to the evidence"], ["d", "definition of the code in focus"], ["m", "memo (Esc leaves it)"],
  ["Enter", "save and next"], ["n", "no code fits, and next"], ["s", "skip for now"], ["Shift + S", "back to what was skipped"],
  ["u", "undo the last judgement"], ["← →", "segment before or after"], ["Space", "hear the segment, or stop"],
  ["[  ]", "2 seconds back or on"], ["<  >", "slower, faster"], ["Esc", "let go of keys that wait for a segment"], ["?", "these keys"],
];

const kbd = (key) => make("kbd", { "aria-hidden": "true" }, key);
const plural = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;

class Frame {
  build(home) {
    this.about = make("div", { class: "qk-about" });
    this.context = make("div", { class: "qk-context", tabindex: 0, role: "region", "aria-label": "The segment in the talk around it" });
    this.offer = make("div", { class: "qk-offer", role: "group", "aria-label": "Evidence for", hidden: true });
    this.memo = make("textarea", { class: "qk-memo", rows: 2, "aria-label": "Memo", placeholder: "A thought to keep with your judgement" });
    this.memo.addEventListener("input", () => { this.draft().memo = this.memo.value; this.tell(); });
    this.memoBox = make("div", { class: "qk-memobox" }, make("span", { class: "qk-label" }, "Memo ", kbd("m")), this.memo);
    this.finder = make("input", { class: "qk-finder", type: "text", role: "combobox", "aria-expanded": "false", "aria-autocomplete": "list",
      "aria-controls": "qk-found", "aria-label": "Find a code", placeholder: "Find a code", autocomplete: "off", spellcheck: false });
    this.found = make("ul", { class: "qk-found", id: "qk-found", role: "listbox", "aria-label": "Codes found", hidden: true });
    this.list = make("div", { class: "qk-codes", role: "group", "aria-label": "Codes" });
    this.chosen = make("div", { class: "qk-chosen", role: "group", "aria-label": "Codes chosen" });
    this.entry = make("div", { class: "qk-entry", role: "region", "aria-label": "Definition", hidden: true });
    this.status = make("span", { class: "qk-status", role: "status", "aria-live": "polite" });
    this.hint = make("span", { class: "qk-hint", role: "alert" });
    this.spoken = make("span", { class: "qk-spoken", "aria-live": "polite" });
    this.progress = make("span", { class: "qk-progress" });
    this.trouble = make("div", { class: "qk-trouble", role: "alert" });
    this.undoButton = this.button("Undo", "u", () => this.undo(), "Take the last judgement back");
    this.saveButton = this.button("Save and next", "Enter", () => this.save(), "");
    this.saveButton.classList.add("qk-main");
    this.noneButton = this.button("No code fits", "n", () => this.none(), "");
    this.backButton = this.button("Skipped", "S", () => this.goSkipped(), "Back to what was skipped");
    this.acts = make("div", { class: "qk-acts" },
      make("div", { class: "qk-group" }, this.button("Previous", "←", () => this.step(-1), ""), this.button("Next", "→", () => this.step(1), ""),
        this.button("Skip", "s", () => this.skip(), "Leave it for later"), this.backButton, this.undoButton),
      make("div", { class: "qk-told" }, this.progress, make("span", { class: "qk-state" }, this.hint, this.status)),
      make("div", { class: "qk-group" }, this.button("Keys", "?", () => this.showHelp(), "Keyboard help"), this.noneButton, this.saveButton));
    const left = make("div", { class: "qk-left" }, this.about, this.context, this.offer, this.memoBox);
    const right = make("div", { class: "qk-right" },
      make("div", { class: "qk-find" }, this.finder, kbd("/"), this.found), this.list, this.entry, this.chosen);
    this.help = make("dialog", { class: "qk-help", "aria-label": "Keys" },
      make("h2", {}, "Keys"), make("dl", {}, ...KEYS.map(([key, what]) => make("div", {}, make("dt", {}, key), make("dd", {}, what)))),
      make("form", { method: "dialog" }, make("button", {}, "Close")));
    this.root = make("section", { class: "qk-coding", "aria-label": "Coding", tabindex: -1 },
      this.trouble, left, right, this.acts, this.spoken, this.help, this.audio);
    this.root.addEventListener("mousedown", (event) => {  // a press of the mouse leaves the focus, and so the keys, where they are
      if (event.target.closest("button, [role=checkbox], [role=radio], [role=option]")) event.preventDefault();
    });
    this.resized = new ResizeObserver(() => this.centre());
    this.resized.observe(this.context);
    home.querySelector(".qk-coding")?.remove();
    home.append(this.root);
    this.buildFinder();
    this.buildWords();
  }

  button(text, key, act, note) {
    const about = { type: "button", class: "qk-button", title: note || null, "aria-keyshortcuts": key, onclick: () => this.do(act) };
    return make("button", about, text, kbd(key));
  }

  showHelp() {
    if (!this.help.open) this.help.showModal();
  }

  // ------------------------------------------------------------ the talk

  drawTalk(item) {
    const tags = [make("span", {}, item.transcript), item.place && make("span", {}, item.place)];
    if (item.is_sample) tags.push(make("span", { class: "qk-tag", title: SAMPLED }, "reliability sample"));
    if (item.why) tags.push(make("span", {}, item.why));
    if (item.is_doubtful) tags.push(make("span", { class: "qk-tag qk-warn", title: DOUBTFUL }, "speaker doubtful"));
    if (this.isJudged(item)) tags.push(make("span", { class: "qk-tag" }, "✓ judged"));
    if (this.desk.skipped.has(item.id)) tags.push(make("span", { class: "qk-tag" }, "skipped"));
    this.about.replaceChildren(make("div", { class: "qk-tags" }, ...tags), this.player);
    this.player.hidden = !item.has_audio;
    const line = (said) => make("p", { class: said.is_moderator ? "qk-line qk-moderator" : "qk-line" },
      make("span", { class: "qk-who" }, said.speaker), said.text);
    const who = [item.speaker, item.role === "participant" ? "" : item.role, ...item.attributes, item.when].filter(Boolean).join(" · ");
    this.text = make("span", { class: "qk-text", lang: this.data.mode.language || null });
    const words = make("p", { class: "qk-words" },
      item.lead && make("span", { class: "qk-own" }, `${item.lead} `), this.text, item.rest && make("span", { class: "qk-own" }, ` ${item.rest}`));
    this.here = make("div", { class: "qk-here" }, make("span", { class: "qk-who" }, who), words);
    this.context.replaceChildren(
      ...(item.question ? [make("div", { class: "qk-question" }, make("span", { class: "qk-who" }, "Guide question"), item.question)] : []),
      ...item.before.map(line), this.here, ...item.after.map(line));
    this.drawEvidence();
    this.centre();
  }

  /** Have the segment in sight, a little above the middle; its beginning, where it is longer than there is room. */
  centre() {
    if (!this.here) return;
    const room = this.context.clientHeight - this.here.offsetHeight;
    this.context.scrollTop = Math.max(0, this.here.offsetTop - Math.max(8, room * 0.45));
  }

  /** Scroll the page, where the panel is longer than the window, so that the segment is not above, below or under anything. */
  bringIntoSight() {
    const [here, context, acts] = [this.here, this.context, this.acts].map((part) => part.getBoundingClientRect());
    const covered = document.querySelector("[data-testid=stHeader]")?.getBoundingClientRect().bottom || 0;
    if (here.top < covered || Math.min(here.bottom, context.bottom) > acts.top) this.root.scrollIntoView({ block: "start" });
  }

  drawProgress() {
    const { mine, all, round } = this.data.progress;
    const now = Math.min(all, Math.max(0, mine + this.gained()));
    const bar = make("span", { class: "qk-bar", role: "progressbar", "aria-label": "Judged by you", "aria-valuemin": 0, "aria-valuemax": all,
      "aria-valuenow": now }, make("span", { style: `width:${all ? (100 * now) / all : 0}%` }));
    const yours = make("span", {}, `You: ${now.toLocaleString("en")} of ${all.toLocaleString("en")}`);
    const others = make("span", { class: "qk-grey" }, `All coders: ${round.toLocaleString("en")}`);
    this.progress.replaceChildren(bar, yours, others);
    this.progress.title = "Segments that you have judged, of those that are yours; and judgements of all coders together, yours included, in this round";
  }
}

const SAMPLED = "Drawn at random to measure reliability on. What machines suggest for it shows only after your own judgement.";
const DOUBTFUL = "It is doubtful who said this. The page Transcript is the place to put it right.";

// How one case is drawn: the segment in its talk, what each coder said, and the controls for deciding. Part of ruling.js.
// Whatever was said or typed is put in as text, never as HTML.

const SIGNS = { facilitator: "+", barrier: "−", mixed: "±", present: "•" };
const COLOURS = { facilitator: "#2b7bba", barrier: "#d9730d", mixed: "#8a6fae", present: "#7d8488" };
const KEYS = [
  ["1 – 4", "decide"], ["A G S E J", "reason"], ["W", "words: next choice"], ["N", "write a note"], ["Enter", "save and next"],
  ["Ctrl + Enter", "save from the note"], ["→ ←", "next or previous case, undecided"], ["Space", "hear it"],
  ["O", "all other codes"], ["D", "definition"], ["L", "look at what was not kept"],
  ["T", "into the text, to mark words:"], ["← → ↑ ↓", "there: by word, by ten words"], ["Shift + ← →", "there: mark up to here"],
  ["Enter, Esc", "there: take or drop them, leave"], ["?", "these keys"],
];

const label = (text) => make("div", { class: "q-label" }, text);
const grey = (text) => make("span", { class: "q-grey q-small" }, text);
const key = (text) => make("kbd", { "aria-hidden": "true" }, text);

const chip = (vote) => {
  const made = make("span", { class: vote === null ? "q-chip q-absent" : "q-chip" }, vote === null ? "○ absent" : `${SIGNS[vote]} ${vote}`);
  made.style.setProperty("--c", COLOURS[vote] || "currentColor");
  return made;
};
const line = ([who, text]) => make("p", { class: "q-line" }, make("span", { class: "q-who" }, who), text);

/** The segment's words, each coder's marked ones underlined in the coder's own way, with the coder's number where they begin. */
const drawText = (pieces) => {
  let before = [];
  return pieces.flatMap(([text, start, end, word, who]) => {
    let node = make("span", { class: "qr-piece" }, text);
    Object.assign(node, { start, end, word });
    const inner = node;
    for (const number of who) node = make("span", { class: `qr-by qr-by-${1 + (number - 1) % 6}` }, node);
    node.piece = inner;
    const begins = who.filter((number) => !before.includes(number));
    before = who;
    return [...begins.map((number) => make("sup", { class: "qr-from", "aria-label": `coder ${number} marked from here` }, number)), node];
  });
};

const drawTalk = (talk, text) => {
  const here = make("div", { class: "q-here" },
    make("span", { class: "q-who" }, talk.who, talk.is_doubtful ? make("span", { class: "q-tag q-tag-open" }, "speaker doubtful") : null),
    talk.lead ? make("span", { class: "q-own" }, `${talk.lead} `) : null, text,
    talk.rest ? make("span", { class: "q-own" }, ` ${talk.rest}`) : null);
  const guide = talk.question
    ? make("div", { class: "q-guide" }, make("span", { class: "q-who" }, "Guide question"), talk.question) : null;
  return make("div", { class: "q-talk" }, guide, ...talk.before.map(line), here, ...talk.after.map(line));
};

const drawCoder = (coder) => {
  const sure = coder.confidence === null ? null : grey(` sure to ${Math.round(100 * coder.confidence)} %`);
  const marked = coder.is_marked
    ? make("div", { class: "q-small" }, make("span", { class: `qr-by qr-by-${1 + (coder.number - 1) % 6}` }, "words marked"),
      make("sup", { class: "qr-from", "aria-hidden": "true" }, coder.number)) : null;
  const said = [["Reason", coder.rationale], ["Memo", coder.memo]].filter(([, text]) => text)
    .map(([title, text]) => make("p", { class: "qr-memo" }, make("span", { class: "qr-title" }, `${title} `), text));
  const others = coder.others.length
    ? make("details", { class: "qr-others" }, make("summary", {}, `other codes (${coder.others.length})`),
      ...coder.others.map(([name, vote]) => make("div", {}, `${name} `, chip(vote))))
    : make("div", { class: "q-grey q-small" }, "no other code");
  return make("div", { class: "q-vote", role: "listitem" },
    label(coder.name), make("div", {}, chip(coder.vote), sure), marked, ...said, others);
};

const drawDecision = (decided, title) => make("div", { class: "qr-decided" },
  label(title), make("div", {}, chip(decided.outcome), " ",
    make("span", { class: "q-small" }, `${decided.who}, ${decided.when}: ${decided.reason}`)),
  decided.words ? make("div", { class: "q-small" }, grey("on the words "), `“${decided.words}”`) : null,
  decided.note ? make("p", { class: "qr-memo" }, make("span", { class: "qr-title" }, "Note "), decided.note) : null);

const drawChanged = (one) => {
  if (!one.changed.length) return null;
  const rows = one.changed.map(([name, then, now]) =>
    make("div", { class: "qr-change" }, make("b", {}, name), " ", chip(then), " → ", chip(now)));
  const what = one.is_again
    ? "Votes changed since the decision and now speak against it. It stays in force until you decide anew."
    : "Votes changed since the decision, towards it.";
  return make("div", { class: "qr-notice", role: "note" }, what, ...rows);
};

/** A group of radio buttons that look like a row of buttons; `pick` is called with the value that was chosen. */
const choices = (name, title, options, chosen, pick) => {
  const field = make("fieldset", { class: "qr-field" }, make("legend", {}, title));
  for (const [value, text, hint] of options) {
    const input = make("input", { type: "radio", name, value, onchange: () => pick(value) });
    input.checked = String(chosen) === String(value);
    field.append(make("label", { class: "qr-choice" }, input, make("span", {}, hint ? key(hint) : null, text)));
  }
  return field;
};

const drawEntry = (entry) => make("details", { class: "qr-entry" },
  make("summary", {}, "How the codebook defines it ", key("D")),
  make("p", {}, entry.definition),
  ...entry.lists.map(([name, items]) => make("div", { class: "q-small" }, label(name),
    make("ul", {}, ...items.map((text) => make("li", {}, text))))));

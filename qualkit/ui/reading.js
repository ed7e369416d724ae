// A transcript to read through. Whatever was said is put in as text, never as HTML. Turns off the screen are not laid out
// (content-visibility), so that two thousand of them scroll well.

const drawn = new WeakMap();

export default function ({ data: [data], parentElement, setTriggerValue }) {
  const said = JSON.stringify(data), known = drawn.get(parentElement);
  const open = (id) => setTriggerValue("open", id);
  if (known?.said === said) { known.open = open; return undefined; }
  const state = { said, open };
  drawn.set(parentElement, state);
  parentElement.querySelector(".qd")?.remove();
  parentElement.append(make("section", { class: "qd", "aria-label": "The whole transcript" }, ...data.turns.map((turn) => turnNode(turn, state))));
  return undefined;
}

function turnNode(turn, state) {
  const head = make("div", { class: "qd-head" }, make("span", { class: "qd-who" }, turn.speaker), " ", make("span", { class: "qd-when" }, turn.when));
  return make("div", { class: turn.is_moderator ? "qd-turn qd-moderator" : "qd-turn" }, head, ...turn.pieces.map((piece) => pieceNode(piece, state)));
}

function pieceNode(piece, state) {
  const text = make("span", { class: "qd-text" }, piece.text);
  if (!piece.id) return make("div", { class: "qd-piece" }, text, make("span", {}));
  const codes = piece.codes.map((name) => make("span", { class: "qd-code" }, name));
  const margin = make("span", { class: "qd-margin" }, ...(codes.length ? codes : [make("span", { class: "qd-none" }, piece.is_judged ? "no code" : "")]));
  const node = make("div", { class: "qd-piece qd-open", role: "button", tabindex: 0, title: "Code this segment (Enter)", "data-id": piece.id }, text, margin);
  node.addEventListener("click", () => { if (document.getSelection().isCollapsed) state.open(piece.id); });
  node.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); state.open(piece.id); }
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    const all = [...node.closest(".qd").querySelectorAll(".qd-open")];
    event.preventDefault();
    all[all.indexOf(node) + by]?.focus();
  });
  return node;
}

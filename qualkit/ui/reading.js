// A transcript to read through. Whatever was said is put in as text, never as HTML. Turns off the screen are not laid out
// (content-visibility), so that two thousand of them scroll well.

const made = (tag, about, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(about)) if (value !== null && value !== false) node.setAttribute(name, value);
  node.append(...children);
  return node;
};

const drawn = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const said = JSON.stringify(data), known = drawn.get(parentElement);
  const open = (id) => setTriggerValue("open", id);
  if (known?.said === said) { known.open = open; return undefined; }
  const state = { said, open };
  drawn.set(parentElement, state);
  parentElement.querySelector(".qr")?.remove();
  parentElement.append(made("section", { class: "qr", "aria-label": "The whole transcript" }, ...data.turns.map((turn) => turnNode(turn, state))));
  return undefined;
}

function turnNode(turn, state) {
  const head = made("div", { class: "qr-head" }, made("span", { class: "qr-who" }, turn.speaker), " ", made("span", { class: "qr-when" }, turn.when));
  return made("div", { class: turn.is_moderator ? "qr-turn qr-moderator" : "qr-turn" }, head, ...turn.pieces.map((piece) => pieceNode(piece, state)));
}

function pieceNode(piece, state) {
  const text = made("span", { class: "qr-text" }, piece.text);
  if (!piece.id) return made("div", { class: "qr-piece" }, text, made("span", {}));
  const codes = piece.codes.map((name) => made("span", { class: "qr-code" }, name));
  const margin = made("span", { class: "qr-margin" }, ...(codes.length ? codes : [made("span", { class: "qr-none" }, piece.is_judged ? "no code" : "")]));
  const node = made("div", { class: "qr-piece qr-open", role: "button", tabindex: 0, title: "Code this segment (Enter)", "data-id": piece.id }, text, margin);
  node.addEventListener("click", () => { if (document.getSelection().isCollapsed) state.open(piece.id); });
  node.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); state.open(piece.id); }
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    const all = [...node.closest(".qr").querySelectorAll(".qr-open")];
    event.preventDefault();
    all[all.indexOf(node) + by]?.focus();
  });
  return node;
}

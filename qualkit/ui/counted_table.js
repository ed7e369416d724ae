// A table as paper has it, in which what was counted is a button that opens the segments behind it. Words are put in as text.

const homes = new Map();
const WIDE = 5;
const LONG = 80;  // characters from which on a cell is given room for its words

export default function ({ data: [data], parentElement, setTriggerValue }) {
  const drawn = JSON.stringify(data);
  const home = homes.get(parentElement) || { root: parentElement.appendChild(make("div", { class: "qct" })) };
  homes.set(parentElement, home);
  home.ask = (row, column) => setTriggerValue("ask", { row, column });
  if (home.drawn !== drawn) home.root.replaceChildren(...table(data, (row, column) => home.ask(row, column)));
  home.drawn = drawn;
  return () => { homes.delete(parentElement); home.root.remove(); };
}

function table(data, ask) {
  const opens = new Map(data.opens.map((item) => [`${item.row},${item.column}`, item]));
  const over = data.over.length ? make("tr", {}, ...data.over.map((item) => (item.text
    ? make("th", { scope: "colgroup", colspan: item.n, class: "qct-over" }, item.text) : make("td", { colspan: item.n })))) : "";
  const names = make("tr", {}, ...data.headers.map((name, n) => make("th", { scope: "col", class: data.figures[n] ? "qct-n" : "" }, name)));
  const body = data.rows.map((row, at) => make("tr", {}, ...row.map((text, column) => (
    data.repeats[at][column] ? "" : cell(data, at, column, text, opens.get(`${at},${column}`), ask)))));
  const isWide = data.headers.length > WIDE;  // it may have to be scrolled sideways, and so can be reached by keyboard
  return [
    make("div", isWide ? { class: "qct-scroll", tabindex: 0, role: "group", "aria-label": "Table" } : { class: "qct-scroll" },
      make("table", { "aria-label": data.title }, make("thead", {}, over, names), make("tbody", {}, ...body))),
    ...data.notes.map((note) => make("p", { class: "qct-note" }, note)),
  ];
}

// a cell with those under it that repeat it
function cell(data, at, column, text, opened, ask) {
  let n = 1;
  while (at + n < data.rows.length && data.repeats[at + n][column]) n += 1;
  const about = { class: data.figures[column] ? "qct-n" : text.length > LONG ? "qct-long" : "", rowspan: n > 1 ? n : null };
  const [told, ...quoted] = text.split("\n");  // a cell of a framework matrix has its counts first, and a quotation under them
  const words = !opened ? [text] : [make("button", {
    type: "button", onclick: () => ask(at, column), "aria-label": `${opened.title}: ${told}. ${data.asks}`,
  }, told), quoted.length > 0 && `\n${quoted.join("\n")}`];
  if (column >= data.n_stub) return make("td", about, ...words);
  return make("th", { ...about, scope: n > 1 ? "rowgroup" : "row" }, ...words);
}

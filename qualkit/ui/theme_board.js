// The table of themes: every number is a button that opens the segments behind it. Words are put in as text, never as HTML.


const homes = new Map();

export default function ({ data: [data], parentElement, setTriggerValue }) {
  const drawn = JSON.stringify(data);
  const home = homes.get(parentElement) || { root: parentElement.appendChild(make("div", { class: "qth" })) };
  homes.set(parentElement, home);
  home.ask = (verb, about) => setTriggerValue("ask", { verb, ...about });
  if (home.drawn !== drawn) home.root.replaceChildren(table(data, (verb, about) => home.ask(verb, about)));
  home.drawn = drawn;
  return () => { homes.delete(parentElement); home.root.remove(); };
}

const COLUMNS = ["Theme", "For or against", "Groups", "Participants", "Segments"];

function table(data, ask) {
  const head = make("thead", {}, make("tr", {}, ...COLUMNS.map((name, n) =>
    make("th", { scope: "col", class: n > 1 ? "qth-number" : "" }, name))));
  return make("table", { class: "qth-table", "aria-label": "Themes" }, head, ...data.domains.flatMap((domain) => [
    make("tbody", { class: "qth-domain" }, make("tr", {}, make("th", { scope: "rowgroup", colspan: COLUMNS.length }, domain.name))),
    ...domain.themes.map((theme) => body(theme, data.most, ask)),
  ]));
}

function body(theme, most, ask) {
  const n = Math.max(theme.rows.length, 1);
  const name = make("button", { type: "button", class: "qth-name", onclick: () => ask("open", { theme: theme.id }) }, theme.name);
  const about = make("th", { scope: "row", rowspan: n }, name, theme.is_written ? "" : make("span", { class: "qth-proposed" }, "proposed"));
  if (theme.claim) about.append(make("p", { class: "qth-claim" }, theme.claim));
  theme.flags.forEach((flag) => about.append(make("p", { class: "qth-flag" }, "⚑ " + flag)));
  if (!theme.rows.length) {
    return make("tbody", {}, make("tr", {}, about, make("td", { colspan: COLUMNS.length - 1, class: "qth-none" }, "No segment yet")));
  }
  return make("tbody", {}, ...theme.rows.map((row, at) => make("tr", {}, ...(at ? [] : [about]), ...cells(theme, row, most, ask))));
}

function cells(theme, row, most, ask) {
  const chip = make("span", { class: "q-chip", style: `--c:${row.colour}` }, `${row.sign} ${row.said}`);
  const number = (what, n, of, noun) => make("td", { class: "qth-number" }, make("button", {
    type: "button", class: "qth-count", onclick: () => ask("hear", { theme: theme.id, valence: row.valence, what }),
    "aria-label": `${theme.name}, ${row.said}: ${n}${of === null ? "" : ` of ${of}`} ${noun}. Read and hear them`,
  }, make("b", {}, String(n)), of === null ? "" : make("span", { class: "qth-of" }, ` of ${of}`)));
  const segments = number("segments", row.n_segments, null, "segments");
  segments.append(make("span", { class: "qth-bar", "aria-hidden": "true" },
    make("span", { style: `width:${(100 * row.n_segments) / most}%;background:${row.colour}` })));
  segments.classList.add("qth-segments");
  return [make("td", {}, chip), number("groups", row.n_groups, row.of_groups, "groups"),
    number("people", row.n_participants, row.of_participants, "participants"), segments];
}

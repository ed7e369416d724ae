// Facts at a glance, side by side or one under the other; a number with segments behind it is a button. Words are put in as text.

const homes = new Map();

export default function ({ data: [data], parentElement, setTriggerValue }) {
  const drawn = JSON.stringify(data);
  const home = homes.get(parentElement) || { root: parentElement.appendChild(make("div", { class: "q" })) };
  homes.set(parentElement, home);
  home.ask = (at) => setTriggerValue("ask", at);
  if (home.drawn !== drawn) {
    const items = data.items.map((item, at) => (data.is_list ? line : fact)(item, number(item, data.asks, () => home.ask(at))));
    home.root.replaceChildren(make("div", { class: data.is_list ? "" : "q-facts" }, ...items));
  }
  home.drawn = drawn;
  return () => { homes.delete(parentElement); home.root.remove(); };
}

function number(item, asks, onclick) {
  if (!item.opens) return item.value;
  return make("button", { type: "button", class: "q-opens", onclick, "aria-label": `${item.opens}: ${item.value}. ${asks}` }, item.value);
}

function fact(item, shown) {
  return make("div", { class: item.warns ? "q-fact q-fact-open" : "q-fact" },
    make("b", {}, shown), make("span", {}, item.name), item.about && make("span", { class: "q-grey" }, item.about));
}

function line(item, shown) {
  const spot = make("i", { class: "q-swatch" });
  spot.style.background = item.colour;
  return make("div", { class: "q-key" }, spot, make("span", {}, item.name), make("span", { class: "q-grey" }, shown));
}

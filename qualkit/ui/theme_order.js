// A list that is put in order by dragging or by keyboard, with the things it can be filled from below it. The order is shown at
// once and sent as one act at a time, until it is answered. Words are put in as text, never as HTML.

const RESEND_MS = 6000;

const lists = new Map();

export default function ({ data: [data], parentElement, setStateValue }) {
  const list = lists.get(parentElement) || new Ordered(parentElement);
  lists.set(parentElement, list);
  list.send = (act) => setStateValue("act", act);
  list.show(data);
  return () => { list.close(); lists.delete(parentElement); };
}

class Ordered {
  constructor(home) {
    this.order = [];
    this.sent = null;     // the act that is not answered yet
    this.isBehind = false;  // whether the order has changed since it was sent
    this.chosen = make("ol", { class: "qor-list" });
    this.others = make("ul", { class: "qor-list qor-others" });
    this.head = make("h4", {});
    this.otherHead = make("h4", {});
    this.none = make("p", { class: "qor-none" });
    this.spoken = make("p", { class: "qor-spoken", role: "status", "aria-live": "polite" });
    this.trouble = make("p", { class: "qor-trouble", role: "alert" });
    this.saved = make("span", { class: "qor-saved" });
    this.root = make("div", { class: "qor" }, make("div", { class: "qor-head" }, this.head, this.saved),
      this.trouble, this.chosen, this.none, this.otherHead, this.others, this.spoken);
    this.root.addEventListener("keydown", (event) => this.key(event));
    for (const list of [this.chosen, this.others]) this.takeDrops(list);
    home.append(this.root);
    this.timer = setInterval(() => this.resend(), RESEND_MS);
  }

  close() {
    clearInterval(this.timer);
    this.root.remove();
  }

  show(data) {
    this.data = data;
    if (this.sent && data.answer?.id === this.sent.id) {
      this.trouble.textContent = data.answer.trouble || "";
      if (data.answer.trouble) this.isBehind = false;
      this.sent = null;
      if (this.isBehind) this.tell();
    }
    if (!this.sent) this.order = data.order.filter((id) => data.items[id]);
    this.draw();
    this.play(data.clip);
  }

  // ------------------------------------------------------------ what is on the screen

  draw() {
    const focused = document.activeElement?.closest?.("li");
    const held = this.root.contains(focused) && { id: focused.dataset.id, act: document.activeElement.dataset.act };
    const rest = this.data.others.filter((id) => !this.order.includes(id));
    this.head.textContent = this.data.heading;
    this.none.textContent = this.order.length ? "" : this.data.none;
    this.otherHead.textContent = rest.length ? this.data.other_heading : "";
    this.chosen.setAttribute("aria-label", this.data.heading);
    this.others.setAttribute("aria-label", this.data.other_heading);
    this.chosen.replaceChildren(...this.order.map((id, at) => this.item(this.data.items[id], at)));
    this.others.replaceChildren(...rest.map((id) => this.item(this.data.items[id], -1)));
    this.saved.textContent = this.sent ? "saving …" : this.data.answer && !this.data.answer.trouble ? "✓ saved" : "";
    if (held) this.focus(held.id, held.act);
  }

  item(thing, at) {
    const isChosen = at >= 0, button = (act, label, text, isOff = false) =>
      make("button", { type: "button", "data-act": act, "aria-label": `${label}: ${thing.name}`, title: label, disabled: isOff,
        onclick: () => this.act(act, thing.id) }, text);
    const said = make("div", { class: "qor-said" });
    if (thing.chip) said.append(make("span", { class: "q-chip", style: `--c:${thing.colour}` }, thing.chip), " ");
    said.append(make("span", { class: "qor-text" }, thing.text), " ", make("span", { class: "qor-source" }, thing.source));
    const tools = make("div", { class: "qor-tools" });
    if (thing.has_audio) tools.append(button("hear", "Hear it", "▶"));
    if (isChosen) tools.append(button("up", "Move up", "↑", at === 0), button("down", "Move down", "↓", at === this.order.length - 1));
    if (this.data.may_choose) tools.append(isChosen ? button("leave", "Take out", "✕") : button("choose", "Choose as a quote", "+ Choose"));
    const where = isChosen ? `${at + 1} of ${this.order.length}. Alt and arrow keys move it.` : "Not chosen.";
    const item = make("li", { "data-id": thing.id, tabindex: 0, draggable: "true", "aria-label": `${thing.name}. ${where}`,
      ondragstart: (event) => this.lift(event, thing.id), ondragend: () => this.drop() },
    make("span", { class: "qor-grip", "aria-hidden": "true" }, isChosen ? `⠿ ${at + 1}` : "⠿"), said, tools);
    return item;
  }

  focus(id, act) {
    const item = this.root.querySelector(`li[data-id="${CSS.escape(id)}"]`);
    const button = act && item?.querySelector(`button[data-act="${act}"]:not(:disabled)`);
    (button || item)?.focus({ preventScroll: false });
  }

  play(clip) {
    if (!clip || clip.key === this.played) return;
    this.played = clip.key;
    this.root.querySelector("audio")?.remove();
    const item = this.root.querySelector(`li[data-id="${CSS.escape(clip.segment)}"] .qor-said`);
    if (!clip.ogg) this.trouble.textContent = "The recording is not in recordings/ any more.";
    else item?.append(make("audio", { controls: true, autoplay: true, src: `data:audio/ogg;base64,${clip.ogg}` }));
  }

  // ------------------------------------------------------------ acts

  act(act, id) {
    if (act === "hear") this.send({ verb: "hear", id: newId(), segment: id });
    else if (act === "choose") this.put(id, this.order.length);
    else if (act === "leave") this.put(id, -1);
    else this.put(id, this.order.indexOf(id) + (act === "up" ? -1 : 1));
  }

  put(id, at) {
    const left = this.order.filter((key) => key !== id);
    const place = Math.min(at, left.length);
    const order = at < 0 ? left : [...left.slice(0, place), id, ...left.slice(place)];
    if (order.join() === this.order.join()) return;
    this.order = order;
    this.spoken.textContent = at < 0 ? "Taken out." : `Now ${place + 1} of ${order.length}.`;
    this.draw();
    this.tell();
    this.draw();
    this.focus(id);
  }

  tell() {
    this.isBehind = this.sent !== null;
    if (this.sent) return;
    this.sent = { verb: "order", id: newId(), ids: this.order, seen: this.data.version, tries: 0 };
    this.send(this.sent);
  }

  resend() {
    if (!this.sent) return;
    this.sent = { ...this.sent, tries: this.sent.tries + 1 };
    this.send(this.sent);
  }

  key(event) {
    const item = event.target.closest("li");
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!item || !step || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    const at = this.order.indexOf(item.dataset.id);
    if (!event.altKey) (step < 0 ? item.previousElementSibling : item.nextElementSibling)?.focus();
    else if (at >= 0 && at + step >= 0 && at + step < this.order.length) this.put(item.dataset.id, at + step);
  }

  // ------------------------------------------------------------ dragging

  lift(event, id) {
    this.lifted = id;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", "");
    event.currentTarget.classList.add("qor-lifted");
  }

  drop() {
    this.lifted = null;
    this.root.querySelectorAll(".qor-lifted, .qor-over").forEach((item) => item.classList.remove("qor-lifted", "qor-over"));
  }

  takeDrops(list) {
    list.addEventListener("dragover", (event) => {
      if (!this.lifted || (list === this.others && !this.data.may_choose)) return;
      event.preventDefault();
      this.root.querySelectorAll(".qor-over").forEach((item) => item.classList.remove("qor-over"));
      event.target.closest("li")?.classList.add("qor-over");
    });
    list.addEventListener("drop", (event) => {
      event.preventDefault();
      const id = this.lifted, over = event.target.closest("li")?.dataset.id;
      this.drop();
      if (id) this.put(id, list === this.others ? -1 : over ? this.order.indexOf(over) : this.order.length);
    });
  }
}

// Codes: giving them by key, by the mouse or by a few letters of a name; their valence, how sure one is, their definition.
// Part of coding.js.

const MOST_FOUND = 8;

class Codes extends Frame {
  setCodes(codes) {
    const said = JSON.stringify(codes);
    if (said === this.codesSaid) return;
    this.codesSaid = said;
    this.codes = new Map(codes.map((code) => [code.key, code]));
    this.byPress = new Map(codes.filter((code) => code.press).map((code) => [code.press, code]));
    const groups = new Map();
    for (const code of codes) groups.set(code.domain, [...(groups.get(code.domain) || []), code]);
    this.boxes = new Map();
    this.list.replaceChildren(...[...groups].map(([domain, mine]) => make("div", { role: "group", "aria-label": domain || "Codes" },
      domain && make("div", { class: "qk-domain" }, domain), make("div", { class: "qk-pills" }, ...mine.map((code) => this.box(code))))));
    if (!this.codes.has(this.focus)) this.focus = null;
    this.boxes.values().next().value?.setAttribute("tabindex", "0");
  }

  box(code) {
    const about = { role: "checkbox", "aria-checked": "false", tabindex: -1, class: "qk-code", title: code.definition,
      "aria-keyshortcuts": code.press || null, onclick: () => this.do(() => this.toggle(code.key)) };
    const made = make("span", about, code.press && kbd(code.press), make("span", { class: "qk-name" }, code.name));
    made.addEventListener("focus", () => { this.focusOn(code.key); });
    this.boxes.set(code.key, made);
    return made;
  }

  toggle(key) {
    const draft = this.draft(), at = draft.codes.findIndex((code) => code.key === key);
    if (at >= 0) draft.codes.splice(at, 1);
    else {
      const { valences } = this.codes.get(key);
      draft.codes.push({ key, valence: valences.length === 1 ? valences[0] : null, confidence: null, spans: [] });
    }
    this.focusOn(key);
    this.drawChoice();
    this.say(`${this.codes.get(key).name} ${at >= 0 ? "taken away" : "given"}`);
  }

  /** The chosen code that keys for valence, confidence and evidence speak of. */
  inFocus() {
    const { codes } = this.draft();
    return codes.find((code) => code.key === this.focus) || codes[codes.length - 1] || null;
  }

  focusOn(key) {
    this.focus = key;
    for (const [other, box] of this.boxes) {
      box.tabIndex = other === key ? 0 : -1;
      box.classList.toggle("qk-focus", other === key);
    }
    for (const row of this.chosen.children) row.classList.toggle("qk-focus", row.dataset.code === key);
    if (!this.entry.hidden) this.drawEntry();
    this.drawEvidence();
  }

  moveFocus(by) {
    const keys = [...this.boxes.keys()], at = keys.indexOf(this.focus);
    const to = keys[at < 0 ? 0 : Math.min(Math.max(at + by, 0), keys.length - 1)];
    const hadFocus = this.list.contains(document.activeElement);
    this.focusOn(to);
    this.boxes.get(to).scrollIntoView({ block: "nearest" });
    if (hadFocus) this.boxes.get(to).focus();
    else this.say(this.codes.get(to).name);
  }

  setValence(valence) {
    const lacking = this.draft().codes.find((code) => this.lacksValence(code));
    const focused = this.inFocus();
    const code = focused && this.codes.get(focused.key).valences.includes(valence) ? focused : lacking;
    if (!code || !this.codes.get(code.key).valences.includes(valence)) { this.tellHint("Give a code first that can be that."); return; }
    code.valence = valence;
    const next = this.draft().codes.find((other) => this.lacksValence(other));
    this.focusOn(next ? next.key : code.key);
    this.drawChoice();
    this.say(`${this.codes.get(code.key).name}: ${valence}`);
  }

  lacksValence(code) {
    return !code.valence && this.codes.get(code.key)?.valences.length > 0;
  }

  setConfidence(step) {
    const code = this.inFocus();
    if (!code) { this.tellHint("Give a code first."); return; }
    code.confidence = code.confidence === step ? null : step;
    this.drawChoice();
    this.say(code.confidence ? `${this.codes.get(code.key).name}: sure ${step} of 5` : "confidence taken away");
  }

  // ------------------------------------------------------------ what is chosen

  drawChoice() {
    const { codes } = this.draft(), keys = new Set(codes.map((code) => code.key));
    for (const [key, box] of this.boxes) box.setAttribute("aria-checked", String(keys.has(key)));
    this.chosen.replaceChildren(...codes.map((code) => this.row(code)));
    if (!codes.length) this.chosen.append(make("div", { class: "qk-grey" }, "No code given yet."));
    this.noneButton.disabled = codes.length > 0;
    this.drawEvidence();
    this.tell();
  }

  row(code) {
    const about = this.codes.get(code.key) || { name: code.key, valences: code.valence ? [code.valence] : [] };
    const valences = about.valences.map((valence) => this.radio(`${SIGNS[valence]} ${valence}`, code.valence === valence, valence, () => {
      this.focusOn(code.key); this.setValence(valence); }));
    const sure = [1, 2, 3, 4, 5].map((step) => this.radio(String(step), code.confidence === step, "step", () => {
      this.focusOn(code.key); this.setConfidence(step); }));
    const n = code.spans.length;
    const row = make("div", { class: "qk-row", "data-code": code.key, role: "group", "aria-label": about.name, onclick: () => this.focusOn(code.key) },
      make("div", { class: "qk-rowhead" }, make("span", {}, make("span", { class: "qk-name" }, about.name), n > 0 && make("span", { class: "qk-grey" }, ` · ${n} × evidence`)),
        make("button", { type: "button", class: "qk-x", "aria-label": `Take ${about.name} away`, onclick: () => this.do(() => this.toggle(code.key)) }, "×")),
      make("div", { class: "qk-facets" },
        valences.length > 1 && make("span", { role: "radiogroup", "aria-label": "Valence", class: "qk-radios" }, ...valences),
        valences.length === 1 && make("span", { class: `qk-only qk-${about.valences[0]}` }, `${SIGNS[about.valences[0]]} ${about.valences[0]}`),
        make("span", { role: "radiogroup", "aria-label": "How sure, of 5", class: "qk-radios", title: "How sure you are (Shift + 1 to 5)" },
          make("span", { class: "qk-grey" }, "sure"), ...sure)));
    row.classList.toggle("qk-focus", code.key === this.focus);
    row.classList.toggle("qk-lacks", this.lacksValence(code));
    return row;
  }

  radio(text, isOn, kind, act) {
    const about = { type: "button", role: "radio", "aria-checked": String(isOn), class: `qk-radio qk-${kind}`,
      onclick: (event) => { event.stopPropagation(); this.do(act); } };
    return make("button", about, text);
  }

  // ------------------------------------------------------------ definition

  toggleEntry() {
    this.entry.hidden = !this.entry.hidden;
    this.drawEntry();
  }

  drawEntry() {
    const code = this.codes.get(this.focus) || this.codes.values().next().value;
    if (this.entry.hidden || !code) return;
    const part = (name, lines) => lines.length ? [make("div", { class: "qk-label" }, name), make("ul", {}, ...lines.map((text) => make("li", {}, text)))] : [];
    this.entry.replaceChildren(
      make("div", { class: "qk-rowhead" }, make("b", {}, code.name),
        make("button", { type: "button", class: "qk-x", "aria-label": "Close the definition", onclick: () => this.toggleEntry() }, "×")),
      make("p", {}, code.definition), ...part("Include", code.include), ...part("Exclude", code.exclude), ...part("Examples", code.examples));
  }

  // ------------------------------------------------------------ finding by name

  buildFinder() {
    this.finder.addEventListener("input", () => this.find());
    this.finder.addEventListener("focus", () => this.find());
    this.finder.addEventListener("blur", () => setTimeout(() => this.closeFinder(), 120));
  }

  find() {
    const wanted = this.finder.value.trim().toLowerCase();
    const ranked = [...this.codes.values()].map((code, n) => [rank(code, wanted), n, code]).filter(([score]) => score >= 0);
    ranked.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    this.matches = wanted ? ranked.slice(0, MOST_FOUND).map(([, , code]) => code) : [];
    this.pick = 0;
    this.drawFound();
  }

  drawFound() {
    const given = new Set(this.draft()?.codes.map((code) => code.key));
    this.found.replaceChildren(...this.matches.map((code, n) => make("li", { role: "option", id: `qk-found-${n}`, "aria-selected": String(n === this.pick),
      onclick: () => { this.pick = n; this.take(); } }, make("span", {}, `${given.has(code.key) ? "✓ " : ""}${code.name}`), make("span", { class: "qk-grey" }, code.domain))));
    if (this.finder.value.trim() && !this.matches.length) this.found.append(make("li", { role: "option", "aria-disabled": "true", "aria-selected": "false", class: "qk-grey" }, "No code has that in its name."));
    this.found.hidden = !this.finder.value.trim();
    this.finder.setAttribute("aria-expanded", String(!this.found.hidden));
    if (this.matches.length) this.finder.setAttribute("aria-activedescendant", `qk-found-${this.pick}`);
    else this.finder.removeAttribute("aria-activedescendant");
  }

  take() {
    const code = this.matches[this.pick];
    if (!code) return;
    this.closeFinder();
    this.root.focus({ preventScroll: true });
    this.do(() => { this.toggle(code.key); this.boxes.get(code.key).scrollIntoView({ block: "nearest" }); });
  }

  closeFinder() {
    this.finder.value = "";
    this.matches = [];
    this.found.hidden = true;
    this.finder.setAttribute("aria-expanded", "false");
    this.finder.removeAttribute("aria-activedescendant");
  }

  keyInFinder(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) return () => { this.pick = Math.min(Math.max(this.pick + by, 0), this.matches.length - 1); this.drawFound(); };
    if (event.key === "Enter") return () => this.take();
    if (event.key === "Escape") return () => { this.closeFinder(); this.root.focus({ preventScroll: true }); };
    return null;
  }
}

/** How well a code answers to a few letters: 0 is best, -1 is not at all. */
function rank(code, wanted) {
  const name = code.name.toLowerCase();
  if (name.startsWith(wanted)) return 0;
  if (name.split(/[^\p{L}\p{N}]+/u).some((word) => word.startsWith(wanted))) return 1;
  if (name.includes(wanted)) return 2;
  if (name.split(/[^\p{L}\p{N}]+/u).map((word) => word[0]).join("").startsWith(wanted)) return 3;
  return wanted.length > 2 && `${code.domain} ${code.key}`.toLowerCase().includes(wanted) ? 4 : -1;
}

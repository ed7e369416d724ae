// Words of the segment as evidence of a code: selected with the mouse, or taken sentence by sentence. Offsets count code
// points, as Python does. Part of coding.js.

class Words extends Codes {
  buildWords() {
    this.onSelect = () => { if (this.root.isConnected) this.drawOffer(); };
    document.addEventListener("selectionchange", this.onSelect);
  }

  /** The selected stretch of the segment's own words, as offsets; null for none. */
  selected() {
    const found = document.getSelection();
    if (!found || found.isCollapsed || !found.rangeCount || !this.text) return null;
    const range = found.getRangeAt(0), own = document.createRange();
    own.selectNodeContents(this.text);
    if (!range.intersectsNode(this.text)) return null;
    const inside = own.cloneRange();
    if (this.text.contains(range.startContainer)) inside.setStart(range.startContainer, range.startOffset);
    if (this.text.contains(range.endContainer)) inside.setEnd(range.endContainer, range.endOffset);
    const lead = own.cloneRange();
    lead.setEnd(inside.startContainer, inside.startOffset);
    const said = inside.toString(), start = length(lead.toString()) + length(said) - length(said.trimStart());
    return said.trim() ? [start, start + length(said.trim())] : null;
  }

  drawOffer() {
    const span = this.isBusy() ? null : this.selected();
    this.offer.hidden = !span;
    if (!span) return;
    const { codes } = this.draft();
    const choices = codes.map((code) => make("button", { type: "button", class: "qk-button", onclick: () => this.do(() => this.mark(code, span)) },
      this.codes.get(code.key)?.name || code.key));
    this.offer.replaceChildren(make("span", { class: "qk-grey" }, codes.length ? "Evidence for" : "Give a code first; then the selected words can be its evidence."),
      ...choices, codes.length ? kbd("e") : "");
  }

  /** `e`: the selected words, else the first sentence, the next, ... and none again. */
  markNext() {
    const code = this.inFocus();
    if (!code) { this.tellHint("Give a code first; then mark the words that made you."); return; }
    const span = this.selected();
    if (span) { this.mark(code, span); return; }
    const sentences = this.sentences(), last = code.spans[code.spans.length - 1];
    const at = last ? sentences.findIndex(([start, end]) => start === last[0] && end === last[1]) : -1;
    code.spans = at + 1 < sentences.length ? [sentences[at + 1]] : [];
    this.marked(code);
  }

  /** `E`: the evidence and the sentence after it. */
  markMore() {
    const code = this.inFocus(), last = code?.spans[code.spans.length - 1];
    if (!last) { this.markNext(); return; }
    const more = this.sentences().find(([, end]) => end > last[1]);
    if (more) last[1] = more[1];
    this.marked(code);
  }

  mark(code, [start, end]) {
    const apart = code.spans.filter((span) => span[1] < start || span[0] > end), joined = code.spans.filter((span) => !apart.includes(span));
    const whole = [Math.min(start, ...joined.map((span) => span[0])), Math.max(end, ...joined.map((span) => span[1]))];
    code.spans = [...apart, whole].sort((a, b) => a[0] - b[0]);
    document.getSelection()?.removeAllRanges();
    this.focusOn(code.key);
    this.marked(code);
  }

  marked(code) {
    this.drawChoice();
    const signs = [...this.item.text], said = code.spans.map(([start, end]) => signs.slice(start, end).join("")).join(" … ");
    this.say(said ? `Evidence for ${this.codes.get(code.key)?.name}: ${said}` : "No evidence marked");
  }

  sentences() {
    const { text } = this.item, found = [];
    const pieces = Intl.Segmenter ? [...new Intl.Segmenter(this.data.mode.language || "en", { granularity: "sentence" }).segment(text)].map((part) => part.segment)
      : text.split(/(?<=[.!?…]\s+)/u);
    let at = 0;
    for (const piece of pieces) {
      const start = at + length(piece) - length(piece.trimStart()), end = start + length(piece.trim());
      at += length(piece);
      if (end > start) found.push([start, end]);
    }
    return found;
  }

  /** The segment's words, marked where a code in hand, or a card that is shown, points. */
  drawEvidence() {
    if (!this.text || !this.item) return;
    const signs = [...this.item.text];
    const stretches = this.draft().codes.flatMap((code) => code.spans.map(([start, end]) => ({ start, end, code })));
    const cards = this.data.mode.shown?.id === this.item.id ? this.data.mode.shown.spans : [];
    const edges = new Set([0, signs.length]);
    for (const { start, end } of stretches) edges.add(start).add(end);
    for (const [, start, end] of cards) edges.add(start).add(end);
    const cuts = [...edges].filter((edge) => edge <= signs.length).sort((a, b) => a - b), pieces = [];
    for (let n = 0; n + 1 < cuts.length; n += 1) {
      const from = cuts[n], to = cuts[n + 1], words = signs.slice(from, to).join("");
      const own = stretches.filter(({ start, end }) => start <= from && to <= end);
      const theirs = cards.filter(([, start, end]) => start <= from && to <= end).map(([number]) => `q-e${number}`);
      if (!own.length && !theirs.length) { pieces.push(words); continue; }
      const isFocus = own.some(({ code }) => code === this.inFocus());
      const names = own.map(({ code }) => this.codes.get(code.key)?.name || code.key).join(", ");
      const classes = [...theirs, own.length && "qk-mark", isFocus && "qk-mark-focus"].filter(Boolean).join(" ");
      pieces.push(make("mark", { class: classes, title: names ? `Evidence for ${names}; double-click takes it away` : null,
        ondblclick: () => this.do(() => this.unmark(own)) }, words));
    }
    this.text.replaceChildren(...pieces);
  }

  unmark(own) {
    for (const { code, start, end } of own) code.spans = code.spans.filter((span) => span[0] !== start || span[1] !== end);
    document.getSelection()?.removeAllRanges();
    this.drawChoice();
  }
}

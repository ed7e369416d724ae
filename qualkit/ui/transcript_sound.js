// The sound of a stretch of a transcript, in step with its words. Part of transcript.js, which says what it is for.

class Sounding extends Frame {
  /** Take the sound of this stretch, once it is there; a component of its own brings it (see talk.py). */
  setSound() {
    const wanted = this.data?.sound_key, found = window.qualkitSound?.key === wanted ? window.qualkitSound : null;
    this.time.textContent = wanted && !found ? "loading" : clock(this.audio.currentTime + (this.offset || 0));
    if (found?.key === this.soundKey) return;
    this.soundKey = found?.key;
    this.audio.pause();
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = null;
    if (!found) return;
    const bytes = Uint8Array.from(atob(found.ogg), (sign) => sign.charCodeAt(0));
    this.url = URL.createObjectURL(new Blob([bytes], { type: "audio/ogg" }));
    this.offset = found.start;
    this.audio.src = this.url;
    this.audio.playbackRate = +this.rate.value;
  }

  playFrom(word) {
    const turn = word.turn;
    const share = turn.words.length ? word.n / turn.words.length : 0;
    const start = word.start ?? (turn.start === null ? null : turn.start + share * ((turn.end ?? turn.start) - turn.start));
    if (start === null || !this.url) return;
    this.follows = true;
    this.audio.currentTime = Math.max(0, start - this.offset);
    this.audio.play().catch(() => {});
  }

  toggle() {
    if (!this.url) return;
    this.follows = true;
    if (this.audio.paused) { this.audio.play().catch(() => {}); return; }
    this.audio.pause();
    if (!this.now?.span.isConnected || this.editing) return;
    this.here = this.now.turn.id;
    this.putCursor(this.now);
    this.markHere(false);
  }

  jump(by) {
    if (this.url) this.audio.currentTime = Math.min(Math.max(0, this.audio.currentTime + by), this.audio.duration || 0);
  }

  /** Mark the word that is being said. */
  step() {
    if (!this.url || !this.timed) return;
    const now = this.audio.currentTime + this.offset;
    this.time.textContent = clock(now);
    let low = 0, high = this.timed.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.timed[middle].start <= now) low = middle + 1;
      else high = middle;
    }
    const last = this.timed[low - 1];
    const isNear = last && now < Math.max(last.end, last.start + 0.1) + LINGER_S;
    const isHeard = isNear && this.audio.currentTime > 0 && last.span.isConnected;
    const word = isHeard ? last : null;
    if (word === this.now) return;
    this.now?.span.classList.remove("qt-now");
    word?.span.classList.add("qt-now");
    const isOtherTurn = word && word.turn.id !== this.now?.turn.id;
    this.now = word;
    if (isOtherTurn && this.follows && !this.audio.paused && !this.editing) {
      this.here = word.turn.id;
      if (this.cursor?.turn.id !== this.here) this.putCursor(null);
      this.markHere(false);
      this.nodes.get(this.here).item.scrollIntoView({ block: "nearest" });
    }
  }
}

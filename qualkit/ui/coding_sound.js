// The segment's own seconds, with some before and after. Clips come in a component of their own (see coding.py), after the
// segment is painted. Part of coding.js.

const JUMP_S = 2;
const LEAD_S = 0.3;
const MOST_CLIPS = 8;
const SPEEDS = [0.75, 1, 1.25, 1.5, 1.75, 2];

class Sound extends Outbox {
  makeSound() {
    this.audio = make("audio", { preload: "auto" });
    this.clips = new Map();
    const button = (label, text, act) => make("button", { type: "button", class: "qk-round", "aria-label": label, title: label, onclick: act }, text);
    this.play = button("Hear the segment (Space)", "▶", () => this.hearIt());
    this.rate = make("span", { class: "qk-rate", "aria-live": "polite", title: "Speed ( < and > )" }, "1×");
    this.time = make("span", { class: "qk-grey qk-time" });
    this.player = make("span", { class: "qk-player", role: "group", "aria-label": "Sound" }, button("2 seconds back ( [ )", "↺", () => this.jump(-JUMP_S)), this.play,
      button("2 seconds on ( ] )", "↻", () => this.jump(JUMP_S)), button("Slower ( < )", "−", () => this.faster(-1)), this.rate,
      button("Faster ( > )", "+", () => this.faster(1)), this.time);
    this.audio.addEventListener("play", () => { this.play.textContent = "❚❚"; });
    this.audio.addEventListener("pause", () => { this.play.textContent = "▶"; this.time.textContent = ""; });
    this.audio.addEventListener("timeupdate", () => this.heard());
    this.onClips = () => this.takeClips();
    document.addEventListener("qualkit-clips", this.onClips);
  }

  takeClips() {
    for (const clip of window.qualkitClips || []) {
      if (this.clips.has(clip.id)) continue;
      if (!clip.ogg) { this.clips.set(clip.id, { isGone: true }); continue; }
      const bytes = Uint8Array.from(atob(clip.ogg), (sign) => sign.charCodeAt(0));
      this.clips.set(clip.id, { start: clip.start, url: URL.createObjectURL(new Blob([bytes], { type: "audio/ogg" })) });
    }
    for (const [id, clip] of this.clips) {
      if (this.clips.size <= MOST_CLIPS) break;
      if (id === this.item?.id) continue;
      if (clip.url) URL.revokeObjectURL(clip.url);
      this.clips.delete(id);
    }
    this.setSound();
  }

  setSound() {
    const found = this.item && this.clips.get(this.item.id), clip = found && !found.isGone ? found : null;
    this.isGone = Boolean(found?.isGone);
    this.root.dataset.sound = clip ? this.item.id : "";
    this.play.disabled = !clip;
    if (this.playing === clip) return;
    this.playing = clip;
    this.audio.pause();
    this.time.textContent = "";
    if (!clip) { this.audio.removeAttribute("src"); return; }
    const speed = this.speed || 1;
    this.audio.src = clip.url;
    this.audio.defaultPlaybackRate = speed;
    this.audio.playbackRate = speed;
    this.audio.currentTime = Math.max(0, this.item.start - LEAD_S - clip.start);
    if (this.isWanted) { this.isWanted = false; this.hearIt(); }
  }

  hearIt() {
    if (!this.item?.has_audio) { this.tellHint("This segment has no sound."); return; }
    if (this.isGone) { this.tellHint("The recording is not in recordings/ any more, or it is damaged."); return; }
    if (!this.playing) { this.isWanted = true; this.tellPlace(this.item.id, true); this.tellHint("The sound is on its way."); return; }
    if (!this.audio.paused) { this.audio.pause(); return; }
    const end = this.end();
    if (this.audio.currentTime >= end - 0.05) this.audio.currentTime = Math.max(0, this.item.start - LEAD_S - this.playing.start);
    this.stopAt = end;
    this.audio.play().catch(() => {});
  }

  end() {
    return (this.item.end ?? this.item.start + 5) + LEAD_S - this.playing.start;
  }

  jump(by) {
    if (!this.playing) return;
    this.audio.currentTime = Math.min(Math.max(0, this.audio.currentTime + by), this.audio.duration || 0);
    if (this.audio.currentTime > this.end()) this.stopAt = Infinity;  // on into the margin, because that was asked for
  }

  heard() {
    if (!this.playing || this.audio.paused) return;
    const at = this.audio.currentTime + this.playing.start;
    this.time.textContent = `${Math.floor(at / 60)}:${String(Math.floor(at % 60)).padStart(2, "0")}`;
    if (this.audio.currentTime >= (this.stopAt ?? Infinity)) this.audio.pause();
  }

  faster(by) {
    const at = SPEEDS.indexOf(this.speed || 1);
    this.speed = SPEEDS[Math.min(Math.max(at + by, 0), SPEEDS.length - 1)];
    this.audio.defaultPlaybackRate = this.speed;
    this.audio.playbackRate = this.speed;
    this.rate.textContent = `${this.speed}×`;
  }

  closeSound() {
    document.removeEventListener("qualkit-clips", this.onClips);
    this.audio.pause();
    for (const clip of this.clips.values()) if (clip.url) URL.revokeObjectURL(clip.url);
  }
}

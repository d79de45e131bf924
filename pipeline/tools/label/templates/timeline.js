"use strict";
for (const media of document.querySelectorAll(".media")) {
  const end = Number(media.dataset.end);
  const video = media.querySelector("video");
  const now = media.querySelector(".now");
  const told = media.querySelector(".told");
  const track = media.querySelector(".track");
  const missing = media.querySelector(".missing");
  const cues = [...media.querySelectorAll(".cue")].sort((a, b) => a.dataset.start - b.dataset.start);
  const shown = () => cues.filter((cue) => !cue.closest(".lane").hidden);

  const tell = (cue) => told.replaceChildren(...cue.querySelector(".about").cloneNode(true).childNodes);
  const choose = (cue) => {
    for (const other of cues) other.tabIndex = other === cue ? 0 : -1;
    cue.focus();
  };
  const jump = (cue) => {
    tell(cue);
    video.currentTime = Number(cue.dataset.start);
    video.play().catch(() => {});
  };
  if (cues.length) cues[0].tabIndex = 0;

  for (const cue of cues) {
    cue.addEventListener("click", () => { choose(cue); jump(cue); });
    cue.addEventListener("mouseenter", () => tell(cue));
    cue.addEventListener("focus", () => tell(cue));
    cue.addEventListener("keydown", (event) => {
      const there = shown();
      const place = there.indexOf(cue);
      const steps = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: there.length - 1 };
      if (event.key in steps) {
        event.preventDefault();
        const next = there[Math.min(Math.max(steps[event.key], 0), there.length - 1)];
        if (next) choose(next);
      } else if (event.key === " ") {
        event.preventDefault();
        if (video.paused) video.play().catch(() => {}); else video.pause();
      }
    });
  }

  video.addEventListener("timeupdate", () => {
    now.hidden = false;
    now.style.left = `${Math.min(100, (100 * video.currentTime) / end)}%`;
    for (const cue of cues) {
      const start = Number(cue.dataset.start);
      const length = (parseFloat(cue.style.width) * end) / 100;
      cue.classList.toggle("playing", start <= video.currentTime && video.currentTime < start + length);
    }
  });
  video.addEventListener("error", () => { missing.hidden = false; });
  if (video.error) missing.hidden = false;
  missing.querySelector("input").addEventListener("change", (event) => {
    const file = event.target.files[0];
    if (file) { video.src = URL.createObjectURL(file); missing.hidden = true; }
  });

  for (const box of media.querySelectorAll("fieldset input")) {
    box.addEventListener("change", () => {
      for (const lane of media.querySelectorAll(`.lane[data-speaker="${Number(box.value)}"]`)) {
        lane.hidden = !box.checked;
      }
      const there = shown();
      if (there.length && !there.some((cue) => cue.tabIndex === 0)) there[0].tabIndex = 0;
    });
  }
  // As wide as it takes to read a label of three seconds; a short file fills the page.
  const zoom = media.querySelector(".zoom");
  const fitting = (end * 30) / (media.clientWidth || 1000);
  zoom.value = String(Math.min(40, Math.max(1, Math.ceil(fitting))));
  const widen = () => { track.style.width = `${100 * Number(zoom.value)}%`; };
  zoom.addEventListener("input", widen);
  widen();
}

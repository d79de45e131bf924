// Draws the parts "Look at utterances": one for each task. All text goes in as text, never as HTML.
"use strict";

const MARKS = { t: "●", w: "○", n: "×" };
const MARK_WORDS = { t: "there", w: "withheld", n: "never there" };
const N_HUES = 8;
const MOST_CLASSES = 40; // of a matrix that can be read
const MOST_ERRORS = 50;
const LEAST_PX = 18; // of a block, so that it can be clicked

function element(kind, text = "", classes = "") {
  const made = document.createElement(kind);
  made.textContent = text;
  made.className = classes;
  return made;
}

function option(value, text) {
  const made = element("option", text);
  made.value = value;
  return made;
}

class Explorer {
  constructor(section, data) {
    this.section = section;
    this.data = data;
    this.condition = 0;
    this.chosen = 0;
    this.method = data.methods[0];
    this.dialogues = data.dialogues.map(() => []);
    data.dialogue.forEach((number, place) => this.dialogues[number].push(place));
    this.fill();
    this.listen();
    this.show(0);
    section.hidden = false;
  }

  part(role) {
    return this.section.querySelector(`[data-role="${role}"]`);
  }

  fill() {
    this.data.methods.forEach((method, number) => {
      this.part("method").append(option(number, method.label));
    });
    this.part("method").closest("label").hidden = this.data.methods.length < 2;
    this.dialogues.forEach((places, number) => {
      this.part("dialogue").append(option(number, `${this.data.dialogues[number]} (${places.length})`));
    });
    const slider = this.part("condition");
    slider.max = this.data.conditions.length - 1;
    slider.value = 0;
    this.data.classes.forEach((name, number) => {
      const item = element("li", name);
      item.dataset.hue = number % N_HUES;
      this.part("legend").append(item);
    });
    if (this.data.measured !== "classes") this.part("errors-title").textContent = "Largest errors";
    this.section.querySelector("[data-column=words]").hidden = !this.data.text.length;
    this.section.querySelector("[data-column=speaker]").hidden = !this.hasSpeakers;
    const speakers = this.hasSpeakers ? [...this.data.speakers].sort() : [];
    this.choices("class", this.data.classes, "any class");
    this.choices("speaker", speakers, "anybody");
    const patterns = new Set(this.data.words.filter(Boolean).map((word) => this.pattern(word)));
    this.choices("pattern", [...patterns].sort(), "anything");
  }

  get hasSpeakers() {
    return this.data.speakers.some(Boolean);
  }

  choices(role, values, all) {
    this.part(role).append(option("", all), ...values.map((value) => option(value, value)));
    this.part(role).closest("label").hidden = values.length < 2;
  }

  listen() {
    this.part("dialogue").addEventListener("change", (event) => {
      this.show(this.dialogues[Number(event.target.value)][0]);
    });
    this.part("method").addEventListener("change", (event) => {
      this.method = this.data.methods[Number(event.target.value)];
      this.show(this.chosen);
    });
    this.part("condition").addEventListener("input", (event) => {
      this.condition = Number(event.target.value);
      this.show(this.chosen);
    });
    for (const role of ["class", "speaker", "pattern"]) {
      this.part(role).addEventListener("change", () => this.listErrors());
    }
    this.part("lanes").addEventListener("keydown", (event) => this.move(event));
  }

  move(event) {
    const places = this.dialogues[this.data.dialogue[this.chosen]];
    const at = places.indexOf(this.chosen);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: places.length - 1 };
    if (!(event.key in next)) return;
    event.preventDefault();
    const wanted = Math.min(Math.max(next[event.key], 0), places.length - 1);
    this.choose(places[wanted]);
    this.block(places[wanted]).focus();
  }

  get name() {
    return this.data.conditions[this.condition];
  }

  // What was told: the number of a class, or a value; null where nothing was.
  told(place) {
    return this.method.told[this.condition][place];
  }

  // The probability of it in percent; null where there is none.
  share(place) {
    const tenths = this.method.sure ? this.method.sure[this.condition][place] : -1;
    return tenths < 0 ? null : tenths / 10;
  }

  state(place) {
    return this.data.words[this.data.states[this.condition][place]];
  }

  speaker(place) {
    return this.data.speakers[this.data.speaker[place]];
  }

  text(place) {
    return this.data.text.length ? this.data.text[place] : "";
  }

  // The class that a target or a prediction stands for; of numbers about a middle their side.
  classOf(value) {
    if (this.data.measured === "classes") return value;
    if (this.data.measured === "sentiment") return value > 0 ? 1 : value < 0 ? 0 : -1;
    return -1;
  }

  // As people read it: the name of a class, or the number.
  shown(value) {
    if (value === null) return "nothing";
    return this.data.measured === "classes" ? this.data.classes[value] : value.toFixed(2);
  }

  isWrong(place) {
    const right = this.classOf(this.data.gold[place]);
    const told = this.told(place);
    return right >= 0 && told !== null && this.classOf(told) !== right;
  }

  pattern(word) {
    const there = this.data.modalities.filter((_, number) => word[number] === "t");
    return there.join("+") || "nothing";
  }

  // How far a wrong answer stands out: its probability, or its distance from what is right.
  sureness(place) {
    if (this.data.measured === "classes") return this.share(place) ?? 0;
    return Math.abs(this.told(place) - this.data.gold[place]);
  }

  // Redraw everything about one utterance's dialogue under the chosen condition.
  show(place) {
    const dialogue = this.data.dialogue[place];
    this.part("dialogue").value = String(dialogue);
    const isRate = /^[0-9.]+$/.test(this.name);
    this.part("condition-name").textContent = isRate ? `rate ${this.name}` : this.name;
    this.part("condition").setAttribute("aria-valuetext", this.part("condition-name").textContent);
    this.drawLanes(this.dialogues[dialogue]);
    this.choose(place);
    this.listErrors();
    this.drawConfusion();
  }

  drawLanes(places) {
    const lanes = this.part("lanes");
    lanes.replaceChildren();
    const spans = this.spans(places);
    const width = Math.max(...spans.map((span) => span.left + span.width));
    const speakers = new Map();
    places.forEach((place, number) => {
      const speaker = this.speaker(place);
      if (!speakers.has(speaker)) {
        const lane = element("div", "", "lane");
        lane.append(element("span", speaker, "who"));
        lane.style.width = `${width}px`;
        speakers.set(speaker, lane);
        lanes.append(lane);
      }
      speakers.get(speaker).append(this.drawBlock(place, spans[number]));
    });
  }

  // Where each utterance lies, in pixels: by its times, else one after the other.
  spans(places) {
    const rows = places.map((place) => ({ start: this.data.start[place], end: this.data.end[place] }));
    const isTimed = rows.every((row, i) => row.end !== null && (i === 0 || row.start >= rows[i - 1].start));
    if (!isTimed) return rows.map((_, number) => ({ left: number * 40, width: 36 }));
    const seconds = Math.max(...rows.map((row) => row.end)) - rows[0].start;
    const scale = Math.max(8, 900 / Math.max(seconds, 1));
    return rows.map((row) => ({
      left: (row.start - rows[0].start) * scale,
      width: Math.max(LEAST_PX, (row.end - row.start) * scale - 2),
    }));
  }

  drawBlock(place, span) {
    const made = element("button", "", "block");
    made.type = "button";
    made.tabIndex = -1;
    made.dataset.place = place;
    made.style.left = `${span.left}px`;
    made.style.width = `${span.width}px`;
    made.title = this.words(place);
    made.setAttribute("aria-label", this.words(place));

    const told = this.told(place);
    const gold = element("span", "", "gold");
    const bar = element("span", "", "bar");
    const wrong = element("span", this.isWrong(place) ? "✗" : "", "wrong");
    this.paint(gold, this.data.gold[place]);
    if (told !== null) {
      this.paint(bar, told);
      const share = this.share(place) ?? 100;
      bar.style.height = `${Math.max(14, (share / 100) * 44)}px`;
    }
    const word = this.state(place);
    const marks = element("span", [...word].map((letter) => MARKS[letter]).join(""), "marks");
    made.append(gold, wrong, bar, marks);
    made.addEventListener("click", () => this.choose(place));
    return made;
  }

  paint(part, value) {
    const number = this.classOf(value);
    if (number >= 0) part.dataset.hue = number % N_HUES;
  }

  block(place) {
    return this.part("lanes").querySelector(`[data-place="${place}"]`);
  }

  words(place) {
    const { ids, start, end, gold, modalities } = this.data;
    const speaker = this.speaker(place);
    const share = this.share(place);
    const sure = share === null ? "" : ` (${share.toFixed(1)} %)`;
    const there = modalities
      .map((name, number) => `${name} ${MARK_WORDS[this.state(place)[number]] || "unknown"}`)
      .join(", ");
    const time = end[place] === null ? "" : `, ${start[place].toFixed(1)} to ${end[place].toFixed(1)} s`;
    const text = this.text(place) && ` “${this.text(place)}”`;
    const judged = this.classOf(gold[place]) < 0 ? "" : this.isWrong(place) ? ": wrong" : ": correct";
    return `${ids[place]}${speaker && `, ${speaker}`}${time}: told ${this.shown(this.told(place))}${sure}${judged}, right is ${this.shown(gold[place])}; ${there}.${text}`;
  }

  // A link that plays the span, or why there is none; nothing where the study shows no media.
  offerMedia(place) {
    const line = this.part("play");
    line.hidden = !this.data.media.length;
    if (line.hidden) return;
    const [way, why] = this.data.files[this.data.media[place]];
    if (!way) {
      line.textContent = `Not to be played: ${why}.`;
      return;
    }
    const end = this.data.end[place];
    const link = element("a", "Play this span in a new tab");
    link.href = `${way}#t=${this.data.start[place]}${end === null ? "" : `,${end}`}`;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    line.replaceChildren(link);
  }

  // Counts of what is right against what was told, all test utterances of the page.
  drawConfusion() {
    const { classes, gold, ids } = this.data;
    const part = this.part("confusion-part");
    part.hidden = classes.length < 2 || classes.length > MOST_CLASSES;
    if (part.hidden) return;
    const counts = classes.map(() => classes.map(() => 0));
    ids.forEach((_, place) => {
      const right = this.classOf(gold[place]);
      const told = this.told(place) === null ? -1 : this.classOf(this.told(place));
      if (right >= 0 && told >= 0) counts[right][told] += 1;
    });
    this.part("confusion-said").textContent = `${this.method.label}, ${this.part("condition-name").textContent}: rows are what is right, columns what was told.`;
    const head = element("tr");
    head.append(element("th", "Right is"), ...classes.map((name) => element("th", name)));
    this.part("confusion").tHead.replaceChildren(head);
    this.part("confusion").tBodies[0].replaceChildren(...classes.map((name, number) => this.confusionRow(name, counts[number])));
  }

  confusionRow(name, counts) {
    const total = counts.reduce((sum, count) => sum + count, 0);
    const row = element("tr");
    const head = element("th", name);
    head.scope = "row";
    row.append(head);
    for (const count of counts) {
      const share = total ? count / total : 0;
      const cell = element("td", String(count));
      cell.style.setProperty("--share", share.toFixed(3));
      cell.append(element("span", `${(100 * share).toFixed(0)} %`, "small"));
      row.append(cell);
    }
    return row;
  }

  choose(place) {
    const before = this.block(this.chosen);
    if (before) {
      before.tabIndex = -1;
      before.removeAttribute("aria-current");
    }
    this.chosen = place;
    const now = this.block(place);
    now.tabIndex = 0;
    now.setAttribute("aria-current", "true");
    now.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.part("told").textContent = this.words(place);
    this.offerMedia(place);
  }

  listErrors() {
    const wanted = (role) => this.part(role).value;
    const [right, speaker, there] = ["class", "speaker", "pattern"].map(wanted);
    const found = this.data.ids
      .map((_, place) => place)
      .filter((place) => this.isWrong(place))
      .filter((place) => !right || this.data.classes[this.classOf(this.data.gold[place])] === right)
      .filter((place) => !speaker || this.speaker(place) === speaker)
      .filter((place) => !there || this.pattern(this.state(place)) === there)
      .sort((first, second) => this.sureness(second) - this.sureness(first));
    this.part("n-errors").textContent = `${found.length} errors${found.length > MOST_ERRORS ? `, the first ${MOST_ERRORS} shown` : ""}`;
    const rows = found.slice(0, MOST_ERRORS).map((place) => this.errorRow(place));
    this.part("errors").tBodies[0].replaceChildren(...rows);
  }

  // Of what was there; it may be broken after each +.
  patternCell(place) {
    const cell = element("td", "", "text parts");
    this.pattern(this.state(place)).split("+").forEach((name, number) => {
      if (number) cell.append("+", document.createElement("wbr"));
      cell.append(name);
    });
    return cell;
  }

  errorRow(place) {
    const row = element("tr");
    const told = this.told(place);
    const head = element("th");
    head.scope = "row";
    const link = element("button", this.data.ids[place], "link");
    link.type = "button";
    link.addEventListener("click", () => {
      this.show(place);
      this.block(place).focus();
    });
    head.append(link);
    const share = this.share(place);
    const far = `off by ${Math.abs(told - this.data.gold[place]).toFixed(2)}`;
    const sure = this.data.measured !== "classes" ? far : share === null ? "-" : `${share.toFixed(1)} %`;
    row.append(head);
    if (this.hasSpeakers) row.append(element("td", this.speaker(place), "text"));
    row.append(
      element("td", this.shown(this.data.gold[place]), "text"),
      element("td", this.shown(told), "text"),
      element("td", sure),
      this.patternCell(place),
    );
    if (this.data.text.length) row.append(element("td", this.text(place), "text said"));
    return row;
  }
}

for (const section of document.querySelectorAll("section.explore")) {
  const name = section.id.replace("explore-", "explore-data-");
  const data = JSON.parse(document.getElementById(name).textContent);
  if (data.ids.length && data.conditions.length) new Explorer(section, data);
}

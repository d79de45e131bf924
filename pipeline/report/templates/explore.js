// Draws the parts "Look at utterances": one for each task. All text goes in as text, never as HTML.
"use strict";

const MARKS = { t: "●", w: "○", n: "×" };
const MARK_WORDS = { t: "there", w: "withheld", n: "never there" };
const N_HUES = 10;
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
    this.dialogues = new Map();
    data.utterances.forEach((utterance, place) => {
      if (!this.dialogues.has(utterance.dialogue)) this.dialogues.set(utterance.dialogue, []);
      this.dialogues.get(utterance.dialogue).push(place);
    });
    this.fill();
    this.listen();
    this.show(0);
    section.hidden = false;
  }

  part(role) {
    return this.section.querySelector(`[data-role="${role}"]`);
  }

  fill() {
    for (const [name, places] of this.dialogues) {
      this.part("dialogue").append(option(name, `${name} (${places.length})`));
    }
    const slider = this.part("condition");
    slider.max = this.data.conditions.length - 1;
    slider.value = 0;
    this.data.classes.forEach((name, number) => {
      const item = element("li", name);
      item.dataset.hue = number % N_HUES;
      this.part("legend").append(item);
    });
    const speakers = new Set(this.data.utterances.map((utterance) => utterance.speaker));
    if (this.data.measured !== "classes") this.part("errors-title").textContent = "Largest errors";
    this.choices("class", this.data.classes, "any class");
    this.choices("speaker", [...speakers].sort(), "anybody");
    const words = Object.values(this.data.states).flat();
    const patterns = new Set(words.filter(Boolean).map((word) => this.pattern(word)));
    this.choices("pattern", [...patterns].sort(), "anything");
  }

  choices(role, values, all) {
    this.part(role).append(option("", all), ...values.map((value) => option(value, value)));
    this.part(role).closest("label").hidden = values.length < 2;
  }

  listen() {
    this.part("dialogue").addEventListener("change", (event) => {
      this.show(this.dialogues.get(event.target.value)[0]);
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
    const places = this.dialogues.get(this.data.utterances[this.chosen].dialogue);
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

  told(place) {
    return this.data.told[this.name][place];
  }

  state(place) {
    return this.data.states[this.name][place];
  }

  // The class that a target or a prediction stands for; of numbers about a middle their side.
  classOf(value) {
    if (this.data.measured === "classes") return value;
    if (this.data.measured === "sentiment") {
      return Number(value) > 0 ? "positive" : Number(value) < 0 ? "negative" : "";
    }
    return "";
  }

  isWrong(place) {
    const right = this.classOf(this.data.gold[place]);
    const told = this.told(place);
    return right !== "" && told !== null && this.classOf(told[0]) !== right;
  }

  pattern(word) {
    const there = this.data.modalities.filter((_, number) => word[number] === "t");
    return there.join("+") || "nothing";
  }

  sureness(place) {
    const told = this.told(place);
    if (told === null) return 0;
    return told.length > 1 ? told[1] : Math.abs(Number(told[0]) - Number(this.data.gold[place]));
  }

  // Redraw everything about one utterance's dialogue under the chosen condition.
  show(place) {
    const dialogue = this.data.utterances[place].dialogue;
    this.part("dialogue").value = dialogue;
    const isRate = /^[0-9.]+$/.test(this.name);
    this.part("condition-name").textContent = isRate ? `rate ${this.name}` : this.name;
    this.part("condition").setAttribute("aria-valuetext", this.part("condition-name").textContent);
    this.drawLanes(this.dialogues.get(dialogue));
    this.choose(place);
    this.listErrors();
  }

  drawLanes(places) {
    const lanes = this.part("lanes");
    lanes.replaceChildren();
    const spans = this.spans(places);
    const width = Math.max(...spans.map((span) => span.left + span.width));
    const speakers = new Map();
    places.forEach((place, number) => {
      const speaker = this.data.utterances[place].speaker;
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
    const rows = places.map((place) => this.data.utterances[place]);
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
      this.paint(bar, told[0]);
      const share = told.length > 1 ? told[1] : 100;
      bar.style.height = `${Math.max(14, (share / 100) * 44)}px`;
    }
    const word = this.state(place);
    const marks = element("span", [...word].map((letter) => MARKS[letter]).join(""), "marks");
    made.append(gold, wrong, bar, marks);
    made.addEventListener("click", () => this.choose(place));
    return made;
  }

  paint(part, value) {
    const number = this.data.classes.indexOf(this.classOf(value));
    if (number >= 0) part.dataset.hue = number % N_HUES;
  }

  block(place) {
    return this.part("lanes").querySelector(`[data-place="${place}"]`);
  }

  words(place) {
    const row = this.data.utterances[place];
    const told = this.told(place);
    const said = told === null ? "nothing" : told[0];
    const sure = told !== null && told.length > 1 ? ` (${told[1]} %)` : "";
    const there = this.data.modalities
      .map((name, number) => `${name} ${MARK_WORDS[this.state(place)[number]] || "unknown"}`)
      .join(", ");
    const time = row.end === null ? "" : `, ${row.start.toFixed(1)} to ${row.end.toFixed(1)} s`;
    const text = row.text ? ` “${row.text}”` : "";
    const verdict = this.isWrong(place) ? "wrong" : "right";
    const judged = this.classOf(this.data.gold[place]) === "" ? "" : `, ${verdict}`;
    return `${row.id}${row.speaker && `, ${row.speaker}`}${time}: told ${said}${sure}, right is ${this.data.gold[place]}${judged}; ${there}.${text}`;
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
  }

  listErrors() {
    const wanted = (role) => this.part(role).value;
    const found = this.data.utterances
      .map((_, place) => place)
      .filter((place) => this.isWrong(place))
      .filter((place) => !wanted("class") || this.classOf(this.data.gold[place]) === wanted("class"))
      .filter((place) => !wanted("speaker") || this.data.utterances[place].speaker === wanted("speaker"))
      .filter((place) => !wanted("pattern") || this.pattern(this.state(place)) === wanted("pattern"))
      .sort((one, other) => this.sureness(other) - this.sureness(one));
    this.part("n-errors").textContent = `${found.length} errors${found.length > MOST_ERRORS ? `, the first ${MOST_ERRORS} shown` : ""}`;
    const rows = found.slice(0, MOST_ERRORS).map((place) => this.errorRow(place));
    this.part("errors").tBodies[0].replaceChildren(...rows);
  }

  errorRow(place) {
    const row = element("tr");
    const told = this.told(place);
    const head = element("th");
    head.scope = "row";
    const link = element("button", this.data.utterances[place].id, "link");
    link.type = "button";
    link.addEventListener("click", () => {
      this.show(place);
      this.block(place).focus();
    });
    head.append(link);
    const sure = told.length > 1 ? `${told[1].toFixed(1)} %` : `off by ${this.sureness(place).toFixed(2)}`;
    row.append(
      head,
      element("td", this.data.utterances[place].speaker, "text"),
      element("td", String(this.data.gold[place]), "text"),
      element("td", String(told[0]), "text"),
      element("td", sure),
      element("td", this.pattern(this.state(place)), "text"),
      element("td", this.data.utterances[place].text, "text said"),
    );
    return row;
  }
}

for (const section of document.querySelectorAll("section.explore")) {
  const name = section.id.replace("explore-", "explore-data-");
  const data = JSON.parse(document.getElementById(name).textContent);
  if (data.utterances.length && data.conditions.length) new Explorer(section, data);
}

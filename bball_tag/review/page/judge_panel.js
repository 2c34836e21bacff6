/* What stands beside the clip that is judged: the question, the keys, the progress. */

import { byId, choices, fill, h, named } from "./dom.js";
import { clock, gameTime, lasting, percent } from "./format.js";
import { precisionByLabel } from "./judged.js";

const ORDERS = [
  ["doubt", "Most doubtful first"],
  ["time", "In order of time"],
  ["label", "By label"],
  ["player", "By player"],
  ["suggest", "Suggested"],
];
const SAYS = { yes: "right", no: "wrong", unclear: "unclear", relabel: "relabelled" };

export class JudgePanel {
  #model;
  #judge;
  #keysFor = null;
  #orders = h("select");
  wishes = { order: "doubt", label: "", player: "" };

  constructor(model, judge) {
    this.#model = model;
    this.#judge = judge;
    model.on("mode", () => this.#makeWishes());
  }

  /** Show an event (null: there is none) and how far the person has come. */
  show(event, progress) {
    this.#orders.value = this.wishes.order;
    this.#showQuestion(event, progress);
    this.#showKeys(event);
    this.#showProgress(progress);
    this.#showPrecision();
  }

  #showQuestion(event, { verdict, count, why }) {
    if (!event) {
      const sentence = count ? "That was the last clip of this queue." : "Nothing is left to judge in this queue.";
      fill(byId("question"), h("p", { class: "all-done", text: sentence }), h("p", { class: "muted", text: "Choose another order or filter below, or let bball-tag learn from what you judged." }));
      return;
    }
    const { colour } = this.#model.label(event.label);
    const person = this.#model.personOf(event.player);
    const team = this.#model.players.get(event.player)?.team;
    const state = verdict ? `you judged: ${SAYS[verdict]}` : event.state === "proposed" ? "" : event.state;
    fill(
      byId("question"),
      h("p", { class: "asked" }, h("b", {}, named(event.label, colour, true)), h("span", { text: "?" })),
      h("p", { class: "muted" }, [person, team, gameTime(event, true), `${clock(event.start, 2)}, ${lasting(event.end - event.start)}`, event.confidence === null ? "" : `confidence ${percent(event.confidence)}`].filter(Boolean).join(" · ")),
      why ? h("p", { class: "remark", text: why }) : null,
      state ? h("p", { class: "verdict", text: state }) : null,
    );
  }

  #showKeys(event) {
    const judge = this.#judge;
    const press = (text, key, className, work) =>
      h("button", { type: "button", class: className, "aria-keyshortcuts": key, onclick: work }, h("span", { class: "name", text }), h("kbd", { text: key }));
    if (this.#keysFor === this.#model.document.labels) return;
    this.#keysFor = this.#model.document.labels;
    fill(
      byId("verdicts"),
      press("Yes", "y", "is-yes", () => judge.verdict("yes")),
      press("No", "n", "is-no", () => judge.verdict("no")),
      press("Unclear", "u", "", () => judge.verdict("unclear")),
      press("Back", "←", "", () => judge.back()),
      press("Next", "→", "", () => judge.next()),
      press("Undo", "z", "", () => judge.undo()),
    );
    const labels = this.#model.document.labels.filter(({ key }) => key);
    fill(
      byId("label-keys"),
      ...labels.map(({ name, colour, key }) => {
        const button = press(name, key, "label-key", () => judge.verdict("relabel", name));
        button.prepend(h("i", { class: "swatch", style: { background: colour } }));
        return button;
      }),
      press("Another…", "l", "label-key", () => judge.chooseLabel()),
    );
  }

  #showProgress({ done, count, rate }) {
    const bar = h("progress", { max: String(Math.max(1, count)), value: String(done), "aria-label": "Clips judged" });
    const pace = rate === null ? "" : `${rate.toLocaleString("en")} labels an hour`;
    fill(
      byId("judge-progress"),
      bar,
      h("p", {}, h("b", { id: "judged-count", text: `${done.toLocaleString("en")} of ${count.toLocaleString("en")}` }), h("span", { class: "muted", text: pace })),
    );
  }

  #showPrecision() {
    const rows = precisionByLabel(this.#model.sorted).map(([label, right, judged]) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, named(label, this.#model.label(label).colour)),
        h("td", { class: "number", text: `${right} / ${judged}` }),
        h("td", { class: "number", text: percent(right / judged) }),
      ),
    );
    const head = ["Proposed as", "Right", "Precision"].map((text) => h("th", { scope: "col", text }));
    fill(
      byId("precision"),
      h("caption", { text: "Precision so far" }),
      h("thead", {}, h("tr", {}, ...head)),
      h("tbody", {}, ...(rows.length ? rows : [h("tr", {}, h("td", { colspan: "3", class: "muted", text: "Nothing is judged yet." }))])),
    );
  }

  #makeWishes() {
    if (this.#model.mode !== "judge") return;
    const select = (name, label, options) => {
      const made = choices({ "aria-label": label }, options, this.wishes[name]);
      made.addEventListener("change", () => {
        this.wishes[name] = made.value;
        this.#judge.begin();
      });
      return made;
    };
    const labels = [...this.#model.labels.keys()].map((name) => [name, name]);
    const persons = this.#model.persons().filter(({ person }) => person).map(({ person }) => [person, person]);
    const around = choices({ "aria-label": "Time around each clip" }, [["0", "no more"], ["0.5", "0.5 s more"], ["1", "1 s more"], ["2", "2 s more"]], String(this.#judge.around));
    around.addEventListener("change", () => this.#judge.showAs({ around: Number(around.value) }));
    this.#orders = select("order", "Order of the queue", ORDERS);
    fill(
      byId("wishes"),
      this.#orders,
      select("label", "Label of the queue", [["", "All labels"], ...labels]),
      select("player", "Player of the queue", [["", "All players"], ...persons]),
      around,
      this.#model.document.can.suggest ? h("button", { type: "button", text: "Suggest 20 more", onclick: () => this.#judge.suggest() }) : null,
    );
  }
}

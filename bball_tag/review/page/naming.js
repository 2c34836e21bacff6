/* Who is who: the list of players, and the dialog that names one. */

import { byId, fill, h, named } from "./dom.js";
import { buttons, labelled, openDialog } from "./dialogs.js";
import { clock, percent } from "./format.js";

const ROLES = [
  ["player", "Player"],
  ["other", "Referee, coach"],
  ["none", "Not a player"],
];

export class Naming {
  #model;
  #editor;
  #stage;

  constructor(model, editor, stage) {
    this.#model = model;
    this.#editor = editor;
    this.#stage = stage;
    model.on("events person", () => this.list());
    this.list();
  }

  /** Show everybody, with a button to name each of their tracks. */
  list() {
    const host = byId("players");
    if (host.closest("[hidden]")) return;
    const rows = this.#model.persons().filter(({ ids }) => this.#model.players.has(ids[0]));
    fill(host, rows.length ? null : h("p", { class: "hint", text: "Nobody was followed in this video." }), ...rows.map((one) => this.#row(one)));
  }

  #row({ person, ids, team, role, colour }) {
    const count = this.#model.eventsOf(person).length;
    const choose = h(
      "button",
      { type: "button", class: "link", "aria-pressed": String(person === this.#model.person), onclick: () => this.#model.choosePerson(person) },
      named(person, colour),
    );
    const what = [role === "player" ? team || "no team" : ROLES.find(([name]) => name === role)?.[1], `${count} events`];
    if (ids.length > 1) what.push(`${ids.length} tracks`);
    const tracks = this.#model.isReadOnly
      ? []
      : ids.map((id) => h("button", { type: "button", "aria-label": `Name track ${id}`, text: ids.length > 1 ? `${id}…` : "Name…", onclick: () => this.open(id) }));
    return h("div", { class: `player${role === "none" ? " is-none" : ""}` }, choose, h("span", { class: "muted", text: what.join(" · ") }), h("span", { class: "tools" }, ...tracks));
  }

  /** Ask who the player of a track is. */
  async open(id) {
    const player = this.#model.players.get(id);
    if (!player || this.#model.isReadOnly) return;
    this.#stage.deck.pause();
    const parts = await openDialog(`Who is ${player.shown}?`, (close) => this.#form(player, close), "naming");
    if (parts) this.#editor.edit({ op: "name", id, ...parts });
  }

  #form(player, close) {
    const persons = this.#model.persons().filter(({ person }) => person && person !== player.shown);
    const name = h("input", { type: "text", value: player.name, autocomplete: "off", id: "player-name", placeholder: player.id });
    const team = h("input", { type: "text", value: player.team, autocomplete: "off", id: "player-team", list: "known-teams" });
    const teams = h("datalist", { id: "known-teams" }, ...this.#model.document.teams.map((one) => h("option", { value: one.name })));
    let sameAs = null;
    const same = h("select", { id: "same-as" }, h("option", { value: "", text: "nobody else" }), ...persons.map(({ person, team: of }) => h("option", { value: person, text: of ? `${person} (${of})` : person })));
    same.addEventListener("change", () => {
      sameAs = persons.find(({ person }) => person === same.value) ?? null;
      name.value = sameAs ? sameAs.person : player.name;
      if (sameAs) team.value = sameAs.team;
    });
    name.addEventListener("input", () => {
      sameAs = null;
      same.value = "";
    });
    const roles = h("fieldset", { class: "roles" }, h("legend", { text: "Role" }), ...ROLES.map(([role, text]) => this.#role(role, text, player.role)));
    const save = () => {
      const parts = { name: name.value.trim(), team: team.value.trim(), role: roles.querySelector(":checked").value };
      const changed = Object.fromEntries(Object.entries(parts).filter(([part, value]) => value !== player[part]));
      // A track that nobody named has no name yet that the two could share: its id says who is meant.
      close(sameAs ? { ...changed, name: `same as ${sameAs.ids[0]}` } : changed);
    };
    const form = h(
      "form",
      { onsubmit: (event) => { event.preventDefault(); save(); } },
      labelled("Name", name),
      labelled("Team", team),
      teams,
      roles,
      labelled("Same player as", same),
      buttons(h("button", { type: "button", text: "Cancel", onclick: () => close(null) }), h("button", { type: "submit", class: "is-main", text: "Save" })),
    );
    const facts = [`Track ${player.id}, ${clock(player.first ?? 0)} – ${clock(player.last ?? 0)}.`];
    if (player.sureness !== null && player.sureness !== undefined) facts.push(`One person in one team: ${percent(player.sureness)} sure.`);
    facts.push("What you enter holds for the whole track. If two people are in it, give their events their players one by one (Player, below the table).");
    return [h("div", { class: "who" }, this.#crop(player.id), h("p", { class: "muted", text: facts.join(" ") })), form];
  }

  #role(role, text, chosen) {
    const radio = h("input", { type: "radio", name: "role", value: role });
    radio.checked = role === chosen;
    return h("label", { class: "check" }, radio, text);
  }

  /** Return an image of the player as they are shown now; null if they are not. */
  #crop(id) {
    const box = this.#stage.boxes.at(this.#stage.time).find((one) => one.id === id);
    if (!box) return null;
    const high = 150;
    const wide = Math.round(Math.min(150, Math.max(50, (high * box.w) / box.h)));
    const canvas = h("canvas", { width: String(wide), height: String(high), "aria-hidden": "true" });
    const video = this.#stage.deck.active;
    const scale = video.videoWidth / (this.#model.video.width || 1) || 1;
    canvas.getContext("2d").drawImage(video, box.x * scale, box.y * scale, box.w * scale, box.h * scale, 0, 0, wide, high);
    return canvas;
  }
}

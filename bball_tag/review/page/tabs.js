/* The tabs beside the video. */

import { byId, fill, h } from "./dom.js";

const PANELS = [
  ["events", "Events"],
  ["charts", "Charts"],
  ["players", "Players"],
];

/** Make the tabs; `onTurn` is called when another panel is shown. */
export function makeTabs(onTurn) {
  const tabs = PANELS.map(([name, text]) =>
    h("button", { type: "button", role: "tab", id: `tab-${name}`, text, "aria-controls": `panel-${name}`, onclick: () => turn(name) }),
  );
  const turn = (chosen) => {
    PANELS.forEach(([name], index) => {
      byId(`panel-${name}`).hidden = name !== chosen;
      tabs[index].setAttribute("aria-selected", String(name === chosen));
      tabs[index].tabIndex = name === chosen ? 0 : -1;
    });
    onTurn();
  };
  byId("tabs").addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = tabs.indexOf(document.activeElement);
    const next = (at + step + tabs.length) % tabs.length;
    tabs[next].focus();
    turn(PANELS[next][0]);
  });
  fill(byId("tabs"), ...tabs);
  turn("events");
}

/* Making elements. Text of people only ever goes in as text nodes and attributes of this file's making. */

/**
 * Return a new element.
 *
 * `props`: `class`, `text`, `on…` for listeners, `style` as an object, `data` as an object; everything else
 * is an attribute, left out where it is null or false. Children are elements or text.
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") element.className = value;
    else if (name === "text") element.textContent = value;
    else if (name === "style") Object.entries(value).forEach(([key, to]) => element.style.setProperty(key, to));
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const ICONS = {
  play: "M4 2.5v11l9.5-5.5z",
  pause: "M3.5 2.5h3v11h-3zM9.5 2.5h3v11h-3z",
  back: "M12.5 2.5v11L5 8zM2.5 2.5h2v11h-2z",
  next: "M3.5 2.5v11L11 8zM11.5 2.5h2v11h-2z",
  auto: "M8 1.5a6.5 6.5 0 1 0 0 13zM8 0a8 8 0 1 1 0 16V14.5a6.5 6.5 0 0 0 0-13z",
  light: "M8 4.5a3.5 3.5 0 1 1 0 7a3.5 3.5 0 0 1 0-7zM7.2 0h1.6v3H7.2zM7.2 13h1.6v3H7.2zM0 7.2h3v1.6H0zM13 7.2h3v1.6h-3z",
  dark: "M10.5 1.2A7 7 0 1 0 14.8 10 5.6 5.6 0 0 1 10.5 1.2z",
};

/** Return an icon: play, pause, back, next, auto, light or dark. */
export function icon(name) {
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", ICONS[name]);
  const image = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  image.setAttribute("viewBox", "0 0 16 16");
  image.setAttribute("aria-hidden", "true");
  image.append(shape);
  return image;
}

/** Return the element of the page with an id. */
export function byId(id) {
  return document.getElementById(id);
}

/** Put `children` in place of what is in `element`. */
export function fill(element, ...children) {
  element.replaceChildren(...children.filter((child) => child !== null && child !== undefined));
}

/** Return a name beside its colour. */
export function named(name, colour, isLarge = false) {
  const swatch = h("i", { class: isLarge ? "swatch is-large" : "swatch", style: { background: colour } });
  return h("span", { class: "named" }, swatch, h("span", { class: "name", text: name, title: name }));
}

/** Return a `select` with a choice for each `[value, text]`. */
export function choices(props, options, chosen = "") {
  const select = h("select", props, ...options.map(([value, text]) => h("option", { value, text })));
  select.value = chosen;
  return select;
}

/** Return a function that calls `work` once in the next frame, however often it is called before. */
export function onceAFrame(work) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      work();
    });
  };
}

/** Size a canvas to its box on the screen; return its 2D context, in CSS pixels, with width and height. */
export function sized(canvas) {
  const scale = window.devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
  }
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  return { context, width, height };
}

/** Return `text`, cut with an ellipsis where it is wider than `room` pixels in the context's font. */
export function shortened(context, text, room) {
  if (text.length < 40 && context.measureText(text).width <= room) return text;
  // A name may be as long as a book; what is drawn never is.
  const letters = Array.from(text.slice(0, 200));
  let length = letters.length;
  while (length > 1 && context.measureText(`${letters.slice(0, length).join("")}…`).width > room) length -= 1;
  return length === letters.length && text.length <= 200 ? text : `${letters.slice(0, length).join("")}…`;
}

const themeColours = new Map();

/** Return a colour of the style sheet, as `--ink`, as the theme has it now. */
export function themeColour(name) {
  if (!themeColours.has(name)) {
    const probe = document.getElementById("colour-probe");
    probe.style.color = `var(${name})`;
    themeColours.set(name, getComputedStyle(probe).color);
  }
  return themeColours.get(name);
}

/** Look the colours up anew, as the theme is another. */
export function forgetTheme() {
  themeColours.clear();
}

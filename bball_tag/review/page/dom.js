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

/** Return the element of the page with an id. */
export function byId(id) {
  return document.getElementById(id);
}

/** Put `children` in place of what is in `element`. */
export function fill(element, ...children) {
  element.replaceChildren(...children.filter((child) => child !== null && child !== undefined));
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

/** Return a colour of the style sheet, as `--ink`, as the theme has it now. */
export function themeColour(name) {
  const probe = document.getElementById("colour-probe");
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}

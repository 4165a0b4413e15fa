// SPDX-License-Identifier: Apache-2.0
// The only way in which elements are made: names from a snapshot become text, never markup.

const byId = (id) => document.getElementById(id);

// Properties that are functions are listeners ("click"), others attributes; false, null and
// undefined leave an attribute out. Children are elements or texts.
function element(tag, properties = {}, ...children) {
  const result = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") {
      result.addEventListener(name, value);
    } else if (value !== false && value !== null && value !== undefined) {
      result.setAttribute(name, value === true ? "" : value);
    }
  }
  result.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return result;
}

// How a change is coloured.
const changeClass = (change) => (change > 0 ? "grown" : change < 0 ? "shrunk" : "quiet");

// A choice of one: options are [value, text] pairs, calls chosen(value). Arrow keys work, since it
// is made of radio buttons.
function choice(legend, options, current, chosen) {
  const name = `choice-${legend.toLowerCase().replace(/\W+/g, "-")}`;
  return element("fieldset", { id: name },
    element("legend", { class: "unseen" }, legend),
    ...options.map(([value, text]) =>
      element("label", {},
        element("input", { type: "radio", name, value, checked: value === current, change: () => chosen(value) }),
        text)));
}
